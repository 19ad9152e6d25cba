"""The two engines of the contract: the embedded relay and a real LiveKit server, each in its own process."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench.peers import livekit_server
from confhub.engine.engine import MediaEngine
from confhub.engine.types import EngineEvent
from confhub.kernel.clock import SystemClock
from confhub.kernel.ports import free_port
from tests.peers import required

KEY, SECRET = "contract", "a-secret-of-at-least-32-characters-long"
ROOT = Path(__file__).resolve().parents[2]


class Postbox:
    """Receives the engine's webhooks, as they come."""

    def __init__(self) -> None:
        self._letters: list[tuple[bytes, str]] = []
        self._arrived = threading.Condition()
        postbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with postbox._arrived:
                    postbox._letters.append((body, self.headers["Authorization"]))
                    postbox._arrived.notify_all()
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/engine/webhook"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def letters(self) -> list[tuple[bytes, str]]:
        with self._arrived:
            return list(self._letters)

    async def wait_for(
        self, engine: MediaEngine, wanted: Callable[[EngineEvent], bool], timeout_s: float = 15.0
    ) -> EngineEvent:
        """The first webhook that fits, past or to come."""

        def find() -> EngineEvent | None:
            events = (engine.receive_webhook(body, auth) for body, auth in self._letters)
            return next((event for event in events if wanted(event)), None)

        def wait() -> EngineEvent | None:
            with self._arrived:
                return self._arrived.wait_for(find, timeout_s)

        event = await asyncio.to_thread(wait)
        assert event is not None, [json.loads(body).get("event") for body, _ in self.letters()]
        return event


@dataclass
class House:
    """A running engine process."""

    kind: str
    url: str
    postbox: Postbox = field(default_factory=Postbox)


@pytest.fixture(scope="session", params=["relay", "livekit"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The engine's process; the whole suite runs against each."""
    folder = tmp_path_factory.mktemp(request.param)
    postbox = Postbox()
    start = {"relay": _start_relay, "livekit": _start_livekit}[request.param]
    try:
        with (folder / "log").open("wb") as log:
            process, url = start(folder, log, postbox.url)
            try:
                yield House(request.param, url, postbox)
            finally:
                process.terminate()
                process.wait(20)
                if process.stdout is not None:
                    process.stdout.close()
    finally:
        postbox.close()


def _start_relay(folder: Path, log: object, webhook: str) -> tuple[subprocess.Popen[bytes], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "confhub.relay", "--host", "127.0.0.1", "--port", "0", "--udp-port", "0",
         "--webhook-url", webhook],
        env={**os.environ, "LIVEKIT_KEYS": f"{KEY}: {SECRET}"}, cwd=ROOT, stdout=subprocess.PIPE, stderr=log,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait(10)
        process.stdout.close()
        pytest.fail((folder / "log").read_text())
    return process, f"http://127.0.0.1:{json.loads(line)['port']}"


def _start_livekit(folder: Path, log: object, webhook: str) -> tuple[subprocess.Popen[bytes], str]:
    binary = required(livekit_server)
    port = free_port()
    config = folder / "livekit.yaml"
    config.write_text(
        json.dumps(
            {
                "port": port,
                "bind_addresses": ["127.0.0.1"],
                "rtc": {
                    "udp_port": free_port(socket.SOCK_DGRAM),
                    "tcp_port": free_port(),
                    "use_external_ip": False,
                    "enable_loopback_candidate": True,
                    "node_ip": "127.0.0.1",
                },
                "keys": {KEY: SECRET},
                "webhook": {"api_key": KEY, "urls": [webhook]},
                "logging": {"level": "warn"},
            }
        )
    )
    process = subprocess.Popen([binary, "--config", str(config)], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return process, url
        except OSError:
            assert process.poll() is None, (folder / "log").read_text()
            threading.Event().wait(0.05)  # the server gives no sign of readiness but answering
    raise AssertionError((folder / "log").read_text())


@pytest.fixture
async def engine(house: House) -> AsyncIterator[MediaEngine]:
    engine = MediaEngine(house.url, KEY, SECRET, SystemClock())
    await engine.start()
    yield engine
    await engine.close()
