"""A full line is told by loss or by a falling estimate, never by an estimate that merely trails."""

from dataclasses import dataclass, field
from typing import cast

import pytest

from confhub.relay.forward.congestion import FIRST_BACKOFF_S, Congestion
from confhub.relay.forward.router import DownTrack, Quality


@dataclass
class Track:
    layers: dict[int, "Layer"] = field(default_factory=dict)

    def choices(self) -> "list[Layer]":
        return list(self.layers.values())


@dataclass
class Layer:
    quality: Quality
    track: Track
    is_video: bool = True


@dataclass
class Copy:
    """What the judgement sees of a copy."""

    layer: Layer
    bitrate_bps: int = 1_700_000
    loss: float = 0.0
    cap: Quality = Quality.HIGH
    report: object = None

    def set_cap(self, cap: Quality) -> None:
        self.cap = cap


@pytest.fixture
def copy() -> Copy:
    track = Track()
    for quality in Quality:
        track.layers[quality] = Layer(quality, track)
    return Copy(track.layers[Quality.HIGH])


def judge(congestion: Congestion, copy: Copy, now_s: float) -> None:
    congestion.second([cast(DownTrack, copy)], now_s)


def test_heavy_loss_lowers_and_a_quiet_while_raises_again(copy: Copy) -> None:
    congestion = Congestion()
    copy.loss = 0.2
    judge(congestion, copy, 10.0)
    assert copy.cap is Quality.MEDIUM
    copy.loss = 0.0
    judge(congestion, copy, 10.0 + FIRST_BACKOFF_S - 0.1)
    assert copy.cap is Quality.MEDIUM
    judge(congestion, copy, 10.0 + FIRST_BACKOFF_S)
    assert copy.cap is Quality.HIGH


def test_each_failure_makes_the_next_attempt_later(copy: Copy) -> None:
    congestion = Congestion()
    copy.loss = 0.2
    judge(congestion, copy, 10.0)
    copy.loss = 0.0
    judge(congestion, copy, 18.0)
    copy.loss = 0.2
    judge(congestion, copy, 21.0)
    assert copy.cap is Quality.MEDIUM
    copy.loss = 0.0
    judge(congestion, copy, 30.0)
    assert copy.cap is Quality.MEDIUM
    judge(congestion, copy, 37.0)
    assert copy.cap is Quality.HIGH


def test_a_falling_estimate_lowers(copy: Copy) -> None:
    congestion = Congestion()
    congestion.estimate(3_000_000, 9.0)
    congestion.estimate(1_400_000, 9.5)
    judge(congestion, copy, 10.0)
    assert copy.cap is Quality.MEDIUM


def test_a_small_but_rising_estimate_lowers_nothing(copy: Copy) -> None:
    congestion = Congestion()
    for second in range(10):
        congestion.estimate(int(235_000 * 1.08**second), second)
        judge(congestion, copy, second + 0.5)
    assert copy.cap is Quality.HIGH
