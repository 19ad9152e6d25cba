"""How decoded pictures and sounds are compared with the test picture and tone."""

from __future__ import annotations

import array
import math
from typing import Any

from endpoints.clip import pattern

COLOUR_TOLERANCE = 14
"""Of 255; the quantizer of a 150 kbit/s picture moves a flat bar by less than half of that."""
TONE_TOLERANCE_HZ = 6.0
TONE_MIN_LEVEL = 500
"""Of 32767, root mean square: silence and comfort noise stay below."""


def colour_errors(planes: pattern.Planes) -> list[str]:
    """What is wrong with the bars of a decoded picture, in words; empty when all are right."""
    if planes.width < 14 or planes.height < 8:
        return ["picture too small"]
    row = int(planes.height * pattern.BARS_HEIGHT / 2)
    errors = []
    for number, wanted in enumerate(pattern.BARS):
        x = int(planes.width * (number + 0.5) / len(pattern.BARS))
        chroma = (row // 2) * planes.chroma_stride + x // 2
        found = (planes.luma[row * planes.luma_stride + x], planes.blue[chroma], planes.red[chroma])
        if max(abs(a - b) for a, b in zip(found, wanted, strict=True)) > COLOUR_TOLERANCE:
            errors.append(f"bar {number} is {found}, not {wanted}")
    return errors


def tone_hz(samples: bytes) -> float:
    """Frequency of a mono 16-bit sound by its rising zero crossings; 0 when it is too quiet or too short."""
    values = array.array("h", samples[: len(samples) // 2 * 2])
    if len(values) < pattern.SAMPLE_RATE // 20:
        return 0.0
    if math.sqrt(sum(v * v for v in values) / len(values)) < TONE_MIN_LEVEL:
        return 0.0
    crossings = [
        i + values[i] / (values[i] - values[i + 1])
        for i in range(len(values) - 1)
        if values[i] < 0 <= values[i + 1]
    ]
    if len(crossings) < 3:
        return 0.0
    return pattern.SAMPLE_RATE * (len(crossings) - 1) / (crossings[-1] - crossings[0])


def mono16(frame: Any) -> bytes:
    """The first channel of a decoded av.AudioFrame as signed 16 bit; planar or packed floats or 16 bit
    integers."""
    name: str = frame.format.name
    channels = len(frame.layout.channels)
    step = 1 if name.endswith("p") else channels
    raw = bytes(frame.planes[0])[: frame.samples * step * frame.format.bytes]
    if name.startswith("flt"):
        values = array.array("f", raw)[::step]
        return array.array("h", (max(-32768, min(32767, int(v * 32767))) for v in values)).tobytes()
    if name.startswith("s16"):
        return array.array("h", raw)[::step].tobytes()
    raise ValueError(f"sample format {name}")
