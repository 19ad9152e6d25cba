"""Modules that name each other in a circle: there are none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def circles(*packages: str) -> tuple[int, set[tuple[str, ...]]]:
    """Exit status, and what the script prints: each circle's modules."""
    command = [sys.executable, "scripts/circles.py", *packages]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    *lines, total = done.stdout.splitlines()
    found = {tuple(line.partition(": ")[2].split(", ")) for line in lines}
    assert total.startswith(f"{len(found)} circles in "), done.stderr
    return done.returncode, found


def test_no_modules_of_the_relay_name_each_other_in_a_circle() -> None:
    assert circles("confhub.relay") == (0, set())


def test_no_modules_name_each_other_in_a_circle() -> None:
    assert circles("confhub", "endpoints") == (0, set())


def test_type_only_relative_and_nested_imports_are_part_of_a_circle(tmp_path: Path) -> None:
    (tmp_path / "house" / "inner").mkdir(parents=True)
    sources = {
        "house/__init__.py": "",
        "house/inner/__init__.py": "",
        "house/one.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .inner import two\n",
        "house/inner/two.py": "def later():\n    import house.three\n",
        "house/three.py": "from house.one import thing\nfrom house.four import other\n",
        "house/four.py": "import json\n",
    }
    for name, source in sources.items():
        (tmp_path / name).write_text(source)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "circles.py").write_text((ROOT / "scripts" / "circles.py").read_text("utf-8"))
    done = subprocess.run(
        [sys.executable, tmp_path / "scripts" / "circles.py", "house"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == "3 modules: house.inner.two, house.one, house.three\n1 circles in house\n"
