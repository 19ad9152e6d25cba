"""AV1 over RTP (AOMedia's specification): the dependency descriptor and the OBU aggregation header.

The descriptor is a header extension: which frame a packet belongs to, and, at keyframes, the structure that
says to which spatial and temporal layer each template of a frame belongs.
"""

from __future__ import annotations

from typing import NamedTuple

_MAX_SPATIAL_IDS, _MAX_TEMPORAL_IDS = 4, 8
_MAX_TEMPLATES = 64
_NOT_PRESENT = 0
"""Decode target indication: the frame is no part of that decode target."""


class Av1Error(ValueError):
    """Not a dependency descriptor, or a truncated one."""


class Structure(NamedTuple):
    """The template structure in force until the next one. Layers are (spatial id, temporal id)."""

    offset: int  # the first template's id, modulo 64
    layers: tuple[tuple[int, int], ...]  # by template
    targets: tuple[tuple[int, int], ...]  # by decode target: the highest ids of its templates

    def layer(self, template_id: int) -> tuple[int, int] | None:
        """(spatial id, temporal id) of frames made by that template; None: no such template."""
        index = (template_id - self.offset) % _MAX_TEMPLATES
        return self.layers[index] if index < len(self.layers) else None

    def spatial_layers(self, active: int) -> int:
        """How many spatial layers the active decode targets (bit mask) have."""
        ids = [spatial for bit, (spatial, _) in enumerate(self.targets) if active >> bit & 1]
        return max(ids, default=0) + 1


class Descriptor(NamedTuple):
    """One packet's dependency descriptor."""

    is_frame_start: bool
    is_frame_end: bool
    template_id: int
    frame_number: int
    structure: Structure | None  # keyframes only
    active: int | None  # bit mask of the decode targets sent from now on, where the packet tells


def parse(value: bytes, known: Structure | None = None) -> Descriptor:
    """The extension's value; `known` is the structure in force, needed to read some optional fields.

    Raises Av1Error.
    """
    if len(value) < 3:
        raise Av1Error("shorter than the mandatory fields")
    first = value[0]
    structure: Structure | None = None
    active: int | None = None
    if len(value) > 3:
        bits = _Bits(value, 24)
        has_structure, has_active = bits.read(1), bits.read(1)
        bits.read(3)  # custom dtis, fdiffs and chains follow behind what is needed here
        if has_structure:
            structure = _structure(bits)
            known, active = structure, (1 << len(structure.targets)) - 1
        if has_active and known is not None:
            active = bits.read(len(known.targets))
    return Descriptor(
        first & 0x80 != 0, first & 0x40 != 0, first & 0x3F, value[1] << 8 | value[2], structure, active
    )


def starts_sequence(payload: bytes) -> bool:
    """The aggregation header's N bit, on a packet that does not continue an OBU: a keyframe starts. Never
    raises."""
    return bool(payload) and payload[0] & 0x88 == 0x08


class _Bits:
    """Reads bit fields, most significant bit first."""

    __slots__ = ("_at", "_size", "_value")

    def __init__(self, data: bytes, at: int) -> None:
        self._value = int.from_bytes(data, "big")
        self._size = 8 * len(data)
        self._at = at

    def read(self, count: int) -> int:
        self._at += count
        if self._at > self._size:
            raise Av1Error("truncated dependency descriptor")
        return self._value >> (self._size - self._at) & ((1 << count) - 1)

    def read_below(self, bound: int) -> int:
        """ns(n): a number below `bound` in as few bits as may be."""
        width = bound.bit_length()
        short = (1 << width) - bound
        value = self.read(width - 1)
        if value < short:
            return value
        return (value << 1) - short + self.read(1)


def _structure(bits: _Bits) -> Structure:
    offset, target_count = bits.read(6), bits.read(5) + 1
    layers = _template_layers(bits)
    targets = [(0, 0)] * target_count
    for spatial, temporal in layers:
        for index in range(target_count):
            if bits.read(2) != _NOT_PRESENT:
                highest = targets[index]
                targets[index] = (max(highest[0], spatial), max(highest[1], temporal))
    for _ in layers:
        while bits.read(1):
            bits.read(4)
    chains = bits.read_below(target_count + 1)
    if chains:
        for _ in targets:
            bits.read_below(chains)
        bits.read(4 * chains * len(layers))
    if bits.read(1):  # a size for each spatial layer
        bits.read(32 * (max(spatial for spatial, _ in layers) + 1))
    return Structure(offset, tuple(layers), tuple(targets))


def _template_layers(bits: _Bits) -> list[tuple[int, int]]:
    """Templates in order of their layers; two bits say where the next one belongs."""
    spatial = temporal = 0
    layers = [(0, 0)]
    while True:
        step = bits.read(2)
        if step == 3:
            return layers
        if step == 1:
            temporal += 1
        elif step == 2:
            temporal, spatial = 0, spatial + 1
        if spatial >= _MAX_SPATIAL_IDS or temporal >= _MAX_TEMPORAL_IDS or len(layers) >= _MAX_TEMPLATES:
            raise Av1Error("more layers or templates than there may be")
        layers.append((spatial, temporal))
