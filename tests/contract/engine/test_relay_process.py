"""The hub's own relay: started, restarted after its death, adopted after the hub's, stopped at the end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from confhub.engine.engine import MediaEngine
from confhub.engine.errors import EngineUnavailable
from confhub.engine.process import RelayOptions, RelayProcess
from confhub.kernel.clock import SystemClock
from confhub.kernel.errors import StartError
from confhub.kernel.ports import free_port


def options(folder: Path, port: int = 0, udp_port: int = 0) -> RelayOptions:
    return RelayOptions(folder, "127.0.0.1", port, udp_port, log_level="warning")


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[RelayProcess]:
    relay = RelayProcess(options(tmp_path))
    await relay.start()
    yield relay
    await relay.stop()


async def capabilities_of(relay: RelayProcess) -> bool:
    engine = MediaEngine(relay.url, relay.key, relay.secret, SystemClock())
    try:
        await engine.start()
        return engine.capabilities.stage_view
    finally:
        await engine.close()


async def until_restarted(relay: RelayProcess, patience_s: float = 20) -> None:
    """It tells nobody; the figure is all there is."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while relay.restarts == 0:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)


async def test_a_started_relay_answers_with_its_keys(relay: RelayProcess, tmp_path: Path) -> None:
    assert await capabilities_of(relay)
    assert stat.S_IMODE((tmp_path / "relay.json").stat().st_mode) == 0o600


async def test_a_killed_relay_is_back_with_the_same_address_and_keys(
    relay: RelayProcess, tmp_path: Path
) -> None:
    url, key, pid = relay.url, relay.key, relay.pid
    assert pid is not None
    before = json.loads((tmp_path / "relay.json").read_text())
    os.kill(pid, signal.SIGKILL)
    await until_restarted(relay)
    assert (relay.url, relay.key) == (url, key)
    after = json.loads((tmp_path / "relay.json").read_text())
    assert [after[name] for name in ("port", "udp_port", "tcp_port")] == [
        before[name] for name in ("port", "udp_port", "tcp_port")
    ]
    assert before["tcp_port"] > 0
    assert relay.pid != pid
    assert await capabilities_of(relay)


async def test_a_relay_left_by_a_dead_hub_is_adopted(relay: RelayProcess, tmp_path: Path) -> None:
    successor = RelayProcess(options(tmp_path))
    await successor.start()
    assert (successor.pid, successor.url) == (relay.pid, relay.url)
    pid = successor.pid
    relay._watch.cancel()  # type: ignore[union-attr] # the first hub is dead: it restarts nothing
    await successor.stop()
    assert relay._child is not None
    await relay._child.wait()
    assert successor.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid or 0, 0)


async def test_a_relay_whose_hub_died_before_it_was_ready_makes_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its port is the next hub's, which would never come up otherwise."""
    port = free_port(socket.SOCK_DGRAM)
    first, second = (RelayProcess(options(tmp_path, udp_port=port)) for _ in range(2))

    async def die(child: asyncio.subprocess.Process) -> None:
        assert child.stdout is not None
        await child.stdout.readline()  # it listens, and its hub is killed before it has read that
        raise asyncio.CancelledError

    monkeypatch.setattr(first, "_ready_line", die)
    with pytest.raises(asyncio.CancelledError):
        await first.start()
    left = first._child
    assert left is not None
    assert left.returncode is None
    await second.start()
    try:
        await left.wait()
        assert second.pid != left.pid
        assert await capabilities_of(second)
    finally:
        await second.stop()


async def test_a_relay_with_other_settings_is_replaced_not_adopted(tmp_path: Path) -> None:
    first = RelayProcess(options(tmp_path))
    await first.start()
    first._watch.cancel()  # type: ignore[union-attr] # the first hub is dead: it restarts nothing
    changed = RelayOptions(tmp_path, "127.0.0.1", 0, 0, advertise=("127.0.0.1",), log_level="warning")
    second = RelayProcess(changed)
    await second.start()
    try:
        assert second.pid != first.pid
        assert second.key == first.key
    finally:
        await second.stop()
        await first.stop()


@pytest.mark.parametrize(
    ("kind", "setting"),
    [(socket.SOCK_STREAM, "CONFHUB_RELAY_PORT"), (socket.SOCK_DGRAM, "CONFHUB_RELAY_UDP_PORT")],
)
async def test_a_taken_port_names_the_setting(tmp_path: Path, kind: int, setting: str) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        ports = (port, 0) if kind == socket.SOCK_STREAM else (0, port)
        with pytest.raises(StartError, match=setting):
            await RelayProcess(options(tmp_path, *ports)).start()


async def test_a_folder_that_cannot_be_written_names_the_setting(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StartError, match="CONFHUB_DATA_DIR"):
        await RelayProcess(options(blocked / "data")).start()


async def test_an_engine_that_nobody_runs_is_unavailable() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        engine = MediaEngine(f"http://127.0.0.1:{reserved.getsockname()[1]}", "key", "s" * 32, SystemClock())
        with pytest.raises(EngineUnavailable):
            await engine.start()
        await engine.close()


async def test_the_relay_inherits_none_of_the_hubs_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONFHUB_DATABASE_URL", "CONFHUB_SMTP_URL", "CONFHUB_LRS_SECRET", "SOME_TOKEN"):
        monkeypatch.setenv(name, "hidden-from-helpers")
    relay = RelayProcess(replace(options(tmp_path), metrics_token="for-the-relay"))
    await relay.start()
    try:
        told = await asyncio.to_thread(Path(f"/proc/{relay.pid}/environ").read_text)
    finally:
        await relay.stop()
    assert "CONFHUB_METRICS_TOKEN=for-the-relay\0" in told
    assert "LIVEKIT_KEYS=" in told
    assert not [line for line in told.split("\0") if "hidden-from-helpers" in line]


async def test_a_relay_with_another_turn_secret_is_not_adopted(tmp_path: Path) -> None:
    pids = []
    for secret in ("first", "first", "second"):
        wanted = replace(options(tmp_path), turn=("turn:192.0.2.1:3478",), turn_secret=secret)
        relay = RelayProcess(wanted)
        await relay.start()
        pids.append(relay.pid)
        relay._watch.cancel()  # type: ignore[union-attr] # this hub is dead: it restarts nothing
    assert pids[0] == pids[1] != pids[2]
    text = (tmp_path / "relay.json").read_text()
    assert "first" not in text
    assert "second" not in text
    await relay.stop()
