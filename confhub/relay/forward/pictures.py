"""What a received video packet is, by its codec: where pictures and keyframes start, and to which layer it
belongs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from confhub.relay.forward.cargo import Cargo
from confhub.relay.wire import av1, h264, vp8, vp9


class Picture(NamedTuple):
    """One packet's place. A frame is one spatial layer of one picture."""

    spatial_id: int = 0
    is_start: bool = False  # first packet of a picture
    is_key: bool = False  # the same, and decoding can begin here
    is_frame_end: bool = False
    spatial_layers: int = 0  # sent from here on, 0 where the packet does not tell


Reader = Callable[[Cargo], Picture | None]
"""Fills the cargo's running numbers; None: not a packet of that codec, to be dropped."""

_WITHIN = Picture()
_KEY = Picture(is_start=True, is_key=True)


def _read_vp8(cargo: Cargo) -> Picture | None:
    try:
        view = vp8.parse(cargo.payload)
    except vp8.Vp8Error:
        return None
    cargo.numbers = view.numbers
    return _KEY if view.is_keyframe_start else _WITHIN


def _read_vp9(cargo: Cargo) -> Picture | None:
    try:
        view = vp9.parse(cargo.payload)
    except vp9.Vp9Error:
        return None
    cargo.numbers = view.numbers
    return Picture(
        view.spatial_id,
        view.is_picture_start,
        view.is_keyframe_start,
        view.is_frame_end,
        view.spatial_layers if view.is_keyframe_start else 0,
    )


class _H264Reader:
    """Parameter sets and the IDR slice behind them are one picture: it starts at the first of them."""

    def __init__(self) -> None:
        self._started = -1

    def __call__(self, cargo: Cargo) -> Picture:
        if not h264.is_keyframe_start(cargo.payload) or cargo.timestamp == self._started:
            return _WITHIN
        self._started = cargo.timestamp
        return _KEY


class _Av1Reader:
    """Keeps the template structure in force. Without the descriptor, keyframes are known by the aggregation
    header."""

    def __init__(self) -> None:
        self._structure: av1.Structure | None = None

    def __call__(self, cargo: Cargo) -> Picture | None:
        if not cargo.descriptor:
            return _KEY if av1.starts_sequence(cargo.payload) else _WITHIN
        try:
            found = av1.parse(cargo.descriptor, self._structure)
        except av1.Av1Error:
            return None
        cargo.frame_number = found.frame_number
        if found.structure is not None:
            self._structure = found.structure
        structure = self._structure
        layer = structure.layer(found.template_id) if structure is not None else None
        if structure is None or layer is None:
            return None
        starts = found.is_frame_start and layer[0] == 0
        layers = structure.spatial_layers(found.active) if found.active is not None else 0
        is_key = starts and found.structure is not None
        return Picture(layer[0], starts, is_key, found.is_frame_end, layers)


def reader(codec: str) -> Reader:
    """A reader for one stream of that codec (lower-case name)."""
    return _READERS[codec]()


_READERS: dict[str, Callable[[], Reader]] = {
    "vp8": lambda: _read_vp8,
    "vp9": lambda: _read_vp9,
    "h264": _H264Reader,
    "av1": _Av1Reader,
}
