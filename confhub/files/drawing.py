"""Files drawn in a process of their own that tells how far it is, and the shelf where they wait for their
maker."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Generic, TypeVar

import structlog

from confhub.access.rules import Actor
from confhub.kernel.clock import Clock
from confhub.kernel.priority import give_way
from confhub.kernel.private import child_environment

log = structlog.get_logger(__name__)

KEPT: Final = timedelta(hours=1)
"""How long a made file waits to be fetched: it holds names, so not for ever."""


@dataclass(slots=True)
class Drawn:
    """A file on its way. `state`: waiting | drawing | done | failed; `total` 0 while it is not known."""

    id: str
    account_id: int | None
    path: Path
    started_at: datetime
    done: int = 0
    total: int = 0
    state: str = "waiting"

    @property
    def going(self) -> bool:
        return self.state in ("waiting", "drawing")

    @property
    def there(self) -> bool:
        return self.state == "done" and self.path.is_file()


Kind = TypeVar("Kind", bound=Drawn)


class Shelf(Generic[Kind]):
    """Files that are made, and those that wait to be fetched; each is its maker's alone."""

    def __init__(self, clock: Clock, folder: Path, at_once: int) -> None:
        """`folder`: where files lie until they are fetched or an hour has passed. `at_once`: processes
        drawing at a time; each takes a core for up to some minutes."""
        self.turn = asyncio.Semaphore(at_once)
        self._clock = clock
        self._folder = folder
        self._ready = False
        self._files: dict[str, Kind] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def place(self, form: str) -> tuple[str, Path]:
        """(id, path) of a file to be made; `form` is the end of its name."""
        if not self._ready:
            await asyncio.to_thread(_empty, self._folder)
            self._ready = True
        key = secrets.token_urlsafe(16)
        return key, self._folder / f"{key}.{form}"

    def files(self) -> list[Kind]:
        """All of them, without those whose time is over."""
        self._sweep()
        return list(self._files.values())

    def of(self, actor: Actor, file_id: str) -> Kind | None:
        """The actor's file of that id."""
        self._sweep()
        file = self._files.get(file_id)
        return file if file is not None and file.account_id == actor.account_id else None

    def begin(self, file: Kind, work: Callable[[], Awaitable[None]]) -> None:
        """Have it drawn by `work` when its turn comes."""
        self._files[file.id] = file
        task = asyncio.create_task(self._run(file, work), name=f"file-{file.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def empty(self) -> None:
        """As `close`, and what lies in the folder from before: somebody was erased who may be in it. Whoever
        asks again has the file drawn anew."""
        await self.close()
        await asyncio.to_thread(_empty, self._folder)

    async def close(self) -> None:
        """End what is being drawn, and remove the files."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        files = list(self._files.values())
        self._files.clear()
        await asyncio.to_thread(_remove, files)

    def _sweep(self) -> None:
        oldest = self._clock.now() - KEPT
        for file in [one for one in self._files.values() if one.started_at < oldest and not one.going]:
            file.path.unlink(missing_ok=True)
            del self._files[file.id]

    async def _run(self, file: Kind, work: Callable[[], Awaitable[None]]) -> None:
        try:
            async with self.turn:
                file.state = "drawing"
                await work()
            file.state = "done"
        except Exception:  # containment: one file's fault costs that file only
            log.exception("file not drawn", form=file.path.suffix)
            await asyncio.to_thread(_remove, [file])
            file.state = "failed"


@contextlib.asynccontextmanager
async def drawing(module: str, file: Drawn) -> AsyncIterator[asyncio.StreamWriter]:
    """Standard input of `module` at work on the file, which tells on standard output how far it is; leaving
    the block waits until it is done. Raises `RuntimeError` when it ends in failure."""
    async with _working(module, str(file.path)) as process:
        assert process.stdin is not None, "it was asked for"
        assert process.stdout is not None, "it was asked for"
        told = asyncio.create_task(_listen(file, process.stdout))
        try:
            yield process.stdin
            with contextlib.suppress(ConnectionError):  # it ended early: its exit code tells
                await process.stdin.drain()
            process.stdin.close()
            await told
        finally:
            told.cancel()
    file.done = file.total


async def drawn_at_once(module: str, order: bytes) -> bytes:
    """What `module` makes of an order on standard input. Raises `RuntimeError` when it ends in failure."""
    async with _working(module) as process:
        made, _ = await process.communicate(order)
    return made


@contextlib.asynccontextmanager
async def _working(module: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`module` in a process of its own, behind everything else; it does not outlive the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=child_environment(),
    )  # fmt: skip
    give_way(process.pid)
    try:
        yield process
        if await process.wait() != 0:
            raise RuntimeError(f"the drawing process ended with {process.returncode}")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _listen(file: Drawn, lines: asyncio.StreamReader) -> None:
    async for line in lines:
        file.done = int(line)


def _remove(files: Iterable[Drawn]) -> None:
    for file in files:
        file.path.unlink(missing_ok=True)


def _empty(folder: Path) -> None:
    """There, and without what a hub that was killed left behind: nobody could fetch it any more."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in folder.iterdir():
        if left.is_file():
            left.unlink()
