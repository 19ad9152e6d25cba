"""The SCTP front: packets of a connected peer into its data channels, checksum and tag made right."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from struct import pack, unpack_from
from typing import Any

import google_crc32c

from confhub.relay.transport.data import DataLink
from confhub.relay.wire.dtls import Role
from fuzz.clockwork import Clockwork
from fuzz.law import Feed
from fuzz.source import Source

MAX_PACKETS = 24
_CHUNKS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 130, 192, 0, 0, 3, 192, 130)


class Tunnel:
    """What aiortc's SCTP needs of a DTLS transport; keeps what is sent."""

    state = "connected"
    _role: Role | None = "server"

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
            self.tunnel,
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
        for number, stream in enumerate((1, 3)):  # the server's channels, acknowledged
            await self.give(0, 3, pack("!LHHL", 1 + number, stream, 0, 50) + b"\2")

    @property
    def next_tsn(self) -> int:
        """What the relay's next DATA chunk will be numbered."""
        return self.link._sctp._local_tsn

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
            await client.packet(_chunks(client, source, how), tag=0 if how == 3 else None)
        client.link.send("_reliable", b"x" * 100)
        await asyncio.sleep(0)
    await asyncio.sleep(5)
    await client.link.stop()
    await asyncio.sleep(20)


def _chunks(client: Client, source: Source, how: int) -> bytes:
    """Chunks of known kinds with bodies of any content; `how` 3: one INIT."""
    if how == 3:
        return chunk(1, source.number(), source.rest()[:1400])
    whole = b""
    while not source.is_empty and len(whole) < 1400:
        kind, flags = source.pick(_CHUNKS), source.number()
        shape = _SHAPES.get(kind, _any)
        whole += chunk(kind, flags, shape(client, source, flags))
    return whole


def _any(client: Client, source: Source, flags: int) -> bytes:
    return source.take(source.number())


def _data(client: Client, source: Source, flags: int) -> bytes:
    """A number, a stream and a protocol that may be in use."""
    head = pack("!LHHL", 3 + source.number(), source.number() % 8, source.number(), 50 + flags % 8)
    return head + source.take(source.number())


def _sack(client: Client, source: Source, flags: int) -> bytes:
    """Of what was sent lately; with gaps that fit, unless the input says otherwise."""
    gaps = [(1 + source.number() % 8, 1 + source.number() % 8) for _ in range(flags % 4)]
    head = pack("!LLHH", (client.next_tsn - 1 - source.number() % 16) % 2**32, source.number(4), len(gaps), 0)
    return head + b"".join(pack("!HH", *gap) for gap in gaps) + source.take(flags >> 6)


def _reconfig(client: Client, source: Source, flags: int) -> bytes:
    """One or two parameters of known kinds."""
    whole = b""
    for _ in range(1 + flags % 2):
        body = pack("!L", (client.next_tsn + source.signed()) % 2**32) + source.take(source.number() % 32)
        kind = source.pick((13, 16, 17, 14))
        whole += pack("!HH", kind, len(body) + 4) + body + bytes(-len(body) % 4)
    return whole


_SHAPES = {0: _data, 3: _sack, 130: _reconfig}
