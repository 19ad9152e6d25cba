"""A subject's tables are its own: others ask what it publishes, and nobody names a table by a string."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from scripts.subject_imports import cross_imports
from tests.house.code import nodes

ROOT = Path(__file__).parents[2]

CROSS_IMPORTS_MAX = 52
"""Imports of another subject's models. Whoever takes some away lowers this with them; nobody raises it."""

_SQL = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+([a-z_]+)\b")


def tables() -> dict[str, str]:
    """Table → the subject whose models hold it."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "confhub").rglob("models.py")):
        for name in re.findall(r'__tablename__ = "([a-z_]+)"', path.read_text("utf-8")):
            found[name] = path.parent.name
    return found


def named_by_string() -> set[tuple[str, str]]:
    """(module, table) of each `table("…")`, `tables["…"]`, `text("… FROM …")` outside the table's subject."""
    owners = tables()
    assert len(owners) > 40, "the collector finds the tables"
    found: set[tuple[str, str]] = set()
    for path in sorted((ROOT / "confhub").rglob("*.py")):
        inside = path.relative_to(ROOT / "confhub")
        if "migrations" in inside.parts:
            continue
        for node in nodes(path):
            names = _named(node)
            found |= {(str(inside), n) for n in names if n in owners and owners[n] != inside.parts[0]}
    return found


def _named(node: ast.AST) -> list[str]:
    """What the node may name a table by."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return [str(node.slice.value)] if getattr(node.value, "attr", "") == "tables" else []
    if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
        return []
    called = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
    said = str(node.args[0].value)
    if called in ("text", "exec_driver_sql"):
        return _SQL.findall(said)
    return [said] if called in ("table", "Table") else []


def test_no_table_is_named_by_a_string_outside_its_subject() -> None:
    assert named_by_string() == set()


def test_imports_of_another_subjects_tables_only_become_fewer() -> None:
    assert len(list(cross_imports())) == CROSS_IMPORTS_MAX


def published() -> dict[str, tuple[Path, set[str]]]:
    """Class of a `published.py` → its subject's folder, and the columns that it offers."""
    found: dict[str, tuple[Path, set[str]]] = {}
    for path in sorted((ROOT / "confhub").glob("*/published.py")):
        if path.parent.name == "db":
            continue
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                named = [ast.unparse(one.targets[0]) for one in node.body if isinstance(one, ast.Assign)]
                found[node.name] = (path.parent, {name for name in named if not name.startswith("_")})
    return found


def read_of(path: Path, name: str) -> set[str]:
    """The attributes read of `name` there, also where it stands under a shorter one."""
    known = {name}
    for node in nodes(path):
        if isinstance(node, ast.Assign):
            left, right = node.targets[0], node.value
            pairs = (
                zip(left.elts, right.elts, strict=False)
                if isinstance(left, ast.Tuple) and isinstance(right, ast.Tuple)
                else [(left, right)]
            )
            known |= {ast.unparse(one) for one, what in pairs if ast.unparse(what) == name}
    return {
        node.attr
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known
    }


def test_a_subject_publishes_no_column_that_nobody_else_reads() -> None:
    sources = {path: path.read_text("utf-8") for path in (ROOT / "confhub").rglob("*.py")}
    offered = published()
    assert len(offered) > 10, "the collector finds the classes"
    for name, (home, offers) in offered.items():
        users = [path for path, text in sources.items() if home not in path.parents and name in text]
        unread = offers - set().union(*(read_of(path, name) for path in users))
        assert not unread, f"{home.name}/published.py: {name} offers {sorted(unread)}"
