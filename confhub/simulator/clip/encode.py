"""Encodes the test picture and tone once, with PyAV, into a clip."""

from __future__ import annotations

import fractions
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import av
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext

from endpoints.clip import pattern
from endpoints.clip.container import (
    DESCRIPTOR_BYTES,
    FLAG_KEY,
    FLAG_MARKER,
    FLAG_START,
    MAX_PAYLOAD_BYTES,
    Clip,
    ClipPacket,
    ClipTrack,
)

VIDEO_CLOCK_HZ = 90_000
AUDIO_CLOCK_HZ = 48_000
OPUS_SAMPLES = 960  # 20 ms
CHUNK_BYTES = MAX_PAYLOAD_BYTES - DESCRIPTOR_BYTES


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """A named picture size with its rate and bitrate."""

    width: int
    height: int
    fps: int
    bitrate_bps: int


FORMATS = {
    "180p": PictureFormat(320, 180, 15, 130_000),
    "360p": PictureFormat(640, 360, 20, 600_000),
    "720p": PictureFormat(1280, 720, 25, 1_950_000),
}
VERSION = 1  # of the pattern: a clip of another one is encoded anew


def made(picture: PictureFormat, seconds: int, keyframe_s: int, hue: int) -> list[int]:
    """What a clip was made of; it stands in its `expected`, so that it need not be encoded again."""
    return [
        VERSION,
        picture.width,
        picture.height,
        picture.fps,
        picture.bitrate_bps,
        seconds,
        keyframe_s,
        hue,
    ]


def encode(
    picture: PictureFormat,
    seconds: int,
    keyframe_s: int,
    hue: int = 0,
    progress: Callable[[int], None] = lambda _frames: None,
) -> Clip:
    """A clip of whole seconds; a keyframe at its begin and every `keyframe_s` after. `hue` tells sources
    apart; `progress` hears of the frames encoded so far."""
    video = ClipTrack(
        "video",
        VIDEO_CLOCK_HZ,
        seconds * VIDEO_CLOCK_HZ,
        {
            "codec": "VP8",
            "clock": VIDEO_CLOCK_HZ,
            "width": picture.width,
            "height": picture.height,
            "fps": picture.fps,
        },
        _encode_video(picture, seconds, keyframe_s, hue, progress),
    )
    audio = ClipTrack(
        "audio",
        AUDIO_CLOCK_HZ,
        seconds * AUDIO_CLOCK_HZ,
        {"codec": "opus", "clock": AUDIO_CLOCK_HZ, "ptime_ms": 20},
        _encode_audio(seconds, hue),
    )
    expected = {
        "bars": [list(bar) for bar in pattern.BARS],
        "tone_hz": pattern.TONE_HZ,
        "made": made(picture, seconds, keyframe_s, hue),
    }
    return Clip(seconds * 1000, video, audio, expected)


def video_frame(picture: PictureFormat, index: int, hue: int = 0) -> Any:
    """The av.VideoFrame of a frame number."""
    planes = pattern.picture(picture.width, picture.height, index, picture.fps, hue)
    frame = av.VideoFrame(picture.width, picture.height, "yuv420p")
    for plane, data in zip(frame.planes, (planes.luma, planes.blue, planes.red), strict=True):
        width, stride = plane.width, plane.line_size
        rows = [data[at : at + width].ljust(stride, b"\0") for at in range(0, len(data), width)]
        plane.update(b"".join(rows)[: plane.buffer_size].ljust(plane.buffer_size, b"\0"))
    return frame


def _encode_video(
    picture: PictureFormat, seconds: int, keyframe_s: int, hue: int, progress: Callable[[int], None]
) -> list[ClipPacket]:
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, VideoCodecContext)  # libvpx encodes pictures
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, "yuv420p"
    encoder.bit_rate = picture.bitrate_bps
    encoder.time_base = fractions.Fraction(1, picture.fps)
    encoder.framerate = fractions.Fraction(picture.fps, 1)
    encoder.gop_size = keyframe_s * picture.fps
    encoder.options = {
        "deadline": "realtime",
        "cpu-used": "4",
        "error-resilient": "0",
        "auto-alt-ref": "0",
        "lag-in-frames": "0",
        "keyint_min": str(keyframe_s * picture.fps),
        "maxrate": str(picture.bitrate_bps * 3 // 2),
        "bufsize": str(picture.bitrate_bps),
        "undershoot-pct": "95",
    }
    encoder.thread_count = 1
    frames: list[tuple[int, bytes, bool]] = []
    for index in range(seconds * picture.fps):
        frame = video_frame(picture, index, hue)
        progress(index + 1)
        frame.pts, frame.time_base = index, encoder.time_base
        frames += [(int(p.pts or 0), bytes(p), p.is_keyframe) for p in encoder.encode(frame)]
    frames += [(int(p.pts or 0), bytes(p), p.is_keyframe) for p in encoder.encode(None)]
    packets: list[ClipPacket] = []
    for pts, data, key in frames:
        packets += packetize(data, pts * VIDEO_CLOCK_HZ // picture.fps, key)
    return packets


def packetize(frame: bytes, timestamp: int, key: bool) -> list[ClipPacket]:
    """One VP8 frame as payloads with descriptors (RFC 7741 4.2), evenly sized."""
    count = -(-len(frame) // CHUNK_BYTES) or 1
    size = -(-len(frame) // count)
    packets = []
    for number in range(count):
        first, last = number == 0, number == count - 1
        descriptor = bytes([0x90 if first else 0x80, 0x80, 0x80, 0x00])
        flags = (
            (FLAG_START if first else 0) | (FLAG_KEY if first and key else 0) | (FLAG_MARKER if last else 0)
        )
        packets.append(ClipPacket(timestamp, flags, descriptor + frame[number * size : (number + 1) * size]))
    return packets


def _encode_audio(seconds: int, hue: int) -> list[ClipPacket]:
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)  # libopus encodes sound
    encoder.sample_rate, encoder.bit_rate = AUDIO_CLOCK_HZ, 24_000
    encoder.layout, encoder.format = "mono", "s16"
    encoder.options = {"application": "audio", "frame_duration": "20", "vbr": "on"}
    payloads: list[bytes] = []
    wanted = seconds * 50
    for index in range(wanted + 5):  # a few more than wanted: the encoder looks ahead
        frame = av.AudioFrame("s16", "mono", OPUS_SAMPLES)
        frame.sample_rate, frame.pts = AUDIO_CLOCK_HZ, index * OPUS_SAMPLES
        frame.time_base = fractions.Fraction(1, AUDIO_CLOCK_HZ)
        frame.planes[0].update(pattern.tone(index * OPUS_SAMPLES + 13 * hue, OPUS_SAMPLES))
        payloads += [bytes(packet) for packet in encoder.encode(frame)]
    return [
        ClipPacket(number * OPUS_SAMPLES, FLAG_START | FLAG_KEY | FLAG_MARKER, payload)
        for number, payload in enumerate(payloads[:wanted])
    ]
