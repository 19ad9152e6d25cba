"""Caps of invitations, each with its reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

PART_LINES_MAX: Final = 30
"""Of an agenda: a letter of invitation is one sheet, two at the most."""
PART_MAX_CHARS: Final = 500
"""One of its lines: a few sentences."""
COPIES_MAX: Final = 12
"""Who gets a copy; more would push the signature to a sheet of its own."""

TEXT_MAX_CHARS: Final = 500
"""Why a unit stays away, or who stands in: a few sentences, as a notice of absence holds."""
DELEGATES_MAX: Final = 500
"""Named by one unit: its hall. A stranger's form of 64 kB holds about as many."""
ANSWERS_MAX: Final = 30
"""Of one unit to one session: all are kept, and nobody changes their mind so often."""
LINKS_KEPT: Final = 5
"""Of one unit and session: each letter has one of its own, and the oldest give way."""
TOKEN_BYTES: Final = 24
"""192 bits: not to be guessed, and short enough for a message on a phone."""
ASKS_PER_LINK: Final = 60
ASKS_PER_ADDRESS: Final = 600
"""In ten minutes: somebody corrects a list again and again; a province's offices may have one address. More
is refused before anything is looked up."""
REMIND_EVERY: Final = timedelta(hours=1)
"""A unit is reminded no more often, however often the button is pressed."""
TELL_AT_ONCE: Final = 400
"""Units told in one run of the clock's servant; the next one goes on."""
KEPT: Final = timedelta(days=400)
"""Answers are kept so long after the session: the year's report is written by then. The lists that were made
of them stay with the session."""
LETTER_LONGEST_S: Final = 120.0
"""One letter of a kilobyte, to a slow mail server."""
LETTERS_KEPT: Final = timedelta(days=30)
"""Letters that arrived are remembered so long, for whoever asks whether they went."""
REMINDED_BEFORE_H: Final = (1, 3, 24, 72, 168)
"""Hours before a session's start that are offered for reminders: from the last hour to a week."""
REMINDER_LATE: Final = timedelta(minutes=30)
"""A reminder whose moment is longer past when it is set, or when the hub comes back, is left out: `in 24
hours` said two hours before confuses."""
SESSIONS_AT_ONCE: Final = 50
"""Reminders put into the outbox in one run, each of up to some hundred letters."""
