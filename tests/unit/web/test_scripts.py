"""The pages' modules that need no browser, under Node.js's own test runner."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.nodejs import node

HERE = Path(__file__).parent


def run(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [node(), "--import", str(HERE / "browser.mjs"), "--test", "--test-reporter=tap", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.mjs")), ids=lambda file: file.name)
def test_modules(file: Path) -> None:
    done = run(file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0\n" not in done.stdout, "the runner finds the file's tests"


def test_a_failure_there_fails_here(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.test.mjs"
    wrong.write_text(
        'import { test } from "node:test";\ntest("wrong", () => { throw new Error("as it should"); });\n'
    )
    assert run(wrong).returncode == 1
