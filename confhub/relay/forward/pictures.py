"""What a received video packet is, by its codec: where pictures and keyframes start, and to which layer it
belongs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from confhub.relay.forward.cargo import Cargo
from confhub.relay.wire import av1, h264, vp8, vp9
from confhub.relay.wire.rtp import RtpView


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
_START = Picture(is_start=True)
_KEY = Picture(is_start=True, is_key=True)


def _read_vp8(cargo: Cargo) -> Picture | None:
    try:
        view = vp8.parse(cargo.payload)
    except vp8.Vp8Error:
        return None
    cargo.numbers = view.numbers
    if view.is_keyframe_start:
        return _KEY
    return _START if cargo.payload[0] & 0x17 == 0x10 else _WITHIN


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


class Edge:
    """The newest packet of a stream, to tell what a gap behind it was.

    A publisher without retransmission streams (RFC 4588) probes the line with packets of padding in the media
    stream, behind whole pictures and with the time of the last one (libwebrtc). Lost, they are never sent
    again: waiting for them would cost every viewer its picture.
    """

    __slots__ = ("_is_whole", "_next", "_timestamp")

    def __init__(self) -> None:
        self._is_whole = False  # its picture is complete
        self._next = -1  # the running number a picture right behind it would have; -1: unknown
        self._timestamp = -1

    def note(self, view: RtpView, cargo: Cargo) -> None:
        """The newest packet."""
        self._timestamp = view.timestamp
        self._is_whole = view.marker != 0 or not cargo.payload
        if cargo.payload:
            self._next = _running(cargo, 1)

    def is_padding_before(self, view: RtpView, cargo: Cargo, picture: Picture | None) -> bool:
        """Can nothing but padding have been between the edge and that packet?"""
        if not self._is_whole:
            return False
        if not cargo.payload:
            return view.timestamp == self._timestamp
        return picture is not None and picture.is_start and self._next == _running(cargo, 0) >= 0


def _running(cargo: Cargo, add: int) -> int:
    """The packet's picture id or frame number, moved on; -1: it has none."""
    numbers = cargo.numbers
    if numbers is not None:
        bits = numbers.picture_id_bits
        return (numbers.picture_id + add) & ((1 << bits) - 1) if bits else -1
    return (cargo.frame_number + add) & 0xFFFF if cargo.descriptor else -1


def reader(codec: str) -> Reader:
    """A reader for one stream of that codec (lower-case name)."""
    return _READERS[codec]()


_READERS: dict[str, Callable[[], Reader]] = {
    "vp8": lambda: _read_vp8,
    "vp9": lambda: _read_vp9,
    "h264": _H264Reader,
    "av1": _Av1Reader,
}
