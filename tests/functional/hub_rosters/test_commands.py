"""`confhub import-people`, as a user types it."""

from __future__ import annotations

from pathlib import Path

from tests.functional.hub_tree.test_commands import TREE, confhub

HEAD = "code,name,unit,room\n"
PEOPLE = f"{HEAD}CB1,Nguyễn Văn An,U,R1\nCB2,Lê Thị Hoà,U,R1\n"


def test_people_are_imported_once_and_mistakes_are_told(tmp_path: Path) -> None:
    (tmp_path / "tree.csv").write_text(TREE, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "bad.csv").write_text(f"{HEAD}CB9,Trần Đức,NONE,R1\n", encoding="utf-8")
    assert confhub(tmp_path, "import", "tree.csv")[0] == 0
    code, out, told = confhub(tmp_path, "import-people", "people.csv", "--dry-run")
    assert code == 0, out + told
    assert "nothing has been changed" in out
    code, out, told = confhub(tmp_path, "import-people", "people.csv")
    assert code == 0
    assert "Done: 4 changes." in out, out + told
    code, out, told = confhub(tmp_path, "import-people", "people.csv")
    assert code == 0
    assert "Done: 4" not in out, out + told
    code, out, told = confhub(tmp_path, "import-people", "bad.csv")
    assert code == 1
    assert "There is no unit NONE." in " ".join(out.split()), out + told
    bare = PEOPLE.removeprefix(HEAD)
    (tmp_path / "bare.csv").write_text(bare, encoding="utf-8")
    code, out, told = confhub(tmp_path, "import-people", "bare.csv")
    assert code == 1
    assert "--heading 0=ROW says which row has them" in " ".join(out.split()), out + told
    columns = [f"--column=0.{at}={field}" for at, field in enumerate(("code", "name", "unit", "room"))]
    code, out, told = confhub(tmp_path, "import-people", "bare.csv", "--heading=0=-1", *columns)
    assert code == 0, out + told
    code, out, told = confhub(tmp_path, "import-people", "bare.csv", "--heading=0:3")
    assert (code, "--heading" in told) == (2, True), out + told
    code, out, told = confhub(tmp_path, "import-people", "none.csv")
    assert code == 2
    assert "none.csv" in told, out + told
