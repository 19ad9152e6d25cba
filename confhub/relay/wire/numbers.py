"""Running numbers inside a video payload: where they stand, and how a copy's differ from its source's.

One shape for VP8 (RFC 7741: PictureID, TL0PICIDX, KEYIDX) and VP9 (RFC 9628: picture ID, TL0PICIDX).
"""

from __future__ import annotations

from typing import NamedTuple


class Numbers(NamedTuple):
    """Offsets into the payload and the values there; offset 0: the number is absent."""

    picture_id_at: int = 0
    picture_id_bits: int = 0  # 7 or 15
    picture_id: int = 0
    tl0_at: int = 0
    tl0: int = 0
    keyidx_at: int = 0  # the byte whose lower five bits are KEYIDX
    keyidx: int = 0


def rewrite(payload: bytes, numbers: Numbers, picture_id_add: int, tl0_add: int, keyidx_add: int) -> bytes:
    """The payload with each running number moved on by an offset (modulo its width); same length."""
    out = bytearray(payload)
    at = numbers.picture_id_at
    if numbers.picture_id_bits == 15:
        value = (numbers.picture_id + picture_id_add) & 0x7FFF
        out[at] = 0x80 | value >> 8
        out[at + 1] = value & 0xFF
    elif numbers.picture_id_bits == 7:
        out[at] = (numbers.picture_id + picture_id_add) & 0x7F
    if numbers.tl0_at:
        out[numbers.tl0_at] = (numbers.tl0 + tl0_add) & 0xFF
    if numbers.keyidx_at:
        out[numbers.keyidx_at] = out[numbers.keyidx_at] & 0xE0 | (numbers.keyidx + keyidx_add) & 0x1F
    return bytes(out)
