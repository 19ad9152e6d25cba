"""Caps of people, each with its reason."""

from __future__ import annotations

from datetime import date

EMAIL_MAX_CHARS = 254
"""RFC 5321's longest path, without its brackets."""

REASON_MAX_CHARS = 500
"""Why somebody is erased: a few sentences."""

BIRTH_DATE_MIN = date(1900, 1, 1)
"""Nobody older sits in a room; an earlier date is a slip of the pen."""

SEARCH_WORDS_MAX = 8
"""Words of one search; each is a condition of the query."""

IDS_AT_ONCE = 2_000
"""Ids in one IN list: SQLite takes 32,766 parameters, PostgreSQL 32,767; 40,000 people are 20 queries."""

BADGES_MAX = 2_000
"""Badges on one sheet: 250 pages of A4, 6 MB of HTML; a larger branch is printed unit by unit."""

CHOSEN_MAX = 500
"""People chosen by hand for one sheet of badges: what one page of the list can hold."""

LOOKS_MAX = 200
"""Looks shown on a person's page, newest first; the rest stand in the export."""

EXPORT_LOOKS_MAX = 10_000
"""Looks in one person's export: some years of daily reports."""

LOOKS_AT_ONCE = 500
"""Looks at lists that are searched for a person in one query."""

LOOKS_SEARCHED_MAX = 50_000
"""Looks at lists behind which a search for a person gives up: some months of a whole province's reading; half
a second of a thread."""

SAME_LOOK_FOR_S = 600.0
"""The same reader, place and people once more within this are the same look: pages that renew themselves."""

LOOKS_KEPT_MAX = 5_000
"""Looks remembered for that: every tablet of 302 rooms, and some thousand pages of readers."""

LISTS_KEPT_MAX = 1_000
"""Rooms' lists remembered for that, with whom they showed: three tablets of 302 rooms, 130 people each."""

RETENTION_MONTHS_MAX = 1_200
"""A hundred years: longer is for ever, which is said by leaving the field empty."""

ERASE_AT_ONCE = 200
"""People erased in one transaction of the retention run: the hub's other writers wait no longer than a
moment."""
