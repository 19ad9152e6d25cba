"""The province's programs: each in a process of its own, watched, and started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from confhub.kernel.errors import StartError

RESTART_DELAY_S = 0.5
"""As a service manager would wait; short, because a session may be running."""

STOP_GRACE_S = 20.0
"""302 rooms leave, and the hub settles attendance, in a few seconds; after this the process is killed."""

EARLY_DEATH_S = 5.0
"""A program that ends by itself sooner than this, at its first start, cannot start at all."""


@dataclass
class Program:
    """One child process with its log file. `start` and `stop` may be called once each."""

    name: str
    argv: Sequence[str]
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    niceness: int = 0
    """Above 0, it gives way to the others where the machine is busy."""
    group_niceness: int = 0
    """The same, but for programs that it starts in sessions of their own; where the kernel groups by
    session, this is what counts between programs."""
    restarts: int = 0
    pids: list[int] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None
    _watcher: asyncio.Task[None] | None = None
    _stopping: bool = False

    @property
    def pid(self) -> int | None:
        """The running process, or None."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start it, and go on watching it."""
        await self._spawn()
        self._watcher = asyncio.create_task(self._watch(), name=f"watch-{self.name}")

    async def _spawn(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.env},
                start_new_session=True,  # Ctrl-C is the director's to hand on, in the right order
            )
        self._give_way(self._process.pid)
        self.pids.append(self._process.pid)

    def _give_way(self, pid: int) -> None:
        if self.niceness:
            with contextlib.suppress(ProcessLookupError):  # it may have ended already; the watcher tells
                os.setpriority(os.PRIO_PROCESS, pid, self.niceness)
        if group := self.group_niceness or self.niceness:
            with contextlib.suppress(OSError):  # not every kernel groups by session
                Path(f"/proc/{pid}/autogroup").write_text(str(group))

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping:
            assert self._process is not None, "watched only after its start"
            started = loop.time()
            await self._process.wait()
            if self._stopping:
                return
            if self.restarts == 0 and loop.time() - started < EARLY_DEATH_S:
                raise StartError(f"{self.name} cannot start:\n{self.tail()}")
            self.restarts += 1
            await asyncio.sleep(RESTART_DELAY_S)
            await self._spawn()

    def check(self) -> None:
        """Raise what the watcher met, e.g. that the program cannot start."""
        if self._watcher is not None and self._watcher.done() and not self._watcher.cancelled():
            self._watcher.result()

    def tail(self, lines: int = 12) -> str:
        """The end of the program's log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def stop(self, grace_s: float = STOP_GRACE_S) -> int | None:
        """Ask it to end (SIGTERM), kill it after the grace time. Returns its exit code."""
        self._stopping = True
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), grace_s)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError, StartError):
                await self._watcher
        return process.returncode if process is not None else None
