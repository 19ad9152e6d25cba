"""Rules of the house that no single module can hold: imports, sizes, and what no commit may carry."""

from __future__ import annotations

import ast
import graphlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.circles import named

ROOT = Path(__file__).parents[2]
PACKAGES = ("confhub", "endpoints")
MODULE_LINES_MAX = 450
"""Style asks for about 150 and rarely over 400; past this, a module holds two nouns."""


def modules() -> list[str]:
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            found.append(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    return found


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """What runs when a module is loaded: not what stands in functions, nor what type checkers alone read."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from statements(node.orelse)
            continue
        yield node
        for part in ("body", "orelse", "finalbody"):
            yield from statements(getattr(node, part, []))
        for handler in getattr(node, "handlers", []):
            yield from statements(handler.body)


def test_every_module_can_be_imported_alone() -> None:
    # Only a ring of imports makes the order of loading matter: without one, what loads at all loads alone.
    known = frozenset(modules())
    places = {name: ROOT.joinpath(*name.split(".")) for name in known}
    sources = {name: p / "__init__.py" if p.is_dir() else p.with_suffix(".py") for name, p in places.items()}
    graph = {
        name: named(name, path, known, lambda tree: statements(tree.body)) for name, path in sources.items()
    }
    assert sum(map(len, graph.values())) > len(known)
    tuple(graphlib.TopologicalSorter(graph).static_order())

    runnable = sorted(name for name in known if not name.endswith("__main__"))
    script = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
    done = subprocess.run(
        [sys.executable, "-c", script, *runnable], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_no_module_holds_two_nouns() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts
    }
    assert sizes
    assert {name: lines for name, lines in sizes.items() if lines > MODULE_LINES_MAX} == {}


def test_every_module_says_in_its_first_line_who_lives_there() -> None:
    silent = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            if not path.read_text(encoding="utf-8").startswith('"""'):
                silent.append(str(path.relative_to(ROOT)))
    assert silent == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="asks git which files are the repository's")
def test_no_commit_names_a_registry_host_or_a_machine_path() -> None:
    hosts = [
        "registry." + "npmjs.org",
        "pypi" + ".org",
        "pythonhosted" + ".org",
        "deb." + "debian.org",
        "/work/" + "main",
        "/root/" + ".pyenv",
    ]
    pattern = re.compile("|".join(re.escape(host) for host in hosts))
    guilty = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if pattern.search(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert guilty == []


def test_the_command_line_explains_itself() -> None:
    for command in (["-m", "confhub.cli.main"], ["-m", "endpoints.main"]):
        done = subprocess.run(
            [sys.executable, *command, "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "100"},
        )
        assert done.returncode == 0, done.stderr
        assert "usage:" in done.stdout
