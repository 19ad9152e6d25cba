"""The test picture and tone: known colour bars above, a moving block and clock below, a sine.

Colours are YUV (BT.601, limited range), as the codec keeps them, so that no conversion blurs the comparison.
"""

from __future__ import annotations

import array
import math
import random
from dataclasses import dataclass

# White, yellow, cyan, green, magenta, red, blue at 75 %: the classic order, told apart by any two components.
BARS: tuple[tuple[int, int, int], ...] = (
    (180, 128, 128),
    (162, 44, 142),
    (131, 156, 44),
    (112, 72, 58),
    (84, 184, 198),
    (65, 100, 212),
    (35, 212, 114),
)
BARS_HEIGHT = 0.6  # upper part of the picture, in parts of its height
TONE_HZ = 440
SAMPLE_RATE = 48_000


@dataclass(frozen=True, slots=True)
class Planes:
    """A 4:2:0 picture: three planes with their line sizes in bytes."""

    width: int
    height: int
    luma: bytes
    blue: bytes
    red: bytes
    luma_stride: int
    chroma_stride: int


def picture(width: int, height: int, index: int, fps: int, hue: int = 0) -> Planes:
    """Frame number `index` without row padding; width and height are even. `hue` (0 to 359) colours what
    moves and its ground, so that sources differ in every payload; the bars stay."""
    chroma_width, chroma_height = width // 2, height // 2
    planes = []
    for component, (w, h) in enumerate(
        ((width, height), (chroma_width, chroma_height), (chroma_width, chroma_height))
    ):
        bar_row = b"".join(
            bytes([BARS[i][component]]) * ((w * (i + 1)) // len(BARS) - (w * i) // len(BARS))
            for i in range(len(BARS))
        )
        bars_rows = int(h * BARS_HEIGHT)
        moving = _moving_rows(w, h - bars_rows, component, index, fps, hue)
        planes.append(bar_row * bars_rows + moving)
    return Planes(width, height, planes[0], planes[1], planes[2], width, chroma_width)


def _moving_rows(width: int, rows: int, component: int, index: int, fps: int, hue: int) -> bytes:
    """A block that runs once through the picture in four seconds, and a bar that grows with each second."""
    ground = (48, 128, 128)[component] if not hue else (48, *_chroma(hue, 40))[component]
    block = (235, 90, 60)[component] if not hue else (235, *_chroma(hue + 180, 60))[component]
    clock = (150, 110, 200)[component]
    side = max(2, width // 5)
    left = int((index % (4 * fps)) / (4 * fps) * (width - side))
    block_rows = _block(side, rows, block, index + 1009 * hue if component == 0 else -1)
    filled = max(1, int(((index % fps) + 1) / fps * width))
    clock_row = bytes([clock]) * filled + bytes([ground]) * (width - filled)
    clock_rows = max(1, rows // 4)
    before, after = bytes([ground]) * left, bytes([ground]) * (width - left - side)
    return b"".join(before + row + after for row in block_rows[clock_rows:]) + clock_row * clock_rows


def _chroma(hue: int, strength: int) -> tuple[int, int]:
    """Both colour components of an angle in degrees."""
    angle = math.radians(hue)
    return 128 + round(strength * math.cos(angle)), 128 + round(strength * math.sin(angle))


def _block(side: int, rows: int, value: int, seed: int) -> list[bytes]:
    """Rows of the moving block; in luma its texture is new in each frame, so that there is something to
    encode."""
    if seed < 0:
        return [bytes([value]) * side] * rows
    dice = random.Random(seed)
    cells = max(1, side // 4)
    texture = [bytes(dice.choices((60, 120, 180, 235), k=cells)) for _ in range(rows // 4 + 1)]
    return [
        b"".join(bytes([cell]) * 4 for cell in texture[row // 4])[:side].ljust(side, b"\x3c")
        for row in range(rows)
    ]


def tone(first_sample: int, count: int) -> bytes:
    """`count` mono samples of the tone, signed 16 bit little endian, at SAMPLE_RATE."""
    step = 2 * math.pi * TONE_HZ / SAMPLE_RATE
    samples = array.array("h", (int(9000 * math.sin(step * (first_sample + i))) for i in range(count)))
    return samples.tobytes()
