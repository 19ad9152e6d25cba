"""What is nobody else's: files closed to others, helpers that learn no secret."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from confhub.kernel import private


def modes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): oct(stat.S_IMODE(path.lstat().st_mode))
        for path in (folder, *folder.rglob("*"))
    }


def test_a_folder_made_beforehand_is_closed_with_all_that_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "files").mkdir(parents=True)
    for name in ("confhub.db", "confhub.db-wal", "files/report.pdf"):
        (folder / name).write_bytes(b"")
        (folder / name).chmod(0o644)
    for path in (folder, folder / "files"):
        path.chmod(0o755)
    outside = tmp_path / "outside"
    outside.write_bytes(b"")
    outside.chmod(0o644)
    (folder / "link").symlink_to(outside)
    found = private.tighten(folder)
    assert len(found.ours) == 5
    assert modes(folder) == {
        ".": "0o700", "files": "0o700", "confhub.db": "0o600", "confhub.db-wal": "0o600",
        "files/report.pdf": "0o600", "link": "0o777",
    }  # fmt: skip
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644, "links are not followed"
    assert private.tighten(folder) == private.Openness()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_another_user_is_told_and_left(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(b"")
    (tmp_path / "theirs").chmod(0o644)
    os.chown(tmp_path / "theirs", 65_534, 65_534)
    found = private.tighten(tmp_path)
    assert found.foreign == (tmp_path / "theirs",)
    assert stat.S_IMODE((tmp_path / "theirs").stat().st_mode) == 0o644


def test_helpers_learn_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONFHUB_DATABASE_URL", "postgresql://u:p@db/x")
    monkeypatch.setenv("LC_TIME", "vi_VN.UTF-8")
    told = private.child_environment(LIVEKIT_KEYS="k: s")
    assert told["LC_TIME"] == "vi_VN.UTF-8"
    assert told["PATH"] == os.environ["PATH"]
    assert told["LIVEKIT_KEYS"] == "k: s"
    assert not [name for name in told if name.startswith("CONFHUB_") and name != "CONFHUB_FANOUT"]
