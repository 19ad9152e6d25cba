"""Caps of webhooks, each with its reason."""

from __future__ import annotations

from datetime import timedelta

HOOKS_MAX = 10
"""Addresses of one unit: a document system, a portal, a chat, and room for a change-over."""

URL_MAX_CHARS = 500
"""An address with a path of some parts."""

ROTATION = timedelta(hours=24)
"""So long the secret before still signs: a day to enter the new one at the receiver."""

ANSWER_S = 10.0
"""A receiver says that it has it, and works afterwards."""

ANSWER_MAX_BYTES = 2_000
"""Read of an answer: enough for a reason in words."""

AT_ONCE = 20
"""Parcels in one try; those of one address go one after the other."""

LONGEST_S = AT_ONCE * ANSWER_S + 10
"""All of one try for one address that answers as late as it may."""

LOOK_BACK = timedelta(minutes=10)
"""Entries of the audit trail become visible when their transaction ends: the longest lasts some minutes."""

LOOKED_AT_ONCE = 2_000
"""Entries in one look: the burst of a morning."""

KEPT_KEYS = 20_000
"""What was put into the outbox lately, so that nothing is written for what stands there."""
