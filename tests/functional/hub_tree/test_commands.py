"""The terminal's commands, as a user types them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.programs import run

TREE = """type,code,name,rank,tier,parent,unit
tier,t,Cấp tỉnh,1,,,
unit,U,Tỉnh Phú Thọ,,t,,
endpoint,R1,Hội trường tỉnh,,,,U
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tree.csv").write_text(TREE, encoding="utf-8")
    return tmp_path


def confhub(folder: Path, *words: str, typed: str = "") -> tuple[int, str, str]:
    """(exit code, what was printed, what was complained of)."""
    done = run(
        "confhub.cli.main", *words, "--data", str(folder / "hub"), "--language", "en",
        typed=typed, cwd=folder, env={**os.environ, "COLUMNS": "100"},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_a_tree_is_tried_imported_and_imported_again_without_a_change(folder: Path) -> None:
    code, out, _ = confhub(folder, "import", "tree.csv", "--dry-run")
    assert (code, "nothing has been changed" in out) == (0, True)
    code, out, _ = confhub(folder, "import", "tree.csv")
    assert (code, "Done: 3 changes." in out) == (0, True)
    code, out, _ = confhub(folder, "import", "tree.csv")
    assert (code, "Done: 0 changes." in out) == (0, True)
    assert max(map(len, out.splitlines())) <= 100


def test_a_broken_file_names_row_and_column_and_a_missing_one_itself(folder: Path) -> None:
    (folder / "bad.csv").write_text("code,name,unit\nR1,,U\n", encoding="utf-8")
    code, out, _ = confhub(folder, "import", "bad.csv")
    assert code == 1
    [line] = [line.split() for line in out.splitlines() if line.strip().startswith("bad.csv")]
    assert line[:3] == ["bad.csv", "2", "name"]
    code, _, complaint = confhub(folder, "import", "none.csv")
    assert (code, "none.csv" in complaint) == (2, True)


def test_accounts_are_added_listed_and_given_a_password(folder: Path) -> None:
    password = "four easy words here\n"
    code, out, _ = confhub(folder, "user", "add", "admin", "--password-stdin", typed=password)
    assert (code, out) == (0, "Account admin has been added.\n")
    code, _, complaint = confhub(folder, "user", "add", "admin", "--password-stdin", typed=password)
    assert (code, "USERNAME" in complaint) == (2, True)
    code, out, _ = confhub(folder, "user", "list")
    assert (code, "Administrator: the whole organization" in out) == (0, True)
    code, out, _ = confhub(
        folder, "user", "password", "admin", "--password-stdin", typed="another " + password
    )
    assert (code, out) == (0, "The password of admin has been changed.\n")
    code, _, complaint = confhub(folder, "user", "password", "nobody", "--password-stdin", typed=password)
    assert (code, "nobody" in complaint) == (2, True)
    code, _, complaint = confhub(folder, "user", "add", "other", typed=password)
    assert (code, "--password-stdin" in complaint) == (2, True)


def test_a_report_of_no_session_or_no_hub_says_so(folder: Path) -> None:
    code, _, complaint = confhub(folder, "report", "1")
    assert (code, "--database" in complaint) == (2, True)
    assert not (folder / "hub").exists(), "reading a report makes nothing"
    assert confhub(folder, "import", "tree.csv")[0] == 0
    code, _, complaint = confhub(folder, "report", "1")
    assert (code, "There is no such session" in complaint) == (2, True)
