"""The two servers that are compared: the relay and a real LiveKit, each a process of its own with a room."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import peers
from confhub.kernel.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
KEY, SECRET = "bench", "a-secret-of-at-least-32-characters-long"
START_S = 20.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its name, its URL for API and signalling, and the one process that is accounted."""

    name: str
    url: str
    pid: int

    def cpu_s(self) -> float:
        """User and system seconds of the process since its start; to a hundredth."""
        return cpu_s(self.pid)

    def rss_mb(self) -> float:
        """Resident memory now, MiB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0


def cpu_s(pid: int) -> float:
    """User and system seconds of a process by the kernel's accounting."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


@contextmanager
def relay(folder: Path, wrapper: tuple[str, ...] = ()) -> Iterator[Server]:
    """The relay as the hub starts it, on free ports of the loopback."""
    argv = [sys.executable, *(wrapper or ("-m", "confhub.relay")), "--host", "127.0.0.1", "--port", "0"]
    argv += ["--udp-port", "0", "--log-level", "warning"]
    environment = {**os.environ, "LIVEKIT_KEYS": f"{KEY}: {SECRET}"}
    with (
        (folder / "relay.log").open("wb") as log,
        subprocess.Popen(argv, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        try:
            assert process.stdout is not None, "piped above"
            line = process.stdout.readline()
            if not line:
                raise RuntimeError((folder / "relay.log").read_text())
            ready = json.loads(line)
            yield Server("relay", f"http://127.0.0.1:{ready['port']}", ready["pid"])
        finally:
            _end(process)


@contextmanager
def livekit(folder: Path) -> Iterator[Server]:
    """One LiveKit node with its defaults, without TURN, logging warnings only."""
    port = free_port(socket.SOCK_STREAM)
    config = folder / "livekit.json"
    config.write_text(json.dumps(_livekit_config(port)))
    argv = [peers.livekit_server(), "--config", str(config)]
    with (
        (folder / "livekit.log").open("wb") as log,
        subprocess.Popen(argv, stdout=log, stderr=log) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_it_answers(process, url, folder / "livekit.log")
            yield Server("livekit", url, process.pid)
        finally:
            _end(process)


def _livekit_config(port: int) -> Mapping[str, object]:
    return {
        "port": port,
        "bind_addresses": ["127.0.0.1"],
        "rtc": {
            "udp_port": free_port(socket.SOCK_DGRAM),
            "tcp_port": free_port(socket.SOCK_STREAM),
            "use_external_ip": False,
            "enable_loopback_candidate": True,
            "node_ip": "127.0.0.1",
        },
        "keys": {KEY: SECRET},
        "logging": {"level": "warn"},
    }


def wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Of a server that gives no other sign of readiness. Raises RuntimeError with its log."""
    import time

    until = time.monotonic() + START_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
    raise RuntimeError(log.read_text())


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()


SERVERS: dict[str, Callable[[Path], object]] = {"relay": relay, "livekit": livekit}
