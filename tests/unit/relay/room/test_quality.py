"""Connection quality on LiveKit's scale."""

from dataclasses import dataclass

import pytest
from livekit.protocol import models

from confhub.relay.forward.stats import PeerStats
from confhub.relay.room.quality import judge, opinion

Quality = models.ConnectionQuality


@dataclass
class Line:
    """What the judgement asks of a participant's transports."""

    figures: PeerStats

    def stats(self) -> PeerStats:
        return self.figures


@dataclass
class Somebody:
    media: Line | None
    was_active: bool = True
    signal_lost_s: float | None = None


def quality(**figures: object) -> int:
    return judge(Somebody(Line(PeerStats(**figures))))[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({}, Quality.EXCELLENT),
        ({"loss_down": 0.019}, Quality.EXCELLENT),
        ({"loss_down": 0.03}, Quality.GOOD),
        ({"loss_up": 0.05}, Quality.GOOD),
        ({"loss_down": 0.07}, Quality.POOR),
        ({"steps_missing": 1}, Quality.GOOD),
        ({"steps_missing": 2}, Quality.POOR),
        ({"rtt_s": 0.1, "jitter_s": 0.005}, Quality.EXCELLENT),
        ({"rtt_s": 0.8}, Quality.GOOD),
        ({"rtt_s": 2.0}, Quality.POOR),
    ],
)
def test_loss_layers_and_delay_decide(figures: dict[str, object], expected: int) -> None:
    assert quality(**figures) == expected


def test_who_is_not_connected_is_lost() -> None:
    assert judge(Somebody(Line(PeerStats()), was_active=False))[0] == Quality.LOST  # type: ignore[arg-type]
    assert judge(Somebody(Line(PeerStats()), signal_lost_s=1.0))[0] == Quality.LOST  # type: ignore[arg-type]


def test_opinions_go_from_bad_to_nearly_perfect() -> None:
    scores = [opinion(points) for points in (0, 40, 60, 80, 100)]
    assert scores == sorted(scores)
    assert scores[0] == 1
    assert 4.4 < scores[-1] <= 4.5
