"""Every topic is told somewhere, and heard somewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.code import nodes

ROOT = Path(__file__).resolve().parents[2] / "confhub"


def paths() -> list[Path]:
    """Every module of the hub."""
    return [path for path in ROOT.rglob("*.py") if "relay" not in path.parts]


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path in paths():
        for node in nodes(path):
            if isinstance(node, ast.Call):
                match node.func:
                    case ast.Attribute(attr=name) | ast.Name(id=name):
                        yield name, node


def topics() -> set[str]:
    """The events' classes, subject by subject."""
    return {
        node.name
        for path in paths()
        if path.name == "events.py"
        for node in nodes(path)
        if isinstance(node, ast.ClassDef) and any("Event" in _names(base) for base in node.bases)
    } - {"Overflow"}


def told() -> set[str]:
    """The first argument's class, wherever a transaction is given an event to tell."""
    return {
        call.args[0].func.id
        for name, call in _calls()
        if name == "tell" and call.args and isinstance(call.args[0], ast.Call)
        if isinstance(call.args[0].func, ast.Name)
    }


def heard() -> set[str]:
    """What is named where somebody subscribes, there or in a constant that stands there."""
    listed = [call for name, call in _calls() if name in ("subscribe", "Remembered")]
    found = {name for call in listed for argument in call.args for name in _names(argument)}
    constants = [
        (target.id, _names(node.value))
        for path in paths()
        for node in nodes(path)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    ]
    return found.union(*(names for constant, names in constants if constant in found))


def test_there_are_topics() -> None:
    assert {"SessionChanged", "RoomsChosen", "MachineRevoked"} <= topics()


def test_every_topic_is_told() -> None:
    assert topics() - told() == set()


def test_every_topic_is_heard() -> None:
    assert topics() - heard() == set()
