"""A replayed clip: right times, numbers that never jump, keyframes when asked."""

from __future__ import annotations

import struct
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from confhub.simulator.clip.encode import FORMATS, encode
from confhub.simulator.rtc import vp8
from confhub.simulator.rtc.replay import RESTART_EVERY_S, Replay

CLIP = encode(FORMATS["180p"], 2, 2)


class Sink:
    """Reads what a replay hands out, as a receiver would."""

    def __init__(self, first: tuple[int, int, int] = (65530, 4294960000, 32760)) -> None:
        assert CLIP.video is not None
        self.replay = Replay(CLIP.video, 1234, 96, first)
        self.sequence: list[int] = []
        self.frames: list[tuple[float, int, int, bool]] = []  # sent at, timestamp, picture id, keyframe

    def run(self, now: float) -> None:
        for number, packet in self.replay.due(now):
            _, _, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
            assert (number, ssrc) == (sequence, 1234)
            self.sequence.append(sequence)
            picture_id = struct.unpack_from("!H", packet, 14)[0] & 0x7FFF
            if vp8.starts_frame(packet, 12):
                key = vp8.is_keyframe(packet, 12, len(packet))
                self.frames.append((now, timestamp, picture_id, key))
            else:
                assert self.frames[-1][2] == picture_id


def test_numbers_and_times_run_on_over_the_end_of_the_clip() -> None:
    sink = Sink()
    sink.replay.start(100.0)
    for step in range(1000):
        sink.run(100.0 + 0.005 * step)
    assert len(sink.frames) == 75
    assert all((b - a) & 0xFFFF == 1 for a, b in pairwise(sink.sequence))
    for (_, time_a, id_a, _), (_, time_b, id_b, _) in pairwise(sink.frames):
        assert (time_b - time_a) & 0xFFFFFFFF == 6000
        assert (id_b - id_a) & 0x7FFF == 1
    first_time = sink.frames[0][1]
    for at, timestamp, _, _ in sink.frames:
        media_s = ((timestamp - first_time) & 0xFFFFFFFF) / 90_000
        assert -1e-6 <= at - 100.0 - media_s < 0.0051


def test_a_picture_loss_restarts_the_clip_at_its_keyframe_without_a_jump() -> None:
    sink = Sink()
    sink.replay.start(0.0)
    for step in range(100):
        sink.run(0.01 * step)
        if step == 60:
            assert sink.replay.ask_keyframe(0.6)
            assert not sink.replay.ask_keyframe(0.6 + RESTART_EVERY_S / 2)
    keys = [number for number, frame in enumerate(sink.frames) if frame[3]]
    assert len(keys) == 2
    assert sink.frames[keys[1]][0] - 0.6 <= 1 / 15 + 0.011
    times = [frame[1] for frame in sink.frames]
    assert {(b - a) & 0xFFFFFFFF for a, b in pairwise(times)} == {6000}


def test_a_stalled_thread_does_not_send_the_past() -> None:
    sink = Sink()
    sink.replay.start(0.0)
    sink.run(0.0)
    before = len(sink.frames)
    sink.run(30.0)
    assert len(sink.frames) - before <= 2
    assert sink.replay.deadline() > 30.0


@given(st.lists(st.tuples(st.floats(0.0, 0.3), st.booleans()), min_size=5, max_size=60))
def test_whatever_the_clock_and_the_viewers_do_the_stream_stays_continuous(
    steps: list[tuple[float, bool]],
) -> None:
    sink = Sink()
    sink.replay.start(0.0)
    now = 0.0
    for wait, asks in steps:
        now += wait
        sink.run(now)
        if asks:
            sink.replay.ask_keyframe(now)
    assert all((b - a) & 0xFFFF == 1 for a, b in pairwise(sink.sequence))
    ids = [frame[2] for frame in sink.frames]
    assert all((b - a) & 0x7FFF == 1 for a, b in pairwise(ids))
    assert sink.frames[0][3]
