"""Every regular expression of the pages' scripts takes time in proportion to its input, as the others do."""

from __future__ import annotations

import json
import re
import resource
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.house import growth
from tests.nodejs import node

ROOT = Path(__file__).parents[2]
SCRIPTS = "web/static/js"
PROGRAM = Path(__file__).with_name("script_patterns.mjs")
CPU_MAX_S = 120

Found = tuple[str, str, str]


def told_by(*arguments: str, said: str = "", cpu_max_s: int = CPU_MAX_S) -> tuple[int, list[object]]:
    """Exit status and lines."""
    done = subprocess.run(
        [node(), str(PROGRAM), *arguments],
        input=said, capture_output=True, text=True, check=False, cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (cpu_max_s, cpu_max_s)),
    )  # fmt: skip
    assert done.returncode <= 0, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def read_by_python(source: str) -> str:
    """The pattern in Python's words, near enough to make inputs from."""
    return re.sub(r"\\p\{Mn\}", "[\u0300-\u036f]", source.replace(r"\/", "/")).replace("(?<", "(?P<")


def slow(found: Sequence[Found], cpu_max_s: int = CPU_MAX_S) -> list[str]:
    """Those that take too long, with the input; the one at which Node.js was ended, too."""
    lines = [[*one, sorted(growth.attacks(read_by_python(one[1]), 0))] for one in found]
    status, told = told_by("try", said="".join(json.dumps(one) + "\n" for one in lines), cpu_max_s=cpu_max_s)
    guilty = [f"{one[0]}: {one[1]!r}… of {one[2]} takes {one[3]} s" for one in told if isinstance(one, list)]
    if status < 0:
        return [*guilty, f"{told[-1]}: does not come back"]
    assert sum(isinstance(one, str) for one in told) == len(found)
    return guilty


def test_no_pattern_of_the_scripts_grows_faster_than_its_input() -> None:
    _, told = told_by("list", SCRIPTS)
    found = [(str(where), str(source), str(flags)) for where, source, flags in told]  # type: ignore[misc]
    assert len(found) > 10
    assert slow(found) == []


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [(r"(a+)+$", ""), (r"\s+$", ""), (r"\s*([\/.\-])\s*", "g"), (r"^(?:[a-z]+\.?)*@", "u")],
)
def test_a_pattern_that_grows_faster_is_found(pattern: str, flags: str) -> None:
    assert slow([("here", pattern, flags)], 2)
