"""Caps of courses and certificates, each with its reason."""

from __future__ import annotations

from typing import Final

from confhub.accounts.limits import FailureLimit

LESSONS_MAX: Final = 100
"""Sessions of one course: a weekly course of two years; bounds a person's line of progress."""

DESCRIPTION_MAX_CHARS: Final = 5_000
"""Two pages of text."""

THRESHOLD_MINUTES_MAX: Final = 100_000
"""About 70 days of sitting: more is a slip of the hand."""

GRACE_MAX_MIN: Final = 240
"""Four hours: whoever misses more was not there."""

PATTERN_MAX_CHARS: Final = 60
"""A certificate's number stands on one line of the paper and in one column of the database."""

SEQUENCE_DIGITS_MAX: Final = 8
"""100 million certificates in one series."""

REASON_MAX_CHARS: Final = 500
"""A few sentences, as the column has it."""

PAGE_PEOPLE: Final = 100
"""People on one page of a course's progress."""

CHUNK: Final = 2_000
"""Rows handled at a time: each part holds the loop or the database's writer for some 30 ms at the most."""

BATCH: Final = 50
"""Statements in one request to a learning record store: about 50 kB."""

LRS_TIMEOUT_S: Final = 20.0
"""A store that takes longer for one request is taken for dead, and asked again later."""

LRS_LONGEST_S: Final = 600.0
"""A batch that is halved again and again, at a slow store."""

VERIFY_BY_ADDRESS: Final = FailureLimit("verify-number", 10, 600, 30, 900)
"""Ten numbers that do not exist; then 30 s, doubling to 15 min: numbers cannot be tried one by one. Whoever
types numbers that exist is not held up."""

LOOKUPS_PER_MINUTE: Final = 30
"""Numbers looked up from one address in a minute, right ones counted: names cannot be harvested in bulk."""
