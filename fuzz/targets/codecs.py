"""Payload descriptors of VP8, VP9, AV1 and H.264, and rewritten running numbers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from confhub.relay.wire import h264, numbers, vp8
from endpoints.rtc import vp8 as rooms_vp8
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


def _moved(before: numbers.Numbers, after: numbers.Numbers, adds: tuple[int, int, int]) -> None:
    picture_id, tl0, keyidx = adds
    assert after.picture_id_bits == before.picture_id_bits
    if before.picture_id_bits:
        assert after.picture_id == (before.picture_id + picture_id) % (1 << before.picture_id_bits)
    if before.tl0_at:
        assert after.tl0 == (before.tl0 + tl0) % 256
    if before.keyidx_at:
        assert after.keyidx == (before.keyidx + keyidx) % 32
