"""The relay as a process: readiness, a graceful end, and clear words where it cannot start."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import aiohttp
import pytest

from tests.functional.relay.clients import KEY, SECRET, token
from tests.functional.relay.signal import Signal

Start = Callable[..., Coroutine[Any, Any, asyncio.subprocess.Process]]
KEYS = f"{KEY}: {SECRET}"


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    processes: list[asyncio.subprocess.Process] = []

    async def start_relay(*arguments: str, keys: str = KEYS) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "confhub.relay", *arguments,
            env=os.environ | {"LIVEKIT_KEYS": keys},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        processes.append(process)
        return process

    yield start_relay
    for process in processes:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_it_says_when_it_is_ready_and_ends_by_sigterm_with_a_word_to_clients(start: Start) -> None:
    process = await start("--port", "0", "--udp-port", "0")
    assert process.stdout is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    assert (ready["event"], ready["pid"]) == ("ready", process.pid)
    assert ready["instance"].startswith("RI_")
    assert ready["tcp_port"] > 0
    async with aiohttp.ClientSession() as http:
        async with http.get(f"http://127.0.0.1:{ready['port']}/") as answer:
            assert await answer.text() == "OK"
        async with http.get(f"http://127.0.0.1:{ready['port']}/nowhere") as answer:
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (404, "*")
        async with Signal(http, ready["port"], token("anna")) as anna:
            await anna.expect("join")
            process.send_signal(signal.SIGTERM)
            await anna.expect("leave")
    assert await asyncio.wait_for(process.wait(), 20) == 0


@pytest.mark.parametrize(
    ("arguments", "keys", "words"),
    [
        ([], "", "LIVEKIT_KEYS"),
        ([], "devkey: short", "shorter than 32"),
        ([], "devkey", "LIVEKIT_KEYS"),
        (["--tls-cert", "cert.pem"], KEYS, "--tls-key"),
        (["--tls-cert", "no.pem", "--tls-key", "no.key"], KEYS, "--tls-cert"),
        (["--advertise", "0.0.0.0"], KEYS, "--advertise"),
        (["--webhook-url", "ftp://x"], KEYS, "--webhook-url"),
        (["--turn", "turn:192.0.2.1"], KEYS, "CONFHUB_TURN_SECRET"),
        (["--tcp-port", "65536"], KEYS, "--tcp-port"),
        (["--port", "7123", "--udp-port", "7123"], KEYS, "--tcp-port"),
    ],
)
async def test_it_names_the_setting_that_is_wrong(
    start: Start, arguments: list[str], keys: str, words: str
) -> None:
    process = await start("--port", "0", "--udp-port", "0", *arguments, keys=keys)
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 2
    assert words in errors.decode()
    assert "Traceback" not in errors.decode()


@pytest.mark.parametrize(
    ("kind", "option"), [("tcp", "--port"), ("tcp", "--tcp-port"), ("udp", "--udp-port")]
)
async def test_it_names_the_option_of_a_taken_port(start: Start, kind: str, option: str) -> None:
    with socket.socket(type=socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == "tcp":
            taken.listen()
        ports = {"--port": "0", "--udp-port": "0"} | {option: str(taken.getsockname()[1])}
        process = await start(*(text for pair in ports.items() for text in pair))
        _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 2
    assert option in errors.decode()
