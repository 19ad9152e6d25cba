"""A TCP proxy that cuts what it carries, or brings its answers late."""

from __future__ import annotations

import asyncio
import contextlib


class Cutter:
    """A TCP proxy before the relay whose connections can be cut. What the relay sends comes `late_s` later,
    in its order; what clients send goes at once."""

    def __init__(self, port: int, late_s: float = 0.0) -> None:
        self._target, self._late_s = port, late_s
        self._writers: set[asyncio.StreamWriter] = set()
        self.opened = 0
        self.changed = asyncio.Condition()

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self.changed:
            self.opened += 1
            self.changed.notify_all()
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, forth}
        await asyncio.gather(_pump(reader, forth), _pump(back, writer, self._late_s))
        self._writers -= {writer, forth}

    def cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def stop(self) -> None:
        self._server.close()
        self.cut()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, late_s: float = 0.0) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            if late_s:
                asyncio.get_running_loop().call_later(late_s, writer.write, data)
            else:
                writer.write(data)
                await writer.drain()
    writer.close()
