"""The VP8 payload descriptor (RFC 7741): where its running numbers are, and whether a keyframe starts."""

from __future__ import annotations

from typing import NamedTuple

from confhub.relay.wire.numbers import Numbers


class Vp8Error(ValueError):
    """Not a VP8 payload, or a truncated one."""


class Vp8View(NamedTuple):
    """What the descriptor tells."""

    is_keyframe_start: bool
    numbers: Numbers
    size: int  # of the descriptor


def parse(payload: bytes) -> Vp8View:
    """Payload -> positions. Raises Vp8Error; an empty payload (a probe) is one."""
    size = len(payload)
    if size < 1:
        raise Vp8Error("empty payload")
    first = payload[0]
    at = 1
    picture_id_at = picture_id_bits = picture_id = tl0_at = tl0 = tid_at = keyidx = 0
    try:
        if first & 0x80:
            extra = payload[at]
            at += 1
            if extra & 0x80:
                picture_id_at = at
                picture_id = payload[at]
                picture_id_bits = 7
                at += 1
                if picture_id & 0x80:
                    picture_id = (picture_id & 0x7F) << 8 | payload[at]
                    picture_id_bits = 15
                    at += 1
            if extra & 0x40:
                tl0_at = at
                tl0 = payload[at]
                at += 1
            if extra & 0x30:
                if extra & 0x10:
                    tid_at = at
                    keyidx = payload[at] & 0x1F
                at += 1
        starts = first & 0x10 != 0 and first & 0x07 == 0
        is_keyframe_start = starts and payload[at] & 0x01 == 0
    except IndexError as error:
        raise Vp8Error("truncated payload descriptor") from error
    if at >= size:
        raise Vp8Error("no data after the payload descriptor")
    numbers = Numbers(picture_id_at, picture_id_bits, picture_id, tl0_at, tl0, tid_at, keyidx)
    return Vp8View(is_keyframe_start, numbers, at)
