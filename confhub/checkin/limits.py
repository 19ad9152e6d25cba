"""Caps of check-in, each with its reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

BATCH_MAX: Final = 500
"""Events and head counts in one batch: a room has about 130 people; a morning without the hub fits."""

CLIENT_KEY_MAX_CHARS: Final = 64
"""A UUID, or a program's own scheme; the room's number is put before it."""

HEADS_MAX: Final = 5_000
"""People in one room: the country's largest convention hall seats 3,800."""

VISITORS_A_ROOM_MAX: Final = 50
"""People of other rooms' lists whom a room may receive by code or name: a hall has a handful of delegates
from elsewhere; whoever types a list off stops here."""

HEADS_ASK_FROM: Final = 50
"""Fewer heads are believed, whatever the list says: a village's hall fills beyond it."""


def heads_far(people: int, expected: int) -> bool:
    """Whether so many people in a room are asked about once more: over twice as many as are expected."""
    return people > max(HEADS_ASK_FROM, 2 * expected)


PHONES_LEAST: Final = 20
PHONES_OVER: Final = 4
"""Phones that may check in to a room: as many as the people it expects, a fourth more, and twenty. A minute,
and with one code: as many as it expects, twenty at the least; a hall of 130 is not quicker."""

HEADS_BELIEVED_MAX: Final = 1_000
"""A declared number widens a room's bounds up to that: no hall has more behind one screen."""

VISITS_A_PERSON: Final = 3
"""Visits by one code for each person that the room expects: phones scan twice, pages are opened again."""

GUESTS_A_ROOM_MAX: Final = 500
"""Guests in one room of a session: thrice the room; a script that floods a phone's door stops here."""

TABLET_CODE_TTL: Final = timedelta(hours=24)
"""Issued the day before, typed in the morning."""

TABLETS_LISTED_MAX: Final = 50
"""Tablets of one room on a page; a room has one or two."""

TABLET_SEEN_FOR_S: Final = 15.0
"""A revoked tablet is out on every hub after that long at the latest; on the one that revoked it, at once.
Half as long again as a tablet's pause, so that one that asks in time is known each time."""

PRINCIPALS_MAX: Final = 5_000
"""Tablets remembered in memory: a dozen for each of 302 rooms."""

QR_PERIOD_S: Final = 20
"""A new QR code so often."""

SIX_PERIOD_S: Final = 60
"""New digits so often: time to read them, walk back and type them."""

SCAN_MARGIN_MIN_S: Final = 0
SCAN_MARGIN_MAX_S: Final = 300
"""Past five minutes a photographed code would serve a whole town."""

VISIT_TTL: Final = timedelta(minutes=5)
"""From the scan to the tap: time to find one's name."""

DEVICE_TTL: Final = timedelta(days=365)
"""How long a phone is known."""

DEVICE_FAILURES_FREE: Final = 5
"""Wrong six digits that one phone may type."""

DEVICE_WAIT_S: Final = 15 * 60
DEVICE_WAIT_MAX_S: Final = 24 * 3600
"""Then it waits that long, each time twice as long, up to a day."""

ROOM_FAILURES_FREE: Final = 10
MISTYPED_OF: Final = 10
ROOM_FAILURES_S: Final = 120
"""Wrong digits in one room within two minutes, over all phones, before one right guess is not enough: ten, or
one of ten people whom the room expects. Below that, three hours of guessing are 900 guesses (1,170 in a room
of 130), right with two in a million: a chance of 0.2 % for one visit. Above it, a guesser has to be right
twice with one phone's twenty tries in three hours: a million guesses are a chance below 0.01 %."""

NETWORK_FAILURES_FREE: Final = 600
NETWORK_FAILURES_S: Final = 600
"""Wrong digits from one address within ten minutes, over all rooms, before the same holds for all it types:
302 rooms may sit behind one address, and people mistype."""

DEVICES_MAX: Final = 60_000
"""Phones whose failures are remembered: more than a session has people. The oldest are forgotten first."""

ROOMS_MAX: Final = 2_000
"""Rooms whose failures, names and codes are remembered."""

STANDING_FOR_S: Final = 1.0
"""How old what a code is checked against may be, where another hub changed it; on this hub, never old."""

ROOM_LIST_FOR_S: Final = 15.0
"""How old a room's list may be that a phone searches; guests of the last seconds are missing."""

ROOM_NAMES_FOR_S: Final = 60.0
"""How old the names on that list may be, while the same people stand on it."""

SESSIONS_MAX: Final = 200
"""Sessions kept in memory; a province runs a handful at a time."""

SEARCH_MIN_CHARS: Final = 2
"""Fewer letters would read the list out."""

SEARCH_HITS_MAX: Final = 8
"""People shown for one search: enough to tell two of a name apart, too few to copy the list by."""

SEARCHES_A_VISIT_MAX: Final = 60
"""Searches with one visit: a name typed letter by letter twice. Each tells only of whoever has the whole name
that was typed."""

PROMPTS_MAX: Final = 10
"""Presence prompts of one session."""

PROMPT_OPEN: Final = timedelta(minutes=3)
"""How long a prompt waits for people: time for a row of them to pass the screen."""

PROMPT_APART: Final = timedelta(minutes=5)
"""Two prompts are at least that far apart, where the session is long enough."""

PROMPT_EDGE: Final = 0.1
"""No prompt in the first and last tenth of the session: people come and go there."""

BREAKS_MAX: Final = 20
"""Breaks of one session."""

FILE_ROWS_MAX: Final = 50_000
"""Rows of a file afterwards: all of 40,000 people, with room."""

HEARD_EVERY_S: Final = 30.0
"""A tablet asks each ten seconds; that nothing waits on it is written down so often: ten rows a second from
302."""

WAITING_MAX: Final = 1_000_000
"""Events that a device may say wait on it: more than any holds."""

OWING_TOLD_MAX: Final = 20
"""Rooms named in one sentence; the page lists all."""

EARLY: Final = timedelta(minutes=1)
"""An event may be that much before the noted opening of the lobby: clocks and commits differ."""

AHEAD: Final = timedelta(minutes=2)
"""An event may be that far ahead of the hub's clock, after correction."""

MOVES_OPEN_MAX: Final = 30
"""Unanswered requests of one device for people of other rooms: a delegation that came to the wrong hall fits,
a list of the province does not; and who fills them up with false ones takes them from nobody else."""

PHONE_MOVES_OPEN_MAX: Final = 3
"""The same of a phone, which counts for one person: one wrong tap or two fit."""

REFUSED_FREE: Final = 200
REFUSED_S: Final = 60
"""Events of one device or account that may be refused within a minute before it has to wait for the next: all
of a hall's list, told late, fits. What is refused costs the hub as much as what is right."""

MOVES_SHOWN_MAX: Final = 200
"""Unanswered requests on one page: more than any hall answers; older ones first."""
BADGE_END_CHARS: Final = 4
"""Of a badge's sixteen that a request for a move shows: enough to tell two of one name apart, and the twelve
others are beyond guessing."""
