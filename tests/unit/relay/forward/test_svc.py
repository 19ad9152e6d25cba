"""One stream with three spatial layers: each copy gets its quality, without a gap, whatever the line does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confhub.relay.forward.router import DownTrack, Quality, UpTrack
from confhub.relay.wire import vp9
from tests.unit.relay.offline import Offline, Sent
from tests.unit.relay.svckit import SvcEncoder, body, down, up

both = pytest.mark.parametrize("name", ["vp9", "av1"])


class Stage:
    """One publisher, and one viewer for each quality."""

    def __init__(self, name: str, layers: int = 3) -> None:
        self.line = Offline()
        self.publisher = self.line.peer()
        self.track: UpTrack = self.publisher.publish(up(name, 7, layers), self.line.now_s)
        self.encoder = SvcEncoder(name, 7)
        self.copies: list[DownTrack] = []
        for quality in Quality:
            viewer = self.line.peer()
            self.copies.append(
                viewer.subscribe(self.track, down(name, viewer.new_ssrc()), self.line.now_s, quality)
            )

    def feed(self, packets: Iterable[bytes]) -> None:
        for packet in packets:
            self.line.feed(self.publisher, packet)

    def got(self, quality: Quality) -> list[Sent]:
        return self.line.got(self.copies[quality].spec.ssrc)


def bodies(sent: Iterable[Sent]) -> list[bytes]:
    return [body(packet.payload) for packet in sent]


def check_continuity(sent: list[Sent], name: str) -> None:
    assert [packet.seq for packet in sent] == list(range(sent[0].seq, sent[0].seq + len(sent)))
    for before, after in pairwise(sent):
        same_picture = body(before.payload).split(b".")[0] == body(after.payload).split(b".")[0]
        assert before.marker != same_picture, "the marker ends a picture, and nothing else"
        step = (after.timestamp - before.timestamp) & 0xFFFFFFFF
        assert step == 0 if same_picture else 0 < step < 1 << 31
    if name == "vp9":
        ids = [vp9.parse(packet.payload).numbers.picture_id for packet in sent if packet.payload]
        assert all((b - a) & 0x7FFF in (0, 1) for a, b in pairwise(ids))
    else:
        assert all((b.frame_number - a.frame_number) & 0xFFFF <= 5 for a, b in pairwise(sent))


@both
async def test_each_quality_is_its_layers_with_the_marker_on_the_last_one(name: str) -> None:
    stage = Stage(name)
    stage.feed(stage.encoder.picture(key=True) + stage.encoder.picture() + stage.encoder.picture())
    for quality in Quality:
        wanted = [
            b"%d.%d.%d" % (n, sid, part) for n in range(3) for sid in range(quality + 1) for part in (0, 1)
        ]
        assert bodies(stage.got(quality)) == wanted
        check_continuity(stage.got(quality), name)
    stage.line.close()


@both
async def test_a_step_up_waits_for_a_keyframe_and_a_step_down_for_the_next_picture(name: str) -> None:
    stage = Stage(name)
    copy = stage.copies[Quality.LOW]
    stage.feed(stage.encoder.picture(key=True))
    asked = stage.track.stats().plis
    stage.line.now_s += 1.0
    copy.set_quality(Quality.HIGH, stage.line.now_s)
    assert stage.track.stats().plis == asked + 1
    stage.feed(stage.encoder.picture())
    assert bodies(stage.got(Quality.LOW))[2:] == [b"1.0.0", b"1.0.1"]
    stage.feed(stage.encoder.picture(key=True))
    assert bodies(stage.got(Quality.LOW))[4:] == [
        b"2.%d.%d" % (sid, part) for sid in range(3) for part in (0, 1)
    ]
    asked = stage.track.stats().plis
    stage.line.now_s += 1.0
    copy.set_quality(Quality.MEDIUM, stage.line.now_s)
    stage.feed(stage.encoder.picture())
    assert bodies(stage.got(Quality.LOW))[10:] == [b"3.0.0", b"3.0.1", b"3.1.0", b"3.1.1"]
    assert stage.track.stats().plis == asked
    check_continuity(stage.got(Quality.LOW), name)
    stage.line.close()


@both
async def test_another_publisher_goes_on_in_the_same_numbers(name: str) -> None:
    stage = Stage(name)
    other = stage.line.peer()
    track, encoder = other.publish(up(name, 9), stage.line.now_s), SvcEncoder(name, 9, seq=5)
    encoder.picture_id, encoder.frame_number, encoder.timestamp = 100, 100, 77
    stage.feed(stage.encoder.picture(key=True))
    stage.copies[Quality.MEDIUM].point_at(track, stage.line.now_s)
    encoder.pictures = 1
    for packet in encoder.picture(key=True) + encoder.picture():
        stage.line.feed(other, packet)
    sent = stage.got(Quality.MEDIUM)
    assert bodies(sent)[4:6] == [b"1.0.0", b"1.0.1"]
    assert len(sent) == 12
    check_continuity(sent, name)
    stage.line.close()


async def test_layers_that_were_not_declared_are_found_at_a_keyframe() -> None:
    stage = Stage("vp9", layers=1)
    stage.feed(stage.encoder.picture(key=True) + stage.encoder.picture())
    assert [len(stage.got(quality)) for quality in Quality] == [4, 8, 12]
    assert [layer.quality for layer in stage.track.choices()] == list(Quality)
    stage.line.close()


@both
async def test_layers_the_encoder_leaves_out_are_not_missed(name: str) -> None:
    stage = Stage(name)
    stage.feed(stage.encoder.picture(key=True) + stage.encoder.picture(layers=1) + stage.encoder.picture())
    check_continuity(stage.got(Quality.HIGH), name)
    assert len(stage.got(Quality.HIGH)) == 6 + 2 + 6
    stage.line.close()


@both
async def test_a_late_packet_of_a_higher_layer_leaves_no_hole(name: str) -> None:
    """Its number was set aside; a packet without a payload fills it, so that nobody waits for it."""
    stage = Stage(name)
    stage.feed(stage.encoder.picture(key=True))
    first, *rest = stage.encoder.picture()
    late = rest.pop(-1)
    stage.feed([first, *rest])
    stage.feed(stage.encoder.picture())
    low = stage.got(Quality.LOW)
    numbers = [packet.seq for packet in low]
    hole = set(range(numbers[0], numbers[-1])) - set(numbers)
    assert len(hole) == 1
    stage.feed([late])
    filler = stage.got(Quality.LOW)[-1]
    assert ({filler.seq}, filler.payload) == (hole, b"")
    assert bodies(stage.got(Quality.HIGH))[-1] == b"1.2.1"
    stage.line.close()


async def test_without_its_structure_an_av1_stream_is_not_forwarded() -> None:
    stage = Stage("av1")
    stage.feed(stage.encoder.picture())
    assert not any(stage.got(quality) for quality in Quality)
    stage.feed(stage.encoder.picture(key=True))
    assert all(stage.got(quality) for quality in Quality)
    stage.line.close()


STEPS = ["picture", "picture", "picture", "key", "late", "lost", "quality", "pause", "nack", "tick", "thin"]


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["vp9", "av1"]),
    st.lists(st.sampled_from(STEPS), max_size=60),
    st.randoms(use_true_random=False),
)
def test_no_number_has_two_texts_and_what_came_late_fills_every_hole(
    name: str, steps: list[str], rng: random.Random
) -> None:
    asyncio.run(_play(name, steps, rng))


async def _play(name: str, steps: list[str], rng: random.Random) -> None:
    stage = Stage(name)
    late: list[bytes] = []
    stage.feed(stage.encoder.picture(key=True))
    has_loss = False
    for step in steps:
        copy = rng.choice(stage.copies)
        match step:
            case "picture" | "key" | "late" | "lost" | "thin":
                packets = stage.encoder.picture(key=step == "key", layers=1 if step == "thin" else 3)
                if step in ("late", "lost"):
                    taken = packets.pop(rng.randrange(1, len(packets)))
                    if step == "late":
                        late.append(taken)
                    has_loss = has_loss or step == "lost"
                stage.feed(packets)
                if rng.random() < 0.3:
                    stage.feed(late)
                    late.clear()
            case "quality":
                copy.set_quality(rng.choice(list(Quality)), stage.line.now_s)
            case "pause":
                copy.pause()
                copy.resume(stage.line.now_s)
            case "nack":
                top = copy.top_out
                copy.on_nack(tuple((top - n) & 0xFFFF for n in range(9, -1, -1)), stage.line.now_s)
            case "tick":
                stage.line.now_s += 0.1
                stage.line.router.tick(stage.line.now_s)
    stage.feed(late)
    for copy in stage.copies:
        top = copy.top_out
        copy.on_nack(tuple((top - n) & 0xFFFF for n in range(min(64, 2 + len(steps) * 6))), stage.line.now_s)
        sent = stage.line.got(copy.spec.ssrc)
        texts: dict[int, Sent] = {}
        for packet in sent:
            assert texts.setdefault(packet.seq, packet) == packet
        layers = [int(body(p.payload).split(b".")[1]) for p in sent if p.payload]
        assert not layers or max(layers) <= 2
        numbers = sorted(texts)
        if not has_loss and numbers and numbers[-1] - numbers[0] < 60:
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    stage.line.close()
