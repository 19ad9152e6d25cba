"""A session's report names nothing from today's tables, but from `reports.session.facts` and frozen names."""

from __future__ import annotations

import re

from tests.house.test_house import ROOT

LIVE = re.compile(
    r"\b((Unit|Tier)(Row|Columns)|EndpointRow|RoomColumns|AttendeeRow|PersonColumns|people_store\.names)\b"
)

TODAY = {
    "session/tree.py": "the tree of today: for rights, and for a unit in which nothing was held",
    "people/service.py": "whose settings a paper over a period goes out with, by the branches of today",
    "people/period/compare.py": "lists the sessions to choose from",
    "mailing/schedules.py": "whose reports go out, by the branches of today",
}
"""Readers of today's tables among the reports, with the reason."""


def test_a_session_s_report_takes_its_names_from_the_frozen_tables_alone() -> None:
    home = ROOT / "confhub" / "reports"
    readers = {path.relative_to(home).as_posix(): path for path in sorted(home.rglob("*.py"))}
    found = {name for name, path in readers.items() if LIVE.search(path.read_text(encoding="utf-8"))}
    assert found == TODAY.keys()
    assert "FrozenPerson" in readers["people/lines.py"].read_text(encoding="utf-8")
    assert "FrozenUnit" in readers["session/facts.py"].read_text(encoding="utf-8")
