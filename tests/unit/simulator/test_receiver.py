"""What a connection counts of its packets: the same in both twins, packet for packet."""

from __future__ import annotations

import random
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.relay.wire import rtcp
from confhub.simulator.clip.encode import FORMATS, encode
from confhub.simulator.rtc import negotiation, vp8
from confhub.simulator.rtc.feedback import read_feedback
from confhub.simulator.rtc.receiver import NACK_AFTER_S, NACK_AGAIN_S, Receiver
from tests.unit.simulator.twins import BOTH, twin

CLIP = encode(FORMATS["180p"], 2, 1)
KEY = b"\x90\x80\x80\x01" + b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xb4\x00" + b"picture"
DELTA = b"\x90\x80\x80\x01" + b"\x01" * 20


def receiver(name: str) -> Receiver:
    made: Receiver = twin(name).receiver(1, negotiation.PAYLOAD_TYPES)
    made.sources({}, True, True, 0.0)
    return made


def audio(number: int, ssrc: int = 5) -> bytes:
    return struct.pack("!BBHII", 0x80, 111, number & 0xFFFF, 960 * number & 0xFFFFFFFF, ssrc) + b"opus"


def video(number: int, payload: bytes, *, marker: bool = True, ssrc: int = 6, timestamp: int = 0) -> bytes:
    head = struct.pack("!BBHII", 0x80, 96 | marker << 7, number & 0xFFFF, timestamp, ssrc)
    return head + payload


def take(made: Any, packet: bytes, now: float) -> tuple[int, int] | None:
    result: tuple[int, int] | None = made.rtp(bytearray(packet), len(packet), now)
    return result


@BOTH
def test_losses_are_counted_asked_for_again_and_forgiven_when_they_come(name: str) -> None:
    made = receiver(name)
    for number in (65533, 65534, 65538, 65539):
        take(made, audio(number), 0.0)
    assert made.totals() == (4, 3)
    assert made.attention
    assert made.urgent(0.0) == b""
    wanted = [(5, 65535), (5, 0), (5, 1)]
    assert read_feedback(made.urgent(NACK_AFTER_S)).nacked == wanted
    take(made, audio(65536), 0.05)
    assert read_feedback(made.urgent(NACK_AFTER_S + NACK_AGAIN_S)).nacked == [wanted[0], wanted[2]]
    assert made.totals() == (5, 2)
    report = read_feedback(made.regular(1.0, "room"))
    assert report.remb_bps == -1
    (stream,) = made.figures()
    assert (stream.packets, stream.bytes, stream.gaps, stream.lost) == (5, 80, 1, 2)
    assert (stream.first_at, stream.last_at, stream.longest_stall_s) == (0.0, 0.05, 0.05)


@BOTH
def test_a_picture_without_keyframe_is_asked_for_by_pli(name: str) -> None:
    made = receiver(name)
    take(made, video(1, DELTA), 0.0)
    assert read_feedback(made.urgent(0.03)).keyframes == [6]
    assert made.urgent(0.06) == b""


@BOTH
def test_an_empty_slot_is_asked_for_nothing_and_owes_nothing(name: str) -> None:
    made = receiver(name)
    made.sources({6: False, 7: True}, True, True, 0.0)
    take(made, video(1, DELTA), 0.0)
    assert made.urgent(0.03) == b""
    assert not made.attention
    for number in range(100):
        take(made, video(number, KEY, ssrc=7), number / 10)
    take(made, video(2, KEY), 0.1)
    assert made.verdict(9.9).has_picture


@BOTH
def test_each_unmuted_slot_owes_picture_and_sound_of_its_own(name: str) -> None:
    made = receiver(name)
    made.sources({6: True, 7: True, 8: True, 9: True}, True, True, 0.0)
    for number in range(400):
        now = number / 50
        take(made, video(number, KEY), now)
        take(made, audio(number, 8), now)
        if number < 100:
            take(made, video(number, KEY, ssrc=7), now)
            take(made, audio(number, 9), now)
    verdict = made.verdict(8.0)
    assert not verdict.has_picture
    assert not verdict.has_sound
    again = receiver(name)
    again.sources({6: True, 7: True, 8: True, 9: True}, True, True, 0.0)
    for number in range(400):
        now = number / 50
        take(again, video(number, KEY), now)
        take(again, audio(number, 8), now)
        if number < 100:
            take(again, video(number, KEY, ssrc=7), now)
            take(again, audio(number, 9), now)
        if number == 100:
            again.sources({6: True, 7: False, 8: True, 9: False}, True, True, now)
    verdict = again.verdict(8.0)
    assert verdict.has_picture
    assert verdict.has_sound


@BOTH
def test_a_picture_that_stands_still_for_more_than_a_second_is_a_freeze(name: str) -> None:
    made = receiver(name)
    for number, now in enumerate((0.0, 0.9, 2.0, 3.5, 4.0)):
        take(made, video(number, KEY, timestamp=number), now)
    verdict = made.verdict(4.0)
    assert verdict.freezes == 2
    assert verdict.freeze_s == pytest.approx(2.6)
    assert verdict.picture_gap_s == pytest.approx(1.5)


