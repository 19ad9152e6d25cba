"""Who is listed but not heard: a sender, a listener, somebody without signalling, by an injected clock."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from confhub.relay.room import limits
from confhub.relay.room.silence import silent, silent_since_s


@dataclass
class Line:
    seen_s: float | None

    def last_seen_s(self) -> float | None:
        return self.seen_s


@dataclass
class Track:
    may_flow: bool


@dataclass
class Somebody:
    """What the judgement asks of a participant."""

    media: Line | None
    publications: dict[str, Track] = field(default_factory=dict)
    identity: str = "room:1"
    was_active: bool = True
    signal_lost_s: float | None = None
    is_slot: bool = False


def sender(**more: object) -> Somebody:
    return Somebody(Line(100.0), {"TR_1": Track(may_flow=True)}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("who", "patience_s"),
    [
        (sender(), limits.SILENT_SENDER_S),
        (Somebody(Line(100.0)), limits.SILENT_LISTENER_S),
        (Somebody(Line(100.0), {"TR_1": Track(may_flow=False)}), limits.SILENT_LISTENER_S),
        (sender(signal_lost_s=100.0), limits.SILENT_WITHOUT_SIGNAL_S),
    ],
)
def test_each_has_its_own_patience(who: Somebody, patience_s: float) -> None:
    assert silent_since_s(who, 100 + patience_s - 0.01) is None  # type: ignore[arg-type]
    assert silent_since_s(who, 100 + patience_s) == 100.0  # type: ignore[arg-type]


def test_who_was_never_connected_is_connecting_and_not_silent() -> None:
    assert silent_since_s(Somebody(None), 500) is None  # type: ignore[arg-type]
    assert silent_since_s(Somebody(Line(None)), 500) is None  # type: ignore[arg-type]
    assert silent_since_s(sender(was_active=False), 500) is None  # type: ignore[arg-type]


def test_slots_are_nobody() -> None:
    listed = [sender(is_slot=True), sender(identity="room:2")]
    assert silent(listed, 500) == [("room:2", 100.0)]  # type: ignore[arg-type]
