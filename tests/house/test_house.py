"""Rules of the house that no single module can hold: imports, sizes, and what no commit may carry."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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


MODULES_A_TEST = 30
"""Each is imported anew with all that it needs of its own package: a large package is several tests."""


def packages() -> dict[str, list[str]]:
    """`confhub.http`, `confhub.http 2` and the like → some of its modules."""
    found: dict[str, list[str]] = {}
    for name in modules():
        if not name.endswith("__main__"):
            found.setdefault(".".join(name.split(".")[:2]), []).append(name)
    return {
        f"{package} {start // MODULES_A_TEST + 1}" if start else package: names[
            start : start + MODULES_A_TEST
        ]
        for package, names in found.items()
        for start in range(0, len(names), MODULES_A_TEST)
    }


@pytest.mark.parametrize("package", packages())
def test_every_module_can_be_imported_alone(package: str) -> None:
    # The layers forbid rings between packages (import-linter), so a ring can only be inside one: a package's
    # own modules are forgotten before each import, the others stay.
    script = (
        "import importlib, sys\n"
        "package, *names = sys.argv[1:]\n"
        "for name in names:\n"
        "    for loaded in [m for m in sys.modules if m == package or m.startswith(package + '.')]:\n"
        "        if not loaded.endswith('.models') and loaded != 'confhub.db.base': del sys.modules[loaded]\n"
        "    importlib.import_module(name)\n"
    )
    # Tables are declared once a process; their modules stay loaded between the imports.
    done = subprocess.run(
        [sys.executable, "-c", script, package.split()[0], *packages()[package]],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
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
