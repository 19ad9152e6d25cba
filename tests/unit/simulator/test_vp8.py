"""VP8 frames from packets that are lost, late and doubled."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from confhub.simulator.clip.encode import FORMATS, encode
from confhub.simulator.rtc import vp8
from endpoints.clip.container import FLAG_KEY, FLAG_MARKER, FLAG_START

CLIP = encode(FORMATS["180p"], 2, 1)
Packet = tuple[int, int, bool, bool, bool, bytes]


def packets() -> list[Packet]:
    assert CLIP.video is not None
    return [
        (
            1000 + number,
            packet.timestamp,
            bool(packet.flags & FLAG_START),
            bool(packet.flags & FLAG_MARKER),
            bool(packet.flags & FLAG_KEY),
            packet.payload[4:],
        )
        for number, packet in enumerate(CLIP.video.packets)
    ]


def test_descriptor_and_keyframe_are_read_from_a_real_stream() -> None:
    assert CLIP.video is not None
    for packet in CLIP.video.packets:
        payload = packet.payload
        assert vp8.descriptor_size(payload, 0, len(payload)) == 4
        assert vp8.starts_frame(payload, 0) == bool(packet.flags & FLAG_START)
        assert vp8.is_keyframe(payload, 0, len(payload)) == bool(packet.flags & FLAG_KEY)


def test_a_stream_in_order_gives_every_frame() -> None:
    assembler = vp8.FrameAssembler(keep_data=True)
    frames = [frame for packet in packets() for frame in assembler.push(*packet)]
    assert (assembler.frames, assembler.keyframes) == (30, 2)
    assert b"".join(data for _, data in frames) == b"".join(packet[5] for packet in packets())


@given(st.integers(0, 10**6))
def test_packets_that_overtake_each_other_give_every_frame(seed: int) -> None:
    dice = random.Random(seed)
    stream = packets()
    stream = stream[: max(n for n, packet in enumerate(stream) if packet[4])]  # up to the second keyframe
    shuffled = [stream[0]]
    for start in range(1, len(stream), 6):
        group = stream[start : start + 6]
        dice.shuffle(group)
        shuffled += group
    assembler = vp8.FrameAssembler(keep_data=True)
    frames = [frame for packet in shuffled for frame in assembler.push(*packet)]
    assert assembler.frames == 15
    assert b"".join(data for _, data in frames) == b"".join(packet[5] for packet in stream)


def test_a_lost_packet_stops_the_picture_until_the_next_keyframe() -> None:
    stream = packets()
    lost = next(n for n, packet in enumerate(stream) if n > 3 and packet[3])
    assembler = vp8.FrameAssembler()
    for number, packet in enumerate(stream):
        if number != lost:
            assembler.push(*packet)
    assert assembler.keyframes == 2
    assert assembler.frames < 29
    assert not assembler.waiting


def test_a_retransmission_heals_the_gap() -> None:
    stream = packets()
    assembler = vp8.FrameAssembler()
    for packet in [*stream[:3], *stream[4:9], stream[3], *stream[9:]]:
        assembler.push(*packet)
    assert assembler.frames == 30


def test_padding_holds_its_place_in_the_sequence() -> None:
    stream = packets()
    assembler = vp8.FrameAssembler()
    shift = 0
    for packet in stream:
        assembler.push(packet[0] + shift, *packet[1:])
        if packet[3]:
            shift += 1
            assembler.skip_padding(packet[0] + shift)
    assert assembler.frames == 30


def test_an_endless_gap_does_not_keep_packets_for_ever() -> None:
    assembler = vp8.FrameAssembler()
    assembler.push(1, 0, True, True, True)
    for number in range(3, 3 + 4 * vp8.MAX_PENDING):
        assembler.push(number, 90 * number, True, True, False)
    assert len(assembler.waiting) <= vp8.MAX_PENDING


@given(st.binary(max_size=12))
def test_a_descriptor_cut_anywhere_is_never_read_beyond_its_end(data: bytes) -> None:
    size = vp8.descriptor_size(data, 0, len(data))
    assert 0 <= size <= min(len(data), vp8.MAX_DESCRIPTOR_BYTES)
    if size:
        vp8.is_keyframe(data, 0, len(data))
