"""One received media packet on its way to many subscribers: what is shared between all of its copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confhub.relay.wire.numbers import Numbers, rewrite
from confhub.relay.wire.rtp import pack_extensions

if TYPE_CHECKING:
    from confhub.relay.forward.lane import Edit, Lane


class Cargo:
    """The packet without its header. `seq` is the layer's own contiguous, unwrapped number.

    `abs_time` (24 bits, 6.18 fixed point) is set at the first sending and kept: a retransmission must be the
    same bytes, as AES-GCM must never see one nonce with two texts.
    """

    __slots__ = (
        "abs_time",
        "descriptor",
        "frame_number",
        "lanes",
        "level",
        "marker",
        "numbers",
        "orientation",
        "payload",
        "seq",
        "timestamp",
    )

    def __init__(
        self, seq: int, timestamp: int, marker: int, payload: bytes, numbers: Numbers | None = None
    ) -> None:
        self.seq = seq
        self.timestamp = timestamp
        self.marker = marker
        self.payload = payload
        self.numbers = numbers  # VP8 and VP9
        self.level = b""  # value of the audio-level extension, or empty
        self.orientation = b""  # value of the video-orientation extension, or empty
        self.descriptor = b""  # value of the dependency-descriptor extension (AV1), or empty
        self.frame_number = 0  # in bytes 1 and 2 of that value
        self.abs_time = -1
        self.lanes: tuple[Lane, ...] = ()

    def tail(self, edit: Edit) -> tuple[int, bytes]:
        """(first header byte, everything behind the fixed header) as a subscriber of that edit gets it."""
        elements: list[tuple[int, bytes]] = []
        if edit.abs_time_id:
            elements.append((edit.abs_time_id, self.abs_time.to_bytes(3, "big")))
        if edit.level_id and self.level:
            elements.append((edit.level_id, self.level))
        if edit.orientation_id and self.orientation:
            elements.append((edit.orientation_id, self.orientation))
        if edit.descriptor_id and self.descriptor:
            number = (self.frame_number + edit.frame_number_add) & 0xFFFF
            value = self.descriptor[:1] + number.to_bytes(2, "big") + self.descriptor[3:]
            elements.append((edit.descriptor_id, value))
        if edit.mid_id:
            elements.append((edit.mid_id, edit.mid))
        payload = self.payload
        if self.numbers is not None and (edit.picture_id_add or edit.tl0_add or edit.keyidx_add):
            payload = rewrite(payload, self.numbers, edit.picture_id_add, edit.tl0_add, edit.keyidx_add)
        if not elements:
            return 0x80, payload
        return 0x90, pack_extensions(elements) + payload
