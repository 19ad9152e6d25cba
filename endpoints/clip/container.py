"""The clip file: RTP-ready payloads of one VP8 picture and one Opus sound.

Format, all integers big endian:
    8 bytes   "CHCLIP1\\n"
    u32       length of the JSON header
    JSON      {"duration_ms", "video": {"codec":"VP8","clock":90000,"width","height","fps"} or null,
               "audio": {"codec":"opus","clock":48000,"ptime_ms":20} or null, "expected": {"bars","tone_hz"}}
    records   u8 track (0 video, 1 audio), u8 flags (1 first packet of a keyframe, 2 marker, 4 first of a
    frame),
              u32 timestamp from the clip's begin in the track's clock, u16 length, payload
A video payload begins with a four-byte VP8 descriptor (X, I, 15-bit picture id) whose picture id the replay
sets.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAGIC = b"CHCLIP1\n"
FLAG_KEY, FLAG_MARKER, FLAG_START = 1, 2, 4
MAX_FILE_BYTES = 256 * 1024 * 1024  # a minute of 720p takes 20 MB
MAX_HEADER_BYTES = 64 * 1024
MAX_PACKETS = 1_000_000
MAX_PAYLOAD_BYTES = 1200  # with headers and SRTP's tag below every path's MTU
DESCRIPTOR_BYTES = 4
_RECORD = struct.Struct("!BBIH")


class ClipError(ValueError):
    """The file is no clip, or a broken one."""


@dataclass(frozen=True, slots=True)
class ClipPacket:
    """One payload; `timestamp` counts from the clip's begin."""

    timestamp: int
    flags: int
    payload: bytes


@dataclass(slots=True)
class ClipTrack:
    """Packets of one kind in order of time; `duration` is the clip's length in the track's clock."""

    kind: str
    clock_hz: int
    duration: int
    details: dict[str, Any]
    packets: list[ClipPacket] = field(default_factory=list)


@dataclass(slots=True)
class Clip:
    """A whole clip; `expected` says what a decoder must find."""

    duration_ms: int
    video: ClipTrack | None
    audio: ClipTrack | None
    expected: dict[str, Any]


def dump(clip: Clip) -> bytes:
    """The file's bytes."""
    header = json.dumps(
        {
            "duration_ms": clip.duration_ms,
            "video": clip.video.details if clip.video else None,
            "audio": clip.audio.details if clip.audio else None,
            "expected": clip.expected,
        }
    ).encode()
    parts = [MAGIC, struct.pack("!I", len(header)), header]
    for number, track in enumerate((clip.video, clip.audio)):
        for packet in track.packets if track else []:
            parts += [
                _RECORD.pack(number, packet.flags, packet.timestamp, len(packet.payload)),
                packet.payload,
            ]
    return b"".join(parts)


def parse(data: bytes) -> Clip:
    """The clip in `data`. Raises ClipError for anything else."""
    if data[:8] != MAGIC or len(data) < 12 or len(data) > MAX_FILE_BYTES:
        raise ClipError("not a clip file")
    size = struct.unpack_from("!I", data, 8)[0]
    if size > MAX_HEADER_BYTES or 12 + size > len(data):
        raise ClipError("header longer than the file")
    try:
        header = json.loads(data[12 : 12 + size])
    except (ValueError, RecursionError) as error:
        raise ClipError("header is not JSON") from error
    clip = _from_header(header)
    _read_records(clip, data, 12 + size)
    for track in (clip.video, clip.audio):
        if track is not None and not track.packets:
            raise ClipError("a track without packets")
    if clip.video is not None and not clip.video.packets[0].flags & FLAG_KEY:
        raise ClipError("the picture does not begin with a keyframe")
    return clip


def _from_header(header: object) -> Clip:
    if not isinstance(header, dict):
        raise ClipError("header is not an object")
    duration = header.get("duration_ms")
    if type(duration) is not int or not 20 <= duration <= 3_600_000:
        raise ClipError("duration_ms is missing or out of range")
    expected = header.get("expected")
    tracks = [_track(kind, header.get(kind), duration) for kind in ("video", "audio")]
    if tracks == [None, None]:
        raise ClipError("neither picture nor sound")
    return Clip(duration, tracks[0], tracks[1], expected if isinstance(expected, dict) else {})


_CLOCKS = {"video": ("VP8", 90_000), "audio": ("opus", 48_000)}


def _track(kind: str, details: object, duration_ms: int) -> ClipTrack | None:
    if details is None:
        return None
    codec, clock = _CLOCKS[kind]
    if not isinstance(details, dict) or details.get("codec") != codec or details.get("clock") != clock:
        raise ClipError(f"unknown {kind} codec or clock")
    return ClipTrack(kind, clock, duration_ms * clock // 1000, details)


def _read_records(clip: Clip, data: bytes, offset: int) -> None:
    tracks = (clip.video, clip.audio)
    count = 0
    while offset < len(data):
        if offset + _RECORD.size > len(data):
            raise ClipError("cut in a record")
        number, flags, timestamp, size = _RECORD.unpack_from(data, offset)
        offset += _RECORD.size
        payload = data[offset : offset + size]
        offset += size
        count += 1
        track = tracks[number] if number < len(tracks) else None
        if track is None or len(payload) != size or not 0 < size <= MAX_PAYLOAD_BYTES or count > MAX_PACKETS:
            raise ClipError("a record of no track, of a wrong size, or too many of them")
        if timestamp >= track.duration or (track.packets and timestamp < track.packets[-1].timestamp):
            raise ClipError("timestamps out of order")
        if track.kind == "video" and (
            size <= DESCRIPTOR_BYTES or payload[0] & 0x80 == 0 or payload[1] != 0x80
        ):
            raise ClipError("a picture without its descriptor")
        track.packets.append(ClipPacket(timestamp, flags, payload))


def load(path: Path) -> Clip:
    """Reads a file. Raises ClipError for a wrong one, OSError where it cannot be read."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ClipError("file too large for a clip")
    return parse(path.read_bytes())


def save(clip: Clip, path: Path) -> None:
    """Writes a file at once or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(dump(clip))
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
