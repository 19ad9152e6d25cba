"""The DTLS front: datagrams of an address that passed a check, into the mux and OpenSSL's server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from confhub.relay.transport.mux import UdpMux
from fuzz.clockwork import Clockwork
from fuzz.law import Feed
from fuzz.source import Source
from fuzz.targets.relay import ADDRESS, NoEvents, Sink, new_mux

MAX_DATAGRAMS = 32
_FINGERPRINT = ("sha-256", ":".join(["AB"] * 32))


@contextmanager
def ready() -> Iterator[Feed]:
    """Pieces, each one datagram; its first byte says whether a record header is put before it."""
    loop = Clockwork()
    mux = new_mux()
    yield lambda data: loop.drive(_one(mux, data))
    loop.close()


async def _one(mux: UdpMux, data: bytes) -> None:
    """A fault of this peer ends this peer: the mux stays and every task ends."""
    sink = Sink()
    transport = mux.new_transport(NoEvents())
    transport.start([_FINGERPRINT])
    transport.on_check(ADDRESS, sink.sendto, True, mux.now())
    for piece in Source(data).pieces(MAX_DATAGRAMS):
        datagram = _datagram(piece)
        if datagram:
            mux._dispatch(datagram, ADDRESS, sink.sendto, mux._by_address.get(ADDRESS), mux.now())
            mux._run_deferred()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    transport.close()
    while mux._tasks:
        await asyncio.gather(*mux._tasks, return_exceptions=True)
    mux._run_deferred()
    assert not mux._transports, "a closed transport is kept"
    assert ADDRESS not in mux._by_address, "an address leads to a closed transport"


def _datagram(piece: bytes) -> bytes:
    """As it is, a record, or a handshake message in a record."""
    source = Source(piece)
    how = source.number() % 3
    if how == 0:
        return source.rest()
    if how == 1:
        kind = source.pick((20, 21, 22, 23, 24))
        number = source.number()
        body = source.rest()
        return bytes((kind, 0xFE, 0xFD)) + number.to_bytes(8, "big") + len(body).to_bytes(2, "big") + body
    kind, number = source.pick((1, 11, 16, 15, 14, 2)), source.number()
    body = source.rest()[:4000]
    length = len(body).to_bytes(3, "big")
    message = bytes((kind,)) + length + number.to_bytes(2, "big") + bytes(3) + length + body
    return bytes((22, 0xFE, 0xFD)) + number.to_bytes(8, "big") + len(message).to_bytes(2, "big") + message
