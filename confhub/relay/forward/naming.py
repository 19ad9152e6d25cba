"""Under which ids and names a subscriber's packets carry their header extensions."""

from __future__ import annotations

from confhub.relay.forward.specs import (
    ABS_SEND_TIME_URI,
    AUDIO_LEVEL_URI,
    DEPENDENCY_DESCRIPTOR_URI,
    MID_URI,
    VIDEO_ORIENTATION_URI,
    DownSpec,
)

_MAX_MID_BYTES = 16
"""Of the one-byte form; browsers and pion name sections by numbers."""


def extension_ids(spec: DownSpec) -> tuple[int, int, int, int]:
    """Of abs-send-time, audio level, video orientation and AV1's descriptor; 0 = not negotiated."""
    abs_time, level, orientation, descriptor = (
        _id_of(spec, uri)
        for uri in (ABS_SEND_TIME_URI, AUDIO_LEVEL_URI, VIDEO_ORIENTATION_URI, DEPENDENCY_DESCRIPTOR_URI)
    )
    return abs_time, level, orientation, descriptor


def mid_of(spec: DownSpec) -> tuple[int, bytes]:
    """(id, value) of the extension that tells a packet's section (RFC 8843, 9.2); (0, b"") where it was not
    negotiated."""
    identifier, value = _id_of(spec, MID_URI), spec.mid.encode()
    return (identifier, value) if identifier and 1 <= len(value) <= _MAX_MID_BYTES else NO_MID


NO_MID = (0, b"")


def _id_of(spec: DownSpec, wanted: str) -> int:
    return next((identifier for identifier, uri in spec.extmap.items() if uri == wanted), 0)
