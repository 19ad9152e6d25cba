"""Caps of weekly schedules, each with its reason."""

from __future__ import annotations

ENTRIES_MAX = 200
"""A unit's own entries in one week: three times what the busiest office writes."""

SESSIONS_MAX = 300
"""Sessions in one week's schedule: more is no schedule that anybody reads."""

ROOMS_NAMED = 3
"""Rooms named at a session; the others are counted."""

CONTENT_MAX_CHARS = 1_000
"""What is done: a paragraph."""

TEXT_MAX_CHARS = 500
"""Place, chair, participants, who prepares: a few lines of a narrow column."""

DRAWN_AT_ONCE = 2
"""Files drawn at a time; each takes a core for a second or two."""

DRAWN_WAITING = 20
"""Files that wait for their turn; whoever comes then is asked to try again."""
