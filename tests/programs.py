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
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
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
        try:
            errors = writing if stderr is None else stderr if isinstance(stderr, int) else stderr.fileno()
            streams = (nothing if stdin is None else stdin, writing, errors)
            self._told = _preloaded.send(json.dumps(order).encode(), streams)
        finally:
            os.close(writing)
            os.close(nothing)
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
        self._address = ""

    @property
    def address(self) -> str:
        """Where orders go."""
        with self._lock:
            if not self._address:
                self._address = self._begun()
        return self._address

    def send(self, order: bytes, streams: tuple[int, ...]) -> socket.socket:
        """Gives where the answers come."""
        asking = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        asking.connect(self.address)
        socket.send_fds(asking, [order], streams)
        return asking

    def _begun(self) -> str:
        folder = tempfile.mkdtemp(prefix="confhub-")
        address = f"{folder}/orders"
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(address)
            listener.listen(100)
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.preloaded", str(listener.fileno())],
                cwd=ROOT, stdin=subprocess.PIPE, pass_fds=[listener.fileno()],
            )  # fmt: skip
        atexit.register(_ended, process, folder)
        return address


def _ended(process: subprocess.Popen[bytes], folder: str) -> None:
    process.communicate(timeout=20)
    shutil.rmtree(folder)


_preloaded = _Preloaded()


def orders() -> str:
    """The address of the socket that takes orders."""
    return _preloaded.address


class Sys:
    """Stands for `sys` in a module of the hub that starts a helper, which then is forked off as well."""

    @property
    def executable(self) -> str:
        program = Path(_preloaded.address).with_name("python")
        if not program.exists():
            text = (ROOT / "tests" / "forked.py").read_text("utf-8")
            program.write_text(f"#!{sys.executable} -IS\n{text}", "utf-8")
            program.chmod(0o755)
        return str(program)
