"""An error's code says one thing: programs decide by it."""

from __future__ import annotations

import importlib
from collections import defaultdict

from confhub.http.errors import status_of
from confhub.kernel.errors import DomainError
from tests.house.test_house import modules


def kinds() -> list[type[DomainError]]:
    """Every class of error of the hub."""
    for name in modules():
        if name.startswith("confhub.") and not name.startswith("confhub.relay") and "__main__" not in name:
            importlib.import_module(name)
    found: dict[type[DomainError], None] = {}
    waiting: list[type[DomainError]] = [DomainError]
    while waiting:
        kind = waiting.pop()
        found[kind] = None
        waiting.extend(kind.__subclasses__())
    return [kind for kind in found if kind.__module__.startswith("confhub.")]


def named(kind: type[DomainError]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def test_every_code_stands_at_one_class_whose_heirs_share_it() -> None:
    owners: dict[str, list[str]] = defaultdict(list)
    for kind in kinds():
        if "code" in vars(kind):
            owners[kind.code].append(named(kind))
    assert len(owners) > 250, "the collector finds the classes"
    assert {code: sorted(classes) for code, classes in owners.items() if len(classes) > 1} == {}


def test_every_code_has_one_status() -> None:
    statuses: dict[str, set[int]] = defaultdict(set)
    for kind in kinds():
        statuses[kind.code].add(status_of(kind.__new__(kind)))
    assert {code: sorted(found) for code, found in statuses.items() if len(found) > 1} == {}
