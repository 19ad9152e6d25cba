"""What the decoding rooms look at: every fifteenth picture of a small one, keyframes alone of a large one."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest

from confhub.simulator.clip.encode import FORMATS, encode
from confhub.simulator.fleet.decoder import RoomCheck, decode, keyframe_width
from endpoints.clip.container import DESCRIPTOR_BYTES, FLAG_KEY, FLAG_MARKER


def frames(picture: str) -> Iterator[tuple[bool, bytes]]:
    """The frames of one second, each with whether it is a keyframe."""
    track = encode(FORMATS[picture], 1, 1).video
    assert track is not None
    key, frame = False, b""
    for packet in track.packets:
        key = key or bool(packet.flags & FLAG_KEY)
        frame += packet.payload[DESCRIPTOR_BYTES:]
        if packet.flags & FLAG_MARKER:
            yield key, frame
            key, frame = False, b""


@pytest.mark.parametrize(("picture", "width", "decoded"), [("180p", 320, 15), ("720p", 1280, 1)])
def test_a_wide_picture_is_judged_by_its_keyframes(picture: str, width: int, decoded: int) -> None:
    check = RoomCheck("room", queue.Queue())
    shown = list(frames(picture))
    for key, frame in shown:
        decode(check, 7, "video", key, frame)
    (stream,) = check.streams.values()
    assert (stream.count, stream.good, stream.bad) == (decoded, 1, 0), check.notes
    assert keyframe_width(shown[0][1]) == width


def test_a_wide_picture_of_wrong_colours_is_noticed() -> None:
    check = RoomCheck("room", queue.Queue())
    key, frame = next(frames("720p"))
    middle = len(frame) // 3
    decode(check, 7, "video", key, frame[:middle] + bytes(len(frame) - middle))
    (stream,) = check.streams.values()
    assert (stream.good, stream.bad) == (0, 1)
