"""Whatever is written into the audit trail has words that its reader can read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from confhub.audit.actions import ACTIONS, SCOPES, SUBJECTS
from confhub.http.pages.audit_words import DETAILS
from confhub.kernel.permissions import Permission
from tests.house.code import nodes

ROOT = Path(__file__).parents[2]
WRITERS = {"record", "_record", "note"}
"""`note` is of the refusals, which keep what was refused and why."""


def recorded() -> Iterator[tuple[ast.expr, ast.expr, str]]:
    """(action, subject, place) of each call that writes a row."""
    for path in sorted((ROOT / "confhub").rglob("*.py")):
        for node in nodes(path):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record" and len(node.args) > 3:
                yield node.args[2], node.args[3], f"{path.relative_to(ROOT)}:{node.lineno}"


def known(action: ast.expr) -> bool:
    """Whether the trail has words for it; of a text with a hole, for something that fits."""
    if isinstance(action, ast.Constant):
        return action.value in ACTIONS
    if isinstance(action, ast.JoinedStr):
        pattern = "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z_]+"
            for part in action.values
        )
        return any(re.fullmatch(pattern, one) for one in ACTIONS)
    return True  # a variable: `record` itself refuses what it does not know


def test_every_action_and_subject_that_is_written_down_has_words() -> None:
    found = list(recorded())
    assert len(found) > 40, "the collector finds the calls"
    silent = [place for action, _, place in found if not known(action)]
    silent += [
        p for _, subject, p in found if isinstance(subject, ast.Constant) and subject.value not in SUBJECTS
    ]
    assert silent == []


TAG = re.compile(r"[a-z_]+:[a-z_]+:[a-z_]+")
HOLE = "[a-z_]+"


def texts() -> Iterator[tuple[str, str, str]]:
    """(subject, text, place) of each text in the code but the registry's own; holes stand as `HOLE`."""
    for path in sorted((ROOT / "confhub").rglob("*.py")):
        place = path.relative_to(ROOT)
        if path.name in ("actions.py", "permissions.py"):
            continue
        for node in nodes(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield place.parts[1], node.value, f"{place}:{node.lineno}"
            elif isinstance(node, ast.JoinedStr):
                parts = (str(p.value) if isinstance(p, ast.Constant) else HOLE for p in node.values)
                yield place.parts[1], "".join(parts), f"{place}:{node.lineno}"


def test_every_tag_that_stands_in_the_code_is_of_the_registry_or_a_permission() -> None:
    known = ACTIONS.keys() | {one.value for one in Permission}
    found = [(text, place) for _, text, place in texts() if TAG.fullmatch(text)]
    assert len(found) > 60, "the collector finds the tags"
    assert [place for text, place in found if text not in known] == []


def test_no_action_of_the_registry_is_unused() -> None:
    """It stands in the code whole, or up to a hole at its end whose filling stands in that subject."""
    written = list(texts())
    whole = {text for _, text, _ in written}
    holed = {text.removesuffix(HOLE): subject for subject, text, _ in written if text.endswith(f":{HOLE}")}
    words = {(subject, text) for subject, text, _ in written}
    unused = []
    for action in ACTIONS:
        start, _, verb = action.rpartition(":")
        subject = holed.get(f"{start}:")
        if action not in whole and (subject is None or (subject, verb) not in words):
            unused.append(action)
    assert unused == []


def test_every_action_stands_under_the_words_of_a_scope() -> None:
    assert {action.partition(":")[0] for action in ACTIONS} == SCOPES.keys()


def details_written() -> set[str]:
    """Names that may stand in a row's details: keywords of the calls that write one, and names that stand in
    tuples and dictionaries of the modules that do (fields that are compared, details put together before)."""
    found: set[str] = set()
    for path in sorted((ROOT / "confhub").rglob("*.py")):
        calls = [node for node in nodes(path) if isinstance(node, ast.Call) and _called(node) in WRITERS]
        if not calls:
            continue
        found |= {keyword.arg for call in calls for keyword in call.keywords if keyword.arg}
        for node in nodes(path):
            parts = (
                node.elts if isinstance(node, ast.Tuple) else node.keys if isinstance(node, ast.Dict) else []
            )
            found |= {
                part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)
            }
    return found


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def test_every_word_for_a_detail_is_used() -> None:
    assert sorted(DETAILS.keys() - details_written()) == []
