"""Caps of feeds and letters, each with its reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

FEED_BACK: Final = timedelta(days=92)
"""A feed shows the last three months: who looks something up does it in the pages."""
FEED_SESSIONS_MAX: Final = 5_000
"""The first of them; a file of more than some 2 MB is refused by calendars."""
FEED_REFRESH: Final = "PT1H"
"""How often a calendar is told to ask again."""
ASKS_PER_LINK: Final = 60
ASKS_PER_ADDRESS: Final = 1_200
ASK_WINDOW_S: Final = 600.0
"""A calendar asks every few minutes at most; an office, or a calendar's own servers, has many behind one
address. More in ten minutes is refused before anything is looked up."""
LINKS_REMEMBERED: Final = 10_000
"""Of which it is known how often they were asked lately."""
TOKEN_BYTES: Final = 24
"""192 bits: not to be guessed, and short enough for a calendar's form."""

MARKS_AT_ONCE: Final = 500
"""Sessions looked at in one turn: those of a long series together."""
PLACE_MAX_CHARS: Final = 300
"""Rooms' names in a place's line; the others are counted."""
FORGET_AFTER: Final = timedelta(days=30)
"""What was told of something over is kept so long, then nobody asks for it."""
LETTER_LONGEST_S: Final = 120.0
"""One letter of some kilobytes, to a slow mail server."""
