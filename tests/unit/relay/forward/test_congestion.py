"""A full line is told by loss, delay or a falling estimate, never by an estimate that merely trails."""

from dataclasses import dataclass, field
from typing import cast

import pytest

from confhub.relay.forward.congestion import PAUSES_S, SETTLE_S, Congestion
from confhub.relay.forward.router import DownTrack, Quality


@dataclass
class Track:
    layers: dict[int, "Layer"] = field(default_factory=dict)

    def choices(self) -> list["Layer"]:
        return list(self.layers.values())


@dataclass
class Layer:
    quality: Quality
    track: Track


@dataclass(eq=False)
class Copy:
    """What the judgement sees of a copy; it always has the layer that its cap allows."""

    track: Track
    is_video: bool = True
    is_paused: bool = False
    is_starved: bool = False
    bitrate_bps: int = 1_700_000
    loss: float = 0.0
    rtt_s: float | None = None
    cap: Quality = Quality.HIGH
    report: object = None
    packets: int = 0
    nacks: int = 0

    @property
    def layer(self) -> Layer | None:
        return None if self.is_starved else self.track.layers[min(self.cap, max(self.track.layers))]

    def set_cap(self, cap: Quality, now_s: float) -> None:
        self.cap = cap

    def set_starved(self, is_starved: bool, now_s: float) -> None:
        self.is_starved = is_starved


class Line:
    """A copy and its judgement, second by second."""

    def __init__(self, qualities: tuple[Quality, ...] = tuple(Quality)) -> None:
        track = Track()
        for quality in qualities:
            track.layers[quality] = Layer(quality, track)
        self.copy = Copy(track)
        self.judgement = Congestion()
        self.now_s = 100.0

    def seconds(self, count: int, lost: float = 0.0) -> list[Quality | None]:
        """So many seconds in which that share is lost, and asked for again; the quality after each."""
        seen: list[Quality | None] = []
        for _ in range(count):
            self.now_s += 1.0
            if not self.copy.is_starved:
                self.copy.packets += 200
                self.copy.nacks += int(200 * lost)
            self.judgement.second([cast(DownTrack, self.copy)], self.now_s)
            seen.append(None if self.copy.is_starved else self.copy.cap)
        return seen


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_tenth_lost_leads_to_the_lowest_layer_and_no_further(line: Line) -> None:
    assert line.seconds(10, 0.10)[-1] is Quality.LOW
    assert set(line.seconds(60, 0.10)) == {Quality.LOW}


def test_what_repair_can_carry_lowers_nothing(line: Line) -> None:
    assert set(line.seconds(60, 0.05)) == {Quality.HIGH}


@pytest.mark.parametrize("lossy_s", [6, 20, 120])
def test_the_top_layer_is_back_soon_after_the_loss_ends(line: Line, lossy_s: int) -> None:
    line.seconds(lossy_s, 0.10)
    back = line.seconds(15)
    assert back.index(Quality.HIGH) < 10


def test_one_bad_second_lowers_nothing(line: Line) -> None:
    assert set(line.seconds(1, 0.12) + line.seconds(5)) == {Quality.HIGH}


def test_each_failure_makes_the_next_attempt_later_up_to_a_bound(line: Line) -> None:
    gaps = []
    line.seconds(1, 0.5)
    for _ in range(8):
        assert line.copy.cap is Quality.MEDIUM
        line.judgement.loss = 0.0
        began_s = line.now_s
        while line.copy.cap is Quality.MEDIUM:
            line.seconds(1)
        gaps.append(line.now_s - began_s)
        while line.copy.cap is Quality.HIGH:
            line.seconds(1, 0.5)
    assert gaps == sorted(gaps)
    assert gaps[0] == PAUSES_S[0]
    assert gaps[-1] == PAUSES_S[-1]
    assert line.copy.is_starved is False


def test_a_falling_estimate_lowers(line: Line) -> None:
    line.judgement.estimate(3_000_000, line.now_s)
    line.judgement.estimate(1_400_000, line.now_s + 0.5)
    assert line.seconds(1) == [Quality.MEDIUM]


def test_a_small_but_rising_estimate_lowers_nothing(line: Line) -> None:
    for second in range(10):
        line.judgement.estimate(int(235_000 * 1.08**second), line.now_s)
        assert line.seconds(1) == [Quality.HIGH]


def test_a_growing_round_trip_lowers(line: Line) -> None:
    line.copy.rtt_s = 0.03
    line.seconds(3)
    line.copy.rtt_s = 0.9
    assert line.seconds(1) == [Quality.MEDIUM]


def test_a_picture_that_cannot_live_makes_way_for_sound_and_comes_back(line: Line) -> None:
    line.seconds(20, 0.6)
    assert line.copy.is_starved
    back = line.seconds(30)
    assert Quality.LOW in back
    assert back[-1] is Quality.HIGH


def test_a_single_layer_is_kept_through_loss_that_repair_can_carry() -> None:
    line = Line((Quality.HIGH,))
    assert set(line.seconds(30, 0.15)) == {Quality.HIGH}
    assert line.seconds(8, 0.6)[-1] is None


def test_nothing_is_judged_while_a_step_settles(line: Line) -> None:
    line.seconds(2, 0.5)
    assert line.copy.cap is Quality.MEDIUM
    line.seconds(int(SETTLE_S) - 2, 0.5)
    assert line.copy.cap is Quality.MEDIUM
