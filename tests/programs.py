"""The programs as processes of their own, without a new interpreter's imports for each.

One process of the run (`tests/preloaded.py`) has imported them, and what is started here is forked off it,
with a pid, streams, an environment and an end of its own. That the command itself starts is for those tests
that start it.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]


class Program:
    """What `subprocess.Popen([sys.executable, "-m", module, *arguments], text=True)` would be. Its output is
    read from `stdout`; its complaints go there as well, or to `stderr`."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        stdin: int | None = None,
        stderr: IO[bytes] | int | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
    ) -> None:
        """`stdin` and `stderr` are file descriptors; a file does for the latter."""
        order = {
            "module": module,
            "arguments": arguments,
            "env": dict(os.environ if env is None else env),
            "cwd": str(cwd),
        }
        self.returncode: int | None = None
        reading, writing = os.pipe()
        nothing = os.open(os.devnull, os.O_RDONLY)
        self._told, telling = socket.socketpair()
        try:
            errors = writing if stderr is None else stderr if isinstance(stderr, int) else stderr.fileno()
            fds = (telling.fileno(), nothing if stdin is None else stdin, writing, errors)
            _preloaded.send(json.dumps(order).encode(), fds)
        finally:
            os.close(writing)
            os.close(nothing)
            telling.close()
        self.stdout = os.fdopen(reading, encoding="utf-8")
        self.pid = int(self._told.recv(100))

    def poll(self) -> int | None:
        """The exit status, negative for a signal, or None while it runs."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self._end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self._end()
        assert self.returncode is not None
        return self.returncode

    def _end(self) -> None:
        self.returncode = int(self._told.recv(100))
        self._told.close()

    def send_signal(self, number: int) -> None:
        """Does nothing once it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


@dataclass(frozen=True)
class Done:
    """A program that has ended."""

    returncode: int
    stdout: str
    stderr: str


def run(
    module: str, *arguments: str, typed: str = "", env: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> Done:
    """What `subprocess.run([sys.executable, "-m", module, *arguments], input=typed)` would give."""
    with _file("input", typed) as typing, _file("complaints") as complaints:
        program = Program(module, *arguments, stdin=typing.fileno(), stderr=complaints, env=env, cwd=cwd)
        with program.stdout as printed:
            told = printed.read()
        code = program.wait(60)
        complaints.seek(0)
        return Done(code, told, complaints.read().decode())


def _file(name: str, content: str = "") -> IO[bytes]:
    file = os.fdopen(os.memfd_create(name), "w+b")
    file.write(content.encode())
    file.flush()
    file.seek(0)
    return file


class _Preloaded:
    """The process that has imported everything; begun by the first order, ended with this one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: socket.socket | None = None

    def send(self, order: bytes, fds: tuple[int, ...]) -> None:
        with self._lock:
            if self._orders is None:
                self._orders = self._begun()
            socket.send_fds(self._orders, [order], fds)

    def _begun(self) -> socket.socket:
        ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen([sys.executable, "-m", "tests.preloaded"], cwd=ROOT, stdin=theirs)
        atexit.register(_ended, ours, process)
        return ours


def _ended(orders: socket.socket, process: subprocess.Popen[bytes]) -> None:
    orders.close()
    process.wait(20)


_preloaded = _Preloaded()
