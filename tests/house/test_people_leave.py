"""People leave the services through one place: `people.looks` is told of each, whatever the door.

A use case that gives away people tells the book of looks, or is a change that the audit trail names. Doors
and the command line ask the services; none of them reads the tables of people itself.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
import types
import typing
from collections.abc import Iterator
from typing import Any

from tests.house.code import nodes
from tests.house.test_house import ROOT, modules

NAMED = {"name", "dropped_name", "printed"}
TELLING = {"position", "birth_date", "dropped_name", "printed", "badge_hash"}
"""A value with one of the first and one of the second tells of a person."""

TELLS = re.compile(r"\b_looks\.told\w*\(|\blooks\.note\(|\brecord\(|\bself\._(shown_to_all|revoke|preview)\(")

SERVICES = ("people", "rosters", "checkin", "training", "desk", "reports")


def personal(kind: Any, known: dict[Any, bool]) -> bool:
    """Whether a value of this type holds a person somewhere."""
    if isinstance(kind, (types.GenericAlias, types.UnionType)) or typing.get_origin(kind) is not None:
        return any(personal(part, known) for part in typing.get_args(kind))
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        return False
    if kind in known:
        return known[kind]
    known[kind] = False  # a type that holds itself
    hints = typing.get_type_hints(kind)
    names = set(hints)
    known[kind] = bool(names & NAMED and names & TELLING) or any(
        personal(hint, known) for hint in hints.values()
    )
    return known[kind]


def use_cases() -> Iterator[tuple[str, Any, str]]:
    """(Class.method, what it returns, its source) of all public use cases that read or write people."""
    for module in modules():
        parts = module.split(".")
        if len(parts) < 3 or parts[0] != "confhub" or parts[1] not in SERVICES:
            continue
        for name, kind in vars(importlib.import_module(module)).items():
            if not inspect.isclass(kind) or kind.__module__ != module or name.startswith("_"):
                continue
            if "_db" not in inspect.getsource(kind) and "_reports" not in inspect.getsource(kind):
                continue
            for method, function in vars(kind).items():
                function = inspect.unwrap(function)
                if method.startswith("_") or not inspect.isfunction(function):
                    continue
                hints = typing.get_type_hints(function)
                yield f"{name}.{method}", hints.get("return"), inspect.getsource(function)


def test_every_use_case_that_gives_away_people_tells_the_book_of_looks() -> None:
    known: dict[Any, bool] = {}
    giving = {name: source for name, kind, source in use_cases() if personal(kind, known)}
    assert len(giving) > 20, "the rule finds the use cases"
    assert {"PeopleService.people", "RosterService.room", "CheckinService.sheet"} <= giving.keys()
    assert {name for name, source in giving.items() if not TELLS.search(source)} == set()


def test_no_door_reads_the_tables_of_people() -> None:
    tables = re.compile(r"\b(AttendeeRow|SessionAttendee|CertificateRow|CoursePerson|SeenPeople)\b")
    for top in ("http", "cli"):
        for path in sorted((ROOT / "confhub" / top).rglob("*.py")):
            assert not tables.search(path.read_text(encoding="utf-8")), path


def test_no_header_decides_whether_a_look_is_written_down() -> None:
    for path in sorted((ROOT / "confhub" / "http").rglob("*.py")):
        for node in nodes(path):
            if isinstance(node, ast.keyword):
                assert node.arg != "look", f"{path}: a door says whether it is logged"
