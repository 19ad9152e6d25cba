"""Other makers' programs that a test needs: without one it skips with the reason; with CI set it fails."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.peers import Missing


def required(find: Callable[[], Path]) -> Path:
    """Where `find`, one of bench.peers, found it."""
    try:
        return find()
    except Missing as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


async def listening(port: int, process: asyncio.subprocess.Process, log: Path, within_s: float) -> None:
    """Until the server that was started listens on 127.0.0.1; fails where it ended, and names its log."""
    async with asyncio.timeout(within_s):
        while True:
            assert process.returncode is None, f"see {log}"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.05)  # nothing tells that it listens
                continue
            writer.close()
            await writer.wait_closed()
            return
