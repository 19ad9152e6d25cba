"""`confhub move-unit`, as a user types it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.programs import run

TREE = """type,code,name,rank,tier,parent,unit
tier,t,Cấp xã,1,,,
unit,OLD,Xã Hạ Hòa,,t,,
unit,NEW,Xã Ấm Hạ,,t,,
unit,TWIN,Xã Ấm Hạ,,t,,
endpoint,R1,Hội trường Hạ Hòa,,,,OLD
endpoint,R2,Hội trường Ấm Hạ,,,,NEW
"""
PEOPLE = "Họ và tên;Mã đơn vị;Mã điểm cầu\nNguyễn Văn An;OLD;R1\nLê Thị Hoa;OLD;R1\n"


def confhub(folder: Path, *words: str) -> tuple[int, str, str]:
    """(exit code, what was printed, what was complained of)."""
    done = run(
        "confhub.cli.main", *words, "--data", str(folder / "hub"), "--language", "en",
        cwd=folder, env={**os.environ, "COLUMNS": "100"},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tree.csv").write_text(TREE, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    assert confhub(tmp_path, "import", "tree.csv")[0] == 0
    assert confhub(tmp_path, "import-people", "people.csv")[0] == 0
    return tmp_path


def test_a_unit_is_looked_at_and_moved_and_then_there_is_nothing_left(folder: Path) -> None:
    told = "From Xã Hạ Hòa to Xã Ấm Hạ:\n  Rooms: 1\n  People: 2\n"
    listed = "  Places on standing lists that go with their rooms: 2\n"
    dry = confhub(folder, "move-unit", "old", "NEW", "--dry-run")
    assert dry == (0, f"{told}{listed}This was a dry run: nothing has been changed.\n", "")
    assert confhub(folder, "move-unit", "Xã Hạ Hoà", "NEW") == (0, f"{told}{listed}Moved.\n", "")
    code, out, complaint = confhub(folder, "move-unit", "OLD", "NEW")
    assert (code, out, "There is nothing of what was chosen" in complaint) == (2, "", True)


def test_single_kinds_are_moved_and_lists_to_another_room(folder: Path) -> None:
    code, out, _ = confhub(folder, "move-unit", "OLD", "NEW", "--only", "people", "--lists-to", "r2")
    lists = "  Places on standing lists that the other room takes: 2\n"
    assert (code, out) == (0, f"From Xã Hạ Hòa to Xã Ấm Hạ:\n  People: 2\n{lists}Moved.\n")
    code, out, _ = confhub(folder, "move-unit", "OLD", "NEW", "--dry-run")
    assert (code, "Rooms: 1" in out, "People" in out) == (0, True, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("OLD", "Xã Ấm Hạ"), "TO: Several units are called Xã Ấm Hạ."),
        (("NONE", "NEW"), "FROM: There is no unit NONE."),
        (("OLD", "NEW", "--lists-to", "R1"), "--lists-to: There is no endpoint R1 in use."),
        (("OLD", "OLD"), "TO: A unit is not moved to itself."),
    ],
)
def test_what_is_not_meant_is_refused_with_the_argument(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    code, out, complaint = confhub(folder, "move-unit", *words)
    assert (code, out, said in complaint) == (2, "", True), complaint
