"""A report of a session names nothing from today's tables: `reports.facts` and the frozen names alone."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.test_house import ROOT

LIVE = re.compile(
    r"\b((Unit|Tier)(Row|Columns)|EndpointRow|RoomColumns|AttendeeRow|PersonColumns|people_store\.names)\b"
)

TODAY = {
    "tree.py": "the tree of today, asked by name: for rights, and for a unit in which nothing was held",
    "people.py": "whose settings a paper over a period goes out with, by the branches of today",
    "compare.py": "lists the sessions to choose from",
    "schedules.py": "whose reports go out, by the branches of today",
}
"""Readers of today's tables among the reports, with the reason."""


def test_a_session_s_report_takes_its_names_from_the_frozen_tables_alone() -> None:
    readers = {path.name: path for path in sorted((ROOT / Path("confhub/reports")).glob("*.py"))}
    found = {name for name, path in readers.items() if LIVE.search(path.read_text(encoding="utf-8"))}
    assert found == TODAY.keys()
    assert "FrozenPerson" in readers["person_lines.py"].read_text(encoding="utf-8")
    assert "FrozenUnit" in readers["facts.py"].read_text(encoding="utf-8")
