"""How one subscriber's copy differs from its source, for as long as the source stays the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from confhub.relay import native
from confhub.relay.transport.path import SendPath


class Edit(NamedTuple):
    """What is changed behind the fixed header. Equal edits are one object (`intern_edit`), compared by
    `is`."""

    abs_time_id: int  # the subscriber's extension ids, 0 = not negotiated
    level_id: int
    orientation_id: int
    descriptor_id: int  # AV1's dependency descriptor
    picture_id_add: int  # VP8 and VP9, modulo 2**15 or 2**7, 2**8, 2**5
    tl0_add: int
    keyidx_add: int
    frame_number_add: int  # AV1, modulo 2**16
    mid_id: int = 0  # the section's name is written while the receiver may not know the ssrc
    mid: bytes = b""  # 1 to 16 bytes where mid_id is not 0


class PyLane:
    """One copy's way through the fan-out. Only the counters change once it is made. `native._fanout.Lane` is
    its compiled twin, with the same attributes."""

    __slots__ = (
        "edit",
        "first_seq",
        "last_out",
        "octets",
        "packets",
        "path",
        "pt",
        "seq_add",
        "ssrc",
        "timestamp_add",
    )

    def __init__(
        self, path: SendPath, ssrc: int, pt: int, edit: Edit, first_seq: int, seq_add: int, timestamp_add: int
    ) -> None:
        self.path = path
        self.ssrc = ssrc
        self.pt = pt
        self.edit = edit
        self.first_seq = first_seq  # the source's number of the first packet that may use this lane
        self.seq_add = seq_add  # out = source + add, unwrapped
        self.timestamp_add = timestamp_add
        self.last_out = -1  # highest unwrapped number sent, set when the lane ends; -1 while it runs
        self.packets = 0
        self.octets = 0  # RTP header and payload


if TYPE_CHECKING:
    Lane = PyLane
else:
    Lane = PyLane if native.fanout is None else native.fanout.Lane

_edits: dict[Edit, Edit] = {}
_MAX_EDITS = 65536
"""Edits differ by client and by layer switches; forgetting them costs a moment of speed, nothing else."""


def intern_edit(edit: Edit) -> Edit:
    """The one object for equal edits."""
    if len(_edits) > _MAX_EDITS:
        _edits.clear()
    return _edits.setdefault(edit, edit)
