"""The small WebRTC client of `peerkit` over ICE-TCP: one connection, frames of RFC 4571."""

from __future__ import annotations

import asyncio

from confhub.relay.transport.mux import UdpMux
from confhub.relay.transport.peer import PeerTransport
from confhub.relay.wire.framing import Deframer, frame
from tests.unit.relay.peerkit import Client


class TcpClient(Client):
    """`is_reading` False: it lets the relay's packets pile up."""

    def __init__(self) -> None:
        super().__init__()
        self.local_port = 0
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.ended = asyncio.Event()

    async def open(self, mux: UdpMux) -> None:
        self.server = ("127.0.0.1", mux.tcp.port)
        reader, self._writer = await asyncio.open_connection(*self.server, limit=16 * 1024)
        self.local_port = int(self._writer.get_extra_info("sockname")[1])
        self._reading = asyncio.create_task(self._read(reader))

    async def move(self, transport: PeerTransport) -> None:
        raise NotImplementedError("a line cannot move; another one is opened")

    async def close(self) -> None:
        await self.dtls.stop()
        await self.cut()

    async def cut(self) -> None:
        """End the connection without a word."""
        assert self._writer is not None
        assert self._reading is not None
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._writer.transport.abort()

    def send_raw(self, data: bytes) -> None:
        assert self._writer is not None
        if not self._writer.is_closing():
            self._writer.write(frame(data))

    def send_stream(self, data: bytes) -> None:
        """Bytes as they are, without a frame."""
        assert self._writer is not None
        self._writer.write(data)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        deframer = Deframer()
        try:
            while data := await reader.read(4096):
                await self.may_read.wait()
                for packet in deframer.feed(data):
                    self.datagram_received(packet, self.server)
        except ConnectionError:
            pass
        finally:
            self.ended.set()
            self._changed.set()

    async def _send(self, data: bytes) -> None:
        self.send_raw(data)
