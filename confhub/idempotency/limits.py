"""Caps of idempotency keys, each with its reason."""

from __future__ import annotations

from datetime import timedelta

KEY_MAX_CHARS = 200
"""A UUID has 36; some programs put a name before it."""

KEPT = timedelta(hours=24)
"""A program that was cut off has tried again by then."""

KEYS_MAX = 2_000
"""Of one account in that time: each date of a year's plans, several times."""

ANSWER_MAX_CHARS = 1_000_000
"""An answer that is longer is not kept, and the request goes through without its key; none of ours is."""
