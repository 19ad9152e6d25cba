"""Caps of rosters, absences and the import of people, each with its reason."""

from __future__ import annotations

PEOPLE_AT_ONCE = 2_000
"""People added, moved or removed by one request: more than the largest hall holds."""

ROOM_PEOPLE_MAX = 10_000
"""People on one room's list: a stadium; a list beyond it is a mistake."""

CANDIDATES_SHOWN = 20
"""People found for a roster: what is not among twenty wants another word."""

NOTICES_AT_ONCE = 500
"""Notices decided by one request: a page of the list."""

REASON_MAX_CHARS = 500
"""Why somebody stays away: a few sentences."""

FREEZE_AT_ONCE = 4
"""Sessions frozen in one round of the servant: each may have 40,000 people."""

LINES_SHOWN = 200
"""Rows of a preview drawn on the page; the counts say how many there are. Questions on one page."""

PAGES_MAX = 1_000
"""Pages of questions: four times what the largest file can ask."""

PROBLEMS_SHOWN = 200
"""Nobody corrects more at once; the rest is counted."""

ROWS_AT_ONCE = 2_000
"""Rows in one bulk statement of the import: some 50 ms of the loop; then its progress is told."""

ANSWERS_MAX = 1_000
"""Answers sent at once: five times the questions shown at once."""
