"""Busy programs beside the drill: what else a machine may have to do on the day."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PROGRAM = "while True:\n    pass"


@asynccontextmanager
async def burning(programs: int) -> AsyncIterator[list[int]]:
    """So many programs that take a whole processor each, for the length of the block; their process ids."""
    running: list[asyncio.subprocess.Process] = []
    try:
        for _ in range(programs):
            running.append(
                await asyncio.create_subprocess_exec(
                    sys.executable, "-c", PROGRAM,
                    stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
                )
            )  # fmt: skip
        yield [process.pid for process in running]
    finally:
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
