"""Payload descriptors of VP8, VP9, AV1 and H.264, rewritten numbers, RED, and packets in a TCP stream."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from confhub.relay.wire import av1, framing, h264, numbers, red, vp8, vp9
from confhub.simulator.rtc import vp8 as rooms_vp8
from fuzz.law import Feed
from fuzz.source import Source


@contextmanager
def ready() -> Iterator[Feed]:
    """First the offsets, then the payload, which every codec reads."""
    yield feed


def feed(data: bytes) -> None:
    """One payload."""
    source = Source(data)
    adds = source.signed(2), source.signed(), source.signed()
    payload = source.rest()
    h264.is_keyframe_start(payload)
    _vp8(payload, adds)
    _vp9(payload, adds)
    _av1(payload)
    _red(payload)
    _stream(payload)
    offset = rooms_vp8.descriptor_size(payload, 0, len(payload))
    if 0 < offset < len(payload):
        rooms_vp8.starts_frame(payload, 0)
        rooms_vp8.is_keyframe(payload, 0, len(payload))
    _assemble(payload)


def _assemble(choices: bytes) -> None:
    """A run of packets with gaps and repetitions: no frame is made of more data than came."""
    assembler = rooms_vp8.FrameAssembler(keep_data=True)
    sequence = whole = 0
    for choice in choices[:200]:
        sequence += choice % 5 - 1
        start, marker, key = choice & 8 != 0, choice & 16 != 0, choice & 32 != 0
        for _, frame in assembler.push(sequence, sequence // 4, start, marker, key, b"12345678"):
            whole += len(frame)
    assert whole <= 8 * len(choices)
    assert len(assembler.waiting) <= rooms_vp8.MAX_PENDING


def _vp8(payload: bytes, adds: tuple[int, int, int]) -> None:
    with contextlib.suppress(vp8.Vp8Error):
        view = vp8.parse(payload)
        out = numbers.rewrite(payload, view.numbers, *adds)
        after = vp8.parse(out)
        assert len(out) == len(payload)
        assert out[view.size :] == payload[view.size :]
        assert after.is_keyframe_start == view.is_keyframe_start
        _moved(view.numbers, after.numbers, adds)


def _vp9(payload: bytes, adds: tuple[int, int, int]) -> None:
    with contextlib.suppress(vp9.Vp9Error):
        view = vp9.parse(payload)
        out = numbers.rewrite(payload, view.numbers, *adds)
        after = vp9.parse(out)
        assert len(out) == len(payload)
        assert out[view.size :] == payload[view.size :]
        assert after._replace(numbers=view.numbers) == view
        _moved(view.numbers, after.numbers, adds)


def _av1(payload: bytes) -> None:
    """A descriptor, then one that needs the structure before it."""
    av1.starts_sequence(payload)
    with contextlib.suppress(av1.Av1Error):
        first = av1.parse(payload[:255])
        structure = first.structure
        if structure is not None:
            assert structure.spatial_layers(first.active or 0) <= 4
            for template in range(64):
                layer = structure.layer(template)
                assert layer is None or layer in structure.layers
        av1.parse(payload[5:255], structure)


def _red(payload: bytes) -> None:
    with contextlib.suppress(red.RedError):
        pt, block = red.primary(payload)
        assert block
        assert payload.endswith(block)
        assert red.primary(red.wrap(pt, block)) == (pt, block)


def _stream(data: bytes) -> None:
    """However a stream is cut, the packets are the same."""
    whole, cut = framing.Deframer(), framing.Deframer()
    with contextlib.suppress(framing.FrameError):
        packets = whole.feed(data)
        middle = len(data) // 3
        assert cut.feed(data[:middle]) + cut.feed(data[middle:]) == packets
        assert framing.Deframer().feed(b"".join(map(framing.frame, packets))) == packets


def _moved(before: numbers.Numbers, after: numbers.Numbers, adds: tuple[int, int, int]) -> None:
    picture_id, tl0, keyidx = adds
    assert after.picture_id_bits == before.picture_id_bits
    if before.picture_id_bits:
        assert after.picture_id == (before.picture_id + picture_id) % (1 << before.picture_id_bits)
    if before.tl0_at:
        assert after.tl0 == (before.tl0 + tl0) % 256
    if before.keyidx_at:
        assert after.keyidx == (before.keyidx + keyidx) % 32