@BOTH
def test_a_keyframe_is_told_with_the_checksum_of_what_stands_behind_its_descriptor(name: str) -> None:
    made = receiver(name)
    assert take(made, video(1, KEY), 0.0) == (6, zlib.crc32(KEY[4:]))
    assert take(made, video(2, DELTA), 0.0) is None
    assert take(made, video(3, KEY[:4] + KEY[4:9]), 0.0) is None


@BOTH
def test_sender_reports_and_goodbyes_are_taken(name: str) -> None:
    made = receiver(name)
    take(made, audio(1), 0.0)
    made.on_rtcp(
        read_feedback(rtcp.build_sr(rtcp.SenderReport(5, rtcp.to_ntp(1e9), 2, 3, 4)) + rtcp.build_bye([9])),
        1.0,
    )
    assert made.regular(1.5, "room")[24:28] != bytes(4)
    made.on_rtcp(read_feedback(rtcp.build_bye([5])), 2.0)
    assert made.figures() == []
    assert made.totals() == (1, 0)


def stream_of_the_clip() -> list[bytes]:
    assert CLIP.video is not None
    return [
        video(65000 + number, packet.payload, marker=bool(packet.flags & 2), timestamp=packet.timestamp)
        for number, packet in enumerate(CLIP.video.packets)
    ]


@given(st.integers(0, 2**32))
def test_both_twins_judge_a_battered_stream_alike(seed: int) -> None:
    dice = random.Random(seed)
    mine, theirs = receiver("python"), receiver("compiled")
    stream = stream_of_the_clip() * 2
    now, loss, gap = 0.0, dice.choice((0.0, 0.02, 0.3)), dice.choice((0.01, 0.2))
    number = 0
    while number < len(stream):
        number += 1 if dice.random() > 0.02 else dice.choice((-20, -3, 30, 600))
        number = max(0, number)
        packet = bytearray(stream[number % len(stream)])
        now += dice.random() * gap if dice.random() < 0.97 else dice.random() * 3
        if dice.random() < loss:
            continue
        if dice.random() < 0.03:
            packet[dice.randrange(min(40, len(packet)))] = dice.randrange(256)
        if dice.random() < 0.02:
            packet = packet[: dice.randrange(1, 16)]
        if dice.random() < 0.02:
            due = {dice.randrange(5, 8): dice.random() < 0.5 for _ in range(3)}
            for made in (mine, theirs):
                made.sources(due, dice_same(seed, number), True, now)
        assert take(mine, packet, now) == take(theirs, packet, now)
        if dice.random() < 0.1:
            assert mine.attention == theirs.attention
            assert mine.urgent(now) == theirs.urgent(now)
        if dice.random() < 0.02:
            assert mine.regular(now, "room")[8:] == theirs.regular(now, "room")[8:]
    assert mine.totals() == theirs.totals()
    assert mine.figures() == theirs.figures()
    assert mine.verdict(now) == theirs.verdict(now)
    assert mine.ignored == theirs.ignored


def dice_same(seed: int, number: int) -> bool:
    return (seed ^ number) & 1 == 0


@given(st.binary(min_size=1, max_size=40) | st.binary(max_size=12).map(lambda tail: KEY + tail))
def test_both_twins_take_any_bytes(data: bytes) -> None:
    mine, theirs = receiver("python"), receiver("compiled")
    for number in range(3):
        for packet in (data, video(number, data), video(number, data, marker=False)):
            assert take(mine, packet, 1.0) == take(theirs, packet, 1.0)
    assert mine.figures() == theirs.figures()
    assert mine.verdict(2.0) == theirs.verdict(2.0)


def test_the_assembler_begins_again_with_a_keyframe_behind_a_gap_that_stays_open() -> None:
    assembler = vp8.FrameAssembler()
    assembler.push(1, 0, True, True, True)
    end = 3 + 2 * vp8.MAX_PENDING
    for number in range(3, end):
        assembler.push(number, 90 * number, True, True, False)
    assert assembler.broken
    assert not assembler.waiting
    assert assembler.frames == 1
    assembler.push(end, 1, True, True, True)
    assembler.push(end + 1, 2, True, True, False)
    assert not assembler.broken
    assert (assembler.frames, assembler.keyframes) == (3, 2)


@BOTH
def test_after_a_long_silence_a_keyframe_is_asked_for_and_none_of_what_was_lost(name: str) -> None:
    made = receiver(name)
    take(made, video(1, KEY, timestamp=1), 0.0)
    take(made, audio(1), 0.0)
    take(made, video(4001, DELTA, timestamp=2), 20.0)
    take(made, audio(1001), 20.0)
    assert made.attention
    feedback = read_feedback(made.urgent(20.03))
    assert (feedback.keyframes, feedback.nacked) == ([6], [])
    take(made, video(4002, DELTA, timestamp=3), 20.04)
    take(made, video(4003, KEY, timestamp=4), 20.1)
    assert made.urgent(22.0) == b""
    verdict = made.verdict(20.1)
    assert (verdict.frames, verdict.keyframes, verdict.freezes) == (2, 2, 1)
    assert made.take_lulls() == [(0.0, 20.0)]
    report = made.regular(20.2, "room")
    assert [report[at] for at in (12, 36)] == [0, 0]  # the shares lost: a dead line is no lossy one
    assert made.totals() == (6, 3999 + 999)
