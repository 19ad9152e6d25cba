"""Who is audible: windows over the audio-level extension (RFC 6464)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from confhub.relay.forward.limits import LEVEL_WINDOW_S

ACTIVE_DBOV = 35
"""Quieter frames are background (LiveKit's default)."""
ACTIVE_SHARE = 0.4
"""Of the frames in a window must be loud (LiveKit's default)."""
MIN_FRAMES = 4
"""Fewer say nothing about 400 ms: one 60 ms frame more or less would decide."""


SMOOTHING = 2 / 3
"""Of a window in the level told: LiveKit's two smoothing intervals, so that a breath is not a silence."""


class Meter:
    """Levels of one track: the running window, and what the windows before it come to."""

    __slots__ = ("_frames", "_loud", "_smoothed", "_sum")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Nothing was heard: muted, or not begun."""
        self._smoothed = 0.0
        self._begin()

    def _begin(self) -> None:
        self._frames = 0
        self._loud = 0
        self._sum = 0.0

    def heard(self, dbov: int) -> None:
        """One frame of that level, 0 (loudest) .. 127 (silence)."""
        self._frames += 1
        if dbov <= ACTIVE_DBOV:
            self._loud += 1
            self._sum += _LINEAR[dbov]

    def take(self) -> float:
        """Level up to the end of the window, 0 if nobody speaks; begins the next window."""
        is_active = self._frames >= MIN_FRAMES and self._loud >= ACTIVE_SHARE * self._frames
        level = self._sum / self._loud if is_active else 0.0
        self._smoothed += (level - self._smoothed) * SMOOTHING
        self._begin()
        return self._smoothed if self._smoothed >= _LINEAR[ACTIVE_DBOV] else 0.0


_LINEAR = [10 ** (-dbov / 20) for dbov in range(128)]


class Audible(Protocol):
    """A track that may be heard."""

    owner: Any
    meter: Meter


@dataclass(frozen=True)
class SpeakerLevel:
    """One audible track in a 400 ms window: level is linear 0..1 as in LiveKit's SpeakerInfo."""

    track: Audible
    level: float
    active: bool


class Speakers:
    """Calls back each window while somebody is audible, and once more when all are silent."""

    def __init__(self, told: Callable[[Sequence[SpeakerLevel]], None]) -> None:
        self._told = told
        self._next_s = 0.0
        self._was_audible = False

    @property
    def is_audible(self) -> bool:
        """Was somebody heard in the last window? Then its end is to be told."""
        return self._was_audible

    def tick(self, now_s: float, tracks: Iterable[Audible]) -> None:
        """End the window if it is time."""
        if now_s < self._next_s:
            return
        self._next_s = now_s + LEVEL_WINDOW_S - 0.01
        found = [SpeakerLevel(track, level, True) for track in tracks if (level := track.meter.take()) > 0]
        found.sort(key=lambda speaker: -speaker.level)
        if found or self._was_audible:
            self._was_audible = bool(found)
            self._told(found)
