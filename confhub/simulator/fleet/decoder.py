"""The rooms that decode: a worker thread turns frames into pictures and sound and compares colour and tone.

The media thread only puts frames into a bounded queue; when it is full, they are dropped and the room says
so.
"""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import dataclass, field
from typing import Any

import av
import av.error

from confhub.simulator.clip import checks
from endpoints.clip import pattern

log = logging.getLogger(__name__)

MAX_QUEUE = 4000  # frames of all checked rooms together: about six seconds of ten rooms
PICTURE_EVERY = 15  # decoded frames between two comparisons
LARGE_WIDTH = 640  # of a wider picture only keyframes are decoded, and each compared: ten rooms decoding all
# of 720p would take more of the machine than 302 rooms receiving it
SOUND_PACKETS = 10  # 200 ms of sound a comparison
SOUND_EVERY = 100  # Opus packets between the beginnings of two comparisons
SETTLE_PACKETS = 20  # the decoder's first packets swing in
MAX_STREAMS = 8  # SSRCs decoded a room
BLANK_PIXELS = 16  # LiveKit ends a muted or withdrawn picture with tiny black ones
MAX_NOTES = 20


@dataclass(slots=True)
class _Stream:
    """One SSRC of one room: its decoder and what was found."""

    kind: str
    decoder: Any
    count: int = 0
    good: int = 0
    bad: int = 0
    started: bool = False
    large: bool = False
    samples: bytes = b""


@dataclass(slots=True)
class RoomCheck:
    """The check of one room. `checked`: both picture and sound were compared; `ok`: a picture and a sound
    whose
    comparisons were all right, and no frame dropped before them."""

    code: str
    queue: queue.Queue[tuple[RoomCheck, int, str, bool, bytes] | None]
    dropped: int = 0
    notes: list[str] = field(default_factory=list)
    streams: dict[int, _Stream] = field(default_factory=dict)

    def feed(self, ssrc: int, kind: str, key: bool, payload: bytes) -> None:
        """Called in the media thread with each complete frame and each Opus packet."""
        try:
            self.queue.put_nowait((self, ssrc, kind, key, payload))
        except queue.Full:
            self.dropped += 1

    @property
    def checked(self) -> bool:
        """See the class."""
        kinds = {s.kind for s in list(self.streams.values()) if s.good + s.bad}
        return kinds == {"video", "audio"}

    @property
    def ok(self) -> bool:
        """See the class."""
        kinds = {s.kind for s in list(self.streams.values()) if s.good and not s.bad}
        return kinds == {"video", "audio"}


class Decoder:
    """The worker of all checked rooms; `stop` waits for it (blocking)."""

    def __init__(self) -> None:
        self._queue: queue.Queue[tuple[RoomCheck, int, str, bool, bytes] | None] = queue.Queue(MAX_QUEUE)
        self._thread = threading.Thread(target=self._run, name="decoder", daemon=True)

    def check(self, code: str) -> RoomCheck:
        """A new check for a room."""
        return RoomCheck(code, self._queue)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; what is in the queue is still decoded."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join(timeout=15)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            room, ssrc, kind, key, payload = item
            try:
                decode(room, ssrc, kind, key, payload)
            except (av.error.FFmpegError, ValueError) as error:
                stream = room.streams.get(ssrc)
                if stream is not None:
                    stream.bad += 1
                _note(room, f"{kind}: {error}")


def decode(room: RoomCheck, ssrc: int, kind: str, key: bool, payload: bytes) -> None:
    """Decodes one frame and compares when its turn has come. Raises FFmpegError for a broken frame."""
    stream = room.streams.get(ssrc)
    if stream is None:
        if len(room.streams) >= MAX_STREAMS:
            room.streams.pop(next(iter(room.streams)))
        decoder = av.CodecContext.create("vp8" if kind == "video" else "opus", "r")
        decoder.thread_count = 1
        stream = room.streams[ssrc] = _Stream(kind, decoder)
    if kind == "video":
        _video(room, stream, key, payload)
    else:
        _audio(room, stream, payload)


def _video(room: RoomCheck, stream: _Stream, key: bool, payload: bytes) -> None:
    if key:
        stream.started, stream.large = True, keyframe_width(payload) > LARGE_WIDTH
    if not stream.started or (stream.large and not key):
        return
    for frame in stream.decoder.decode(av.Packet(payload)):
        if frame.width <= BLANK_PIXELS:
            continue
        stream.count += 1
        if not stream.large and stream.count % PICTURE_EVERY != 1:
            continue
        luma, blue, red = frame.planes
        errors = checks.colour_errors(
            pattern.Planes(
                frame.width,
                frame.height,
                bytes(luma),
                bytes(blue),
                bytes(red),
                luma.line_size,
                blue.line_size,
            )
        )
        _count(room, stream, errors)


def keyframe_width(frame: bytes) -> int:
    """The picture's width in a VP8 keyframe's header (RFC 6386 9.1), 0 where there is none."""
    return int.from_bytes(frame[6:8], "little") & 0x3FFF if len(frame) >= 10 else 0


def _audio(room: RoomCheck, stream: _Stream, payload: bytes) -> None:
    stream.count += 1
    for frame in stream.decoder.decode(av.Packet(payload)):
        turn = (stream.count - SETTLE_PACKETS) % SOUND_EVERY
        if stream.count < SETTLE_PACKETS or turn >= SOUND_PACKETS:
            continue
        stream.samples += checks.mono16(frame)
        if turn == SOUND_PACKETS - 1:
            hz = checks.tone_hz(stream.samples)
            good = abs(hz - pattern.TONE_HZ) <= checks.TONE_TOLERANCE_HZ
            _count(room, stream, [] if good else [f"tone of {hz:.1f} Hz"])
            stream.samples = b""


def _count(room: RoomCheck, stream: _Stream, errors: list[str]) -> None:
    if errors:
        stream.bad += 1
        _note(room, "; ".join(errors))
    else:
        stream.good += 1


def _note(room: RoomCheck, text: str) -> None:
    if len(room.notes) < MAX_NOTES:
        room.notes.append(text)
        log.warning("%s: decoded media is wrong: %s", room.code, text)
