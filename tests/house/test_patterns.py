"""Every regular expression of the programs takes time in proportion to its input, whatever the input."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import growth

ROOT = Path(__file__).parents[2]
PACKAGES = ("confhub", "endpoints")
_CALLS = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
_AT_START = {"match", "fullmatch"}

Found = tuple[str, str, bool, int, str]


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def patterns() -> list[Found]:
    """(where, pattern, of bytes, flags, match | search) of every one, by the syntax tree."""
    trees = {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
    }
    uses: dict[str, set[str]] = {}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                uses.setdefault(node.value.id, set()).add(node.attr)
    return [one for path, tree in trees.items() for one in _of_module(path, tree, uses)]


def _of_module(path: Path, tree: ast.Module, uses: dict[str, set[str]]) -> Iterator[Found]:
    names = {
        id(node.value): ast.unparse(target)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.")):
            continue
        how = ast.unparse(node.func).removeprefix("re.")
        if how not in _CALLS:
            continue
        where = f"{path.relative_to(ROOT)}:{node.lineno}"
        name = names.get(id(node), "")
        if how == "compile":
            used = uses.get(name, set()) & _CALLS
            how = "match" if used and used <= _AT_START else "search"
            made = getattr(importlib.import_module(_module(path)), name, None) if name else None
            if isinstance(made, re.Pattern):
                yield _told(where, made, how)
                continue
        text = node.args[0]
        assert isinstance(text, ast.Constant), f"{where}: give the pattern a name in its module"
        yield _told(where, re.compile(text.value), "match" if how in _AT_START else "search")


def _told(where: str, made: re.Pattern[str] | re.Pattern[bytes], how: str) -> Found:
    if isinstance(made.pattern, bytes):
        return where, made.pattern.decode("latin-1"), True, made.flags, how
    return where, made.pattern, False, made.flags, how


def slow(found: list[Found], cpu_max_s: int) -> list[str]:
    """Those that take too long, with the input; the one at which the process was ended, too."""
    lines = "".join(json.dumps(one) + "\n" for one in found)
    done = subprocess.run(
        [sys.executable, growth.__file__, str(cpu_max_s)],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    guilty = [f"{one[0]}: {one[1]!r}… of {one[2]} takes {one[3]} s" for one in told if isinstance(one, list)]
    if done.returncode < 0:
        guilty.append(f"{told[-1]}: does not come back")
    else:
        assert done.returncode == 0, done.stderr[-2000:]
        assert sum(isinstance(one, str) for one in told) == len(found)
    return guilty


@pytest.mark.timeout(900)  # bounded by its CPU time, of which busy neighbours leave it a part
def test_no_pattern_of_ours_grows_faster_than_its_input() -> None:
    found = patterns()
    assert len(found) > 30
    assert slow(found, 300) == []


@pytest.mark.parametrize(
    ("pattern", "how"),
    [
        (r"(a+)+$", "match"),
        (r"\s+$", "search"),
        (r"""<(?:\w+:)?c\b[^<>]*?\sr\s*=\s*["']([A-Z]+)([0-9]+)["'][^<>]*>\s*<(?:\w+:)?f[\s>/]""", "search"),
        (r"\s*([/.\-])\s*", "search"),
        (r"(?:[a-z]+\.?)*@", "match"),
    ],
)
def test_a_pattern_that_grows_faster_is_found(pattern: str, how: str) -> None:
    assert slow([("here", pattern, False, re.compile(pattern).flags, how)], 2)


@pytest.mark.parametrize(("pattern", "how"), [(r"a+$", "match"), (r"[^<>]*", "search"), (r"\s++", "search")])
def test_a_pattern_that_grows_with_its_input_is_not_blamed(pattern: str, how: str) -> None:
    assert slow([("here", pattern, False, re.compile(pattern).flags, how)], 10) == []
