"""A room's line over time, packed: one record a sample, one row a room and minute."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

SAMPLE_S = 5
"""As often a running session's rooms are sampled."""

_RECORD = struct.Struct("<BBBHHbHB")
"""second of the minute, loss down and up (1/250), kbit/s down and up, layer, round trip in ms, flags:
11 bytes, so that 302 rooms over three hours are 54,000 rows of at most 132 bytes."""
_LOSS_STEPS = 250
_NO_RTT = 0xFFFF
_LIMITED, _TCP = 4, 8  # flags; the lowest two bits are the quality

SAMPLES_PER_ROW_MAX = 20
"""A minute has twelve; a clock that was set back may add some."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a room's line. Loss 0..1, `layer` of the picture it is sent: 0 low to 2 high, -1 none;
    `quality`: 0 poor, 1 good, 2 excellent, 3 lost; `limited`: its line holds the picture down."""

    at: datetime
    loss_down: float
    loss_up: float
    down_kbps: int
    up_kbps: int
    layer: int
    rtt_ms: int | None
    quality: int
    limited: bool
    tcp: bool


def minute_of(at: datetime) -> datetime:
    """The beginning of its minute."""
    return at.replace(second=0, microsecond=0)


def sample_of(figures: Mapping[str, Any], at: datetime) -> Sample:
    """From the engine's figures of one participant; what is missing or no number counts as nothing."""
    rtt_ms = figures.get("rtt_ms")
    return Sample(
        at=at,
        loss_down=_number(figures, "down_loss_permille") / 1000,
        loss_up=_number(figures, "up_loss_permille") / 1000,
        down_kbps=round(_number(figures, "down_bps") / 1000),
        up_kbps=round(_number(figures, "up_bps") / 1000),
        layer=int(_number(figures, "layer", -1)),
        rtt_ms=int(rtt_ms) if isinstance(rtt_ms, (int, float)) else None,
        quality=int(_number(figures, "quality")) & 3,
        limited=bool(_number(figures, "limited")),
        tcp=bool(_number(figures, "tcp")),
    )


def pack(sample: Sample) -> bytes:
    """One record; values beyond their bounds are cut to them."""
    flags = sample.quality & 3 | (_LIMITED if sample.limited else 0) | (_TCP if sample.tcp else 0)
    return _RECORD.pack(
        sample.at.second,
        _bounded(round(sample.loss_down * _LOSS_STEPS), _LOSS_STEPS),
        _bounded(round(sample.loss_up * _LOSS_STEPS), _LOSS_STEPS),
        _bounded(sample.down_kbps, 0xFFFF),
        _bounded(sample.up_kbps, 0xFFFF),
        max(-1, min(2, sample.layer)),
        _NO_RTT if sample.rtt_ms is None else _bounded(sample.rtt_ms, _NO_RTT - 1),
        flags,
    )


def unpack(minute: datetime, packed: bytes) -> Iterator[Sample]:
    """The samples of one row, as they were taken; a torn record at the end is left out."""
    whole = len(packed) - len(packed) % _RECORD.size
    for second, down, up, down_kbps, up_kbps, layer, rtt_ms, flags in _RECORD.iter_unpack(packed[:whole]):
        yield Sample(
            at=minute + timedelta(seconds=second),
            loss_down=down / _LOSS_STEPS,
            loss_up=up / _LOSS_STEPS,
            down_kbps=down_kbps,
            up_kbps=up_kbps,
            layer=layer,
            rtt_ms=None if rtt_ms == _NO_RTT else rtt_ms,
            quality=flags & 3,
            limited=bool(flags & _LIMITED),
            tcp=bool(flags & _TCP),
        )


def is_full(packed: bytes) -> bool:
    """Does no further record belong into that row?"""
    return len(packed) >= SAMPLES_PER_ROW_MAX * _RECORD.size


def thin(samples: Iterable[Sample], most: int) -> list[Sample]:
    """At most that many, evenly spread, each the worst of those it stands for: a short fault stays seen."""
    found = list(samples)
    if len(found) <= most:
        return found
    step = len(found) / most
    groups = (found[round(n * step) : round((n + 1) * step)] for n in range(most))
    return [max(group, key=lambda sample: sample.loss_down) for group in groups if group]


def _bounded(value: int, most: int) -> int:
    return max(0, min(most, value))


def _number(figures: Mapping[str, Any], name: str, otherwise: float = 0) -> float:
    value = figures.get(name)
    return value if isinstance(value, (int, float)) else otherwise
