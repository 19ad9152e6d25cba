"""RTP: positions hold together, extensions survive packing, rebuilt packets read the same."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from confhub.relay.wire import rtp
from confhub.simulator.rtc.receiver import Receiver, payload_bounds
from fuzz.law import Feed

_TYPES = {111: "audio", 96: "video"}


@contextmanager
def ready() -> Iterator[Feed]:
    """The input is one packet."""
    yield feed


def feed(data: bytes) -> None:
    """Relay and rooms read the same bytes."""
    with contextlib.suppress(rtp.RtpError):
        view = rtp.parse(data)
        assert 12 <= view.payload_at <= view.payload_end <= len(data)
        elements = rtp.extensions(data, view)
        assert sum(len(value) + 1 for _, value in elements) <= max(0, view.extension_end - view.extension_at)
        _rebuild(data, view, elements)
    if len(data) >= 12:
        packet = bytearray(data)
        packet[0] = 0x80 | packet[0] & 0x3F
        offset, end = payload_bounds(packet, len(packet))
        assert 12 <= offset <= end <= len(packet)
        receiver = Receiver(1, _TYPES)
        receiver.rtp(packet, len(packet), 0.01)
        receiver.urgent(1.0)
        receiver.regular(1.0, "x")


def _rebuild(data: bytes, view: rtp.RtpView, elements: list[tuple[int, bytes]]) -> None:
    wanted = [(number, value) for number, value in elements if number and value]
    packet = rtp.build(
        pt=view.pt,
        seq=view.seq,
        timestamp=view.timestamp,
        ssrc=view.ssrc,
        payload=data[view.payload_at : view.payload_end],
        marker=bool(view.marker),
        extension=rtp.pack_extensions(wanted),
    )
    again = rtp.parse(packet)
    assert again[:5] == view[:5]
    assert packet[again.payload_at : again.payload_end] == data[view.payload_at : view.payload_end]
    assert rtp.extensions(packet, again) == wanted
