"""The relay's log while the relay runs: bounded, and written on."""

from __future__ import annotations

from pathlib import Path

import pytest

from confhub.engine import process


def test_a_log_that_is_too_large_is_begun_anew_under_the_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LOG_MAX_BYTES", 1000)
    log, kept = tmp_path / "relay.log", tmp_path / "relay.log.1"
    with process._open_log(log) as relay:
        for _ in range(5):
            relay.write(b"x" * 999 + b"\n")
            relay.flush()
            process._turn_log(log)
            assert log.stat().st_size <= 1000
        relay.write(b"the last word\n")
    assert log.read_bytes().endswith(b"the last word\n")
    assert kept.stat().st_size <= 1000
