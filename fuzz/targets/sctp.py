"""The SCTP front: packets of a connected peer into its data channels, checksum and tag made right."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from struct import pack, unpack_from
from typing import Any, cast

import google_crc32c
from aiortc.rtcdtlstransport import RTCDtlsTransport

from confhub.relay.transport.data import DataLink
from fuzz.clockwork import Clockwork
from fuzz.law import Feed
from fuzz.source import Source

MAX_PACKETS = 24
_CHUNKS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 130, 192, 0, 0, 3, 192, 130)


class Tunnel:
    """What aiortc's SCTP needs of a DTLS transport; keeps what is sent."""

    state = "connected"
    _role = "server"

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def _register_data_receiver(self, receiver: Any) -> None:
        self.receiver = receiver

    def _unregister_data_receiver(self, receiver: Any) -> None:
        self.receiver = None

    async def _send_data(self, data: bytes) -> None:
        self.sent.append(data)


class Client:
    """The peer's side: an association made the right way, then packets of any content."""

    def __init__(self) -> None:
        self.tunnel = Tunnel()
        self.faults = 0
        self.messages = 0
        self.tag = 0
        self.link = DataLink(
            cast(RTCDtlsTransport, self.tunnel),
            on_open=lambda label: None,
            on_message=self._count,
            seen=lambda: None,
            fault=self._fault,
        )

    async def join(self) -> None:
        """INIT, INIT ACK, COOKIE ECHO, COOKIE ACK."""
        await self.link.start(5000, ["_reliable", "_lossy"])
        init = self.tunnel.sent.pop()
        self.tag = unpack_from("!L", init, 16)[0]
        await self.give(1, 0, pack("!LLHHL", 7, 1 << 20, 64, 64, 1), tag=0)
        ack = self.tunnel.sent.pop()
        await self.give(10, 0, _cookie(ack))
        await asyncio.sleep(0)

    async def give(self, kind: int, flags: int, body: bytes, *, tag: int | None = None) -> None:
        """One chunk in one packet."""
        await self.packet(chunk(kind, flags, body), tag=tag)

    async def packet(self, chunks: bytes, *, tag: int | None = None) -> None:
        """Any chunks behind a right header."""
        head = pack("!HHL", 5000, 5000, self.tag if tag is None else tag)
        checksum = google_crc32c.value(head + bytes(4) + chunks)
        if self.tunnel.receiver is not None:
            await self.tunnel.receiver._handle_data(head + pack("<L", checksum) + chunks)

    def _count(self, label: str, payload: bytes) -> None:
        self.messages += 1

    def _fault(self) -> None:
        self.faults += 1


def chunk(kind: int, flags: int, body: bytes) -> bytes:
    """One chunk, padded."""
    return pack("!BBH", kind, flags, len(body) + 4) + body + bytes(-len(body) % 4)


def _cookie(init_ack: bytes) -> bytes:
    """The state cookie in an INIT ACK's parameters."""
    at = 12 + 4 + 16
    while at + 4 <= len(init_ack):
        kind, size = unpack_from("!HH", init_ack, at)
        if kind == 7:
            return init_ack[at + 4 : at + size]
        at += size + -size % 4
    raise AssertionError("no cookie")


@contextmanager
def ready() -> Iterator[Feed]:
    """Pieces, each one packet; its first byte says how much of it is made right."""
    logging.getLogger("confhub.relay.transport.data").setLevel(logging.CRITICAL)
    loop = Clockwork()
    yield lambda data: loop.drive(_one(data))
    loop.close()


async def _one(data: bytes) -> None:
    """Whatever comes, the association can be ended, and time may pass for a minute."""
    client = Client()
    await client.join()
    for piece in Source(data).pieces(MAX_PACKETS):
        source = Source(piece)
        how = source.number() % 4
        if client.faults:
            break
        if how == 0 and client.tunnel.receiver is not None:
            await client.tunnel.receiver._handle_data(source.rest())
        elif how == 1:
            await client.packet(source.rest())
        else:
            await client.packet(_chunks(source, how), tag=0 if how == 3 else None)
        client.link.send("_reliable", b"x" * 100)
        await asyncio.sleep(0)
    await asyncio.sleep(20)
    await client.link.stop()
    await asyncio.sleep(100)


def _chunks(source: Source, how: int) -> bytes:
    """Chunks of known kinds with bodies of any content; `how` 3: one INIT."""
    if how == 3:
        return chunk(1, source.number(), source.rest()[:1400])
    whole = b""
    while not source.is_empty and len(whole) < 1400:
        kind, flags = source.pick(_CHUNKS), source.number()
        body = source.take(source.number())
        if kind == 0:
            body = (
                pack("!LHHL", 1 + source.number(), source.number() % 8, source.number(), 50 + flags % 8)
                + body
            )
        elif kind == 3:
            body = pack("!L", unpack_from("!L", body.ljust(4, b"\0"))[0]) + body[4:]
        whole += chunk(kind, flags, body)
    return whole
