"""`confhub doctor` tells what is wrong, with its remedy, and touches nothing."""

from __future__ import annotations

import json
import socket
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from confhub.cli import tls as tls_command
from confhub.cli.main import main

pytestmark = pytest.mark.sockets


def findings(
    capsys: pytest.CaptureFixture[str], *arguments: str, language: str = "en"
) -> tuple[int, dict[str, list[tuple[str, str]]]]:
    """(exit code, name -> [(verdict, text)])."""
    code = main(["doctor", "--json", "--language", language, *arguments])
    told: dict[str, list[tuple[str, str]]] = {}
    for line in json.loads(capsys.readouterr().out):
        told.setdefault(line["name"], []).append(
            (line["verdict"], f"{line['found']} {line['remedy']}".strip())
        )
    return code, told


def test_a_fresh_folder_is_no_fault_and_stays_untouched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = findings(capsys, "--data", str(tmp_path / "new"))
    assert code == 0
    assert not (tmp_path / "new").exists()
    assert told["Database"][0][1].endswith("not made yet")
    assert told["TLS certificate"][0][0] == "warning"
    verdict, said = told["Media addresses"][0]
    assert verdict == "warning"
    assert "--advertise" in said
    assert "Firefox" in said, "it connects to no relay on loopback, on this machine either"


def test_a_hub_on_every_interface_has_addresses_for_media(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = findings(capsys, "--data", str(tmp_path / "new"), "--advertise", "203.0.113.7")
    assert told["Media addresses"] == [("ok", "203.0.113.7")]


def test_a_taken_port_is_named_with_its_flag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        _, told = findings(capsys, "--data", str(tmp_path), "--port", str(port))
    lines = [text for verdict, text in told["Port"] if verdict == "warning"]
    assert any(f":{port}" in text and "--port" in text for text in lines)


def test_a_file_that_is_no_database_is_a_fault_in_the_readers_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "confhub.db").write_bytes(b"no database at all, but long enough to be read as one" * 20)
    code, told = findings(capsys, "--data", str(tmp_path), language="vi")
    assert code == 1
    assert told["Cơ sở dữ liệu"][0][0] == "fault"


def test_an_older_schema_is_told_and_not_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sqlite3.connect(tmp_path / "confhub.db").close()
    code, told = findings(capsys, "--data", str(tmp_path))
    assert code == 0
    assert told["Database"][0][0] == "warning"
    with sqlite3.connect(tmp_path / "confhub.db") as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()


def test_a_certificate_that_ends_soon_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=tls_command.SERVER_DAYS - 5)
    made = tls_command.init(tmp_path / "tls", ["localhost"], long_ago)
    files = ("--tls-cert", str(made["cert"]), "--tls-key", str(made["key"]))
    code, told = findings(capsys, "--data", str(tmp_path), *files)
    assert code == 0
    assert told["TLS certificate"][0][0] == "warning"
    gone = tls_command.init(tmp_path / "old", ["localhost"], datetime.now(UTC) - timedelta(days=1000))
    files = ("--tls-cert", str(gone["cert"]), "--tls-key", str(gone["key"]))
    code, told = findings(capsys, "--data", str(tmp_path), *files)
    assert code == 1


def test_a_cluster_that_does_not_answer_is_a_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{free.getsockname()[1]}"
    cluster = ("--livekit-url", url, "--livekit-key", "k", "--livekit-secret", "s" * 32)
    code, told = findings(capsys, "--data", str(tmp_path), *cluster)
    assert code == 1
    assert told["LiveKit"][0][0] == "fault"
    assert "Packet path" not in told  # no relay of the hub's own
    assert len(told["Port"]) == 1


def test_the_table_reads_as_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--language", "en", "--data", str(tmp_path)]) == 0
    assert "Processors" in capsys.readouterr().out
