"""RTCP: what can be written reads back the same; what a room takes of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from confhub.relay.wire import rtcp
from confhub.simulator.rtc.feedback import MAX_NACKED, read_feedback
from fuzz.law import Feed
from fuzz.source import Source


@contextmanager
def ready() -> Iterator[Feed]:
    """First byte: one datagram as it comes, or packets framed by us."""
    yield feed


def feed(data: bytes) -> None:
    """One compound packet."""
    source = Source(data)
    datagram = source.rest() if source.flag() else framed(source)
    with contextlib.suppress(rtcp.RtcpError):
        for packet in rtcp.parse(datagram):
            _rewrite(packet)
        assert len(read_feedback(datagram).nacked) <= MAX_NACKED


def framed(source: Source) -> bytes:
    """Packets whose version and length are right."""
    datagram = b""
    while not source.is_empty and len(datagram) < 1500:
        count = source.number() & 0x3F  # the highest of these bits says padding
        kind = 200 + source.number() % 8
        body = source.take(source.number() * 4 or 4)
        body += bytes(-len(body) % 4)
        datagram += bytes((0x80 | count, kind)) + (len(body) // 4).to_bytes(2, "big") + body
    return datagram


def _rewrite(packet: rtcp.RtcpPacket) -> None:
    writer = _WRITERS.get(type(packet))
    if isinstance(packet, rtcp.Nack):
        _nack(packet)
    elif writer is not None:
        assert rtcp.parse(writer(packet)) == [packet]


def _nack(packet: rtcp.Nack) -> None:
    """Repeated numbers may be merged."""
    written = rtcp.build_nack(packet.sender, packet.ssrc, packet.seqs)
    [again] = rtcp.parse(written)
    assert isinstance(again, rtcp.Nack)
    assert set(again.seqs) == set(packet.seqs)


_WRITERS: dict[type, Callable[[Any], bytes]] = {
    rtcp.SenderReport: rtcp.build_sr,
    rtcp.ReceiverReport: lambda packet: rtcp.build_rr(packet.ssrc, packet.reports),
    rtcp.Pli: lambda packet: rtcp.build_pli(packet.sender, packet.ssrc),
    rtcp.Bye: lambda packet: rtcp.build_bye(packet.ssrcs),
}
