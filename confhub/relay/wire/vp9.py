"""The VP9 payload descriptor (RFC 9628): layer, running numbers, where frames and keyframes start and end."""

from __future__ import annotations

from typing import NamedTuple

from confhub.relay.wire.numbers import Numbers

_I, _P, _L, _F, _B, _E, _V = 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02
_MAX_REFERENCES = 3


class Vp9Error(ValueError):
    """Not a VP9 payload, or a truncated one."""


class Vp9View(NamedTuple):
    """What the descriptor tells. A frame is one spatial layer of one picture."""

    spatial_id: int
    temporal_id: int
    is_picture_start: bool  # first packet of the lowest frame
    is_keyframe_start: bool  # the same, and decoding can begin there
    is_frame_end: bool
    spatial_layers: int  # of the scalability structure, 0 where the packet carries none
    numbers: Numbers
    size: int  # of the descriptor


def parse(payload: bytes) -> Vp9View:
    """Payload -> positions, in flexible and non-flexible mode. Raises Vp9Error; an empty payload is one."""
    if not payload:
        raise Vp9Error("empty payload")
    first = payload[0]
    at = 1
    picture_id_at = picture_id_bits = picture_id = tl0_at = tl0 = spatial_id = temporal_id = layers = 0
    try:
        if first & _I:
            picture_id_at, picture_id_bits, picture_id = at, 7, payload[at]
            at += 1
            if picture_id & 0x80:
                picture_id, picture_id_bits = (picture_id & 0x7F) << 8 | payload[at], 15
                at += 1
        if first & _L:
            temporal_id, spatial_id = payload[at] >> 5, payload[at] >> 1 & 0x07
            at += 1
            if not first & _F:
                tl0_at, tl0 = at, payload[at]
                at += 1
        if first & _P and first & _F:
            at = _after_references(payload, at)
        if first & _V:
            layers, at = _structure(payload, at)
    except IndexError as error:
        raise Vp9Error("truncated payload descriptor") from error
    if at >= len(payload):
        raise Vp9Error("no data after the payload descriptor")
    starts = first & _B != 0 and spatial_id == 0
    numbers = Numbers(picture_id_at, picture_id_bits, picture_id, tl0_at, tl0)
    return Vp9View(
        spatial_id, temporal_id, starts, starts and not first & _P, first & _E != 0, layers, numbers, at
    )


def _after_references(payload: bytes, at: int) -> int:
    """Behind the list of P_DIFF, each with a bit that says whether another one follows."""
    for _ in range(_MAX_REFERENCES):
        more = payload[at] & 0x01
        at += 1
        if not more:
            return at
    raise Vp9Error("more than three reference indices")


def _structure(payload: bytes, at: int) -> tuple[int, int]:
    """(number of spatial layers, offset behind the scalability structure)."""
    head = payload[at]
    layers = (head >> 5) + 1
    at += 1
    if head & 0x10:
        at += 4 * layers
    if head & 0x08:
        pictures = payload[at]
        at += 1
        for _ in range(pictures):
            at += 1 + (payload[at] >> 2 & 0x03)
    return layers, at
