"""Whom a room really sees: the sources' clips told apart by the payload of their keyframes.

Called in the media thread (`seen`) and on the asyncio side (`switches`).
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from endpoints.clip import container
from endpoints.clip.container import DESCRIPTOR_BYTES, FLAG_KEY, Clip

MAX_SWITCHES = 50_000  # 302 rooms, one each 5 s for over ten minutes


@dataclass(frozen=True, slots=True)
class Switch:
    """A room's picture shows another source than before. `at_ms`: the Unix time of the first packet whose
    payload proves it; `slot` where the signalling names it."""

    room: str
    source: str
    at_ms: int
    slot: str = ""


def fingerprints(clip: Clip) -> set[int]:
    """CRC-32 of each keyframe's first payload behind its descriptor."""
    packets = clip.video.packets if clip.video is not None else []
    return {zlib.crc32(p.payload[DESCRIPTOR_BYTES:]) for p in packets if p.flags & FLAG_KEY}


class KnownClips:
    """Which source a keyframe is of."""

    def __init__(self, clips: Iterable[tuple[str, Clip]] = ()) -> None:
        self._names: dict[int, str] = {}
        self._lock = threading.Lock()
        self._switches: list[Switch] = []
        for name, clip in clips:
            for crc in fingerprints(clip):
                self._names.setdefault(crc, name)

    @classmethod
    def load(cls, paths: Iterable[Path]) -> KnownClips:
        """Named by the files' stems. Raises ClipError, OSError."""
        return cls((path.stem, container.load(path)) for path in paths)

    def source(self, crc: int) -> str:
        """The clip's name, empty for an unknown keyframe."""
        return self._names.get(crc, "")

    def add(self, switch: Switch) -> None:
        """Notes a switch, while there is room."""
        with self._lock:
            if len(self._switches) < MAX_SWITCHES:
                self._switches.append(switch)

    def switches(self, start: int = 0) -> list[Switch]:
        """All so far from number `start` on."""
        with self._lock:
            return self._switches[start:]


class Watch:
    """One room's pictures, over all its connections."""

    def __init__(self, room: str, known: KnownClips) -> None:
        self._room, self._known = room, known
        self._shown: dict[str | int, str] = {}

    def seen(self, ssrc: int, crc: int, at: float, slot: str) -> None:
        """A keyframe began at a Unix time; the picture is the slot's where it has one, else the SSRC's."""
        source, picture = self._known.source(crc), slot or ssrc
        if source and self._shown.get(picture) != source:
            self._shown[picture] = source
            self._known.add(Switch(self._room, source, int(at * 1000), slot))
