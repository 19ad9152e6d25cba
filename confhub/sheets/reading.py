"""Import files read in a process of their own: bounded in memory, CPU, time, and number at once.

Whatever a file is made to do, it does to that process; the hub goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import Final

import structlog

from confhub.kernel.errors import TooMany, Unavailable
from confhub.kernel.limits import IMPORT_MAX_BYTES
from confhub.kernel.priority import give_way
from confhub.kernel.private import child_environment
from confhub.sheets.errors import FileTooCostly, FileTooLarge
from confhub.sheets.process import Answer
from confhub.sheets.table import SheetError, Table

log = structlog.get_logger(__name__)

AT_ONCE: Final = 2
"""Files read at the same time: each may take a core and 768 MB."""

WAITING_MAX: Final = 8
"""Files that wait for their turn with their 10 MB each; more are sent away."""

WALL_MAX_S: Final = 45.0
"""The largest table takes four seconds, and a file that costs more than `process.CPU_MAX_S` of work ends its
reader: what takes so long on the clock was not let work."""

LINE_MAX_BYTES: Final = 400 * 2**20
"""500 rows of the widest sheet with the longest cells, escaped. Only our own process writes here."""

_CHUNK = 256 * 1024


class ReadingBusy(TooMany):
    """Others' files are being read. `retry_after_s` says when to come back."""

    code = "files_being_read"
    message = "Several other files are being read at the moment."
    remedy = "Wait {retry_after_s} seconds and send the file again."


class FileReadLate(Unavailable):
    """This machine had no time for the file; nothing is said against the file."""

    code = "file_read_late"
    message = "This server is too busy to read the file now."
    remedy = "Nothing was stored. Send the file again in a few minutes."


class FileReading:
    """Reads tables out of files. One for the whole hub, so that the number at once is the hub's."""

    def __init__(
        self, *, at_once: int = AT_ONCE, waiting_max: int = WAITING_MAX, wall_max_s: float = WALL_MAX_S
    ) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._places = at_once + waiting_max
        self._taken = 0
        self._wall_max_s = wall_max_s
        self._running: set[asyncio.subprocess.Process] = set()

    @property
    def running(self) -> int:
        """Files that are being read now."""
        return len(self._running)

    async def read(self, filename: str, content: bytes) -> list[Table]:
        """The file's tables. Raises `SheetError`, `ReadingBusy`, `FileReadLate`."""
        if len(content) > IMPORT_MAX_BYTES:
            raise SheetError(FileTooLarge(limit_mb=IMPORT_MAX_BYTES >> 20))
        if self._taken >= self._places:
            raise ReadingBusy(retry_after_s=10)
        self._taken += 1
        try:
            async with self._turn:
                return await self._read(filename, content)
        finally:
            self._taken -= 1

    async def tables(self, filename: str, content: bytes) -> list[Table] | SheetError:
        """As `read`; what the file is refused with is the answer. Raises `ReadingBusy`, `FileReadLate`."""
        try:
            return await self.read(filename, content)
        except SheetError as error:
            return error

    async def close(self) -> None:
        """End whatever is being read."""
        for process in tuple(self._running):
            await _end(process)

    async def _read(self, filename: str, content: bytes) -> list[Table]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "confhub.sheets.process", filename.replace("\0", ""),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=LINE_MAX_BYTES, env=child_environment(RUST_BACKTRACE="0"),
        )  # fmt: skip
        give_way(process.pid)
        self._running.add(process)
        answer = Answer()
        try:
            async with asyncio.timeout(self._wall_max_s):
                feeding = asyncio.create_task(_feed(process, content), name="file-feeding")
                try:
                    assert process.stdout is not None, "it was asked for"
                    async for line in process.stdout:
                        await asyncio.to_thread(answer.take, line)
                    assert process.stderr is not None, "it was asked for"
                    last_words = await process.stderr.read(_CHUNK)
                    await process.wait()
                finally:
                    feeding.cancel()
                    await asyncio.gather(feeding, return_exceptions=True)
        except TimeoutError:
            log.warning("import file not read in time", seconds=self._wall_max_s)
            raise FileReadLate from None
        finally:
            self._running.discard(process)
            await _end(process)
        if process.returncode != 0 or not answer.whole:
            tail = last_words.decode("utf-8", "replace")[-300:]
            log.warning("import file not read", exit=process.returncode, told=tail)
            raise SheetError(FileTooCostly())
        return answer.tables


async def _feed(process: asyncio.subprocess.Process, content: bytes) -> None:
    assert process.stdin is not None, "it was asked for"
    with contextlib.suppress(ConnectionError):  # it ended early: its exit code tells
        for start in range(0, len(content), _CHUNK):
            process.stdin.write(content[start : start + _CHUNK])
            await process.stdin.drain()
    process.stdin.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
