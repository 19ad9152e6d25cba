"""The vendored Tinos: how wide its texts are, and where lines break.

Tinos has the metrics of Times New Roman and every Vietnamese letter.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from confhub.kernel.errors import StartError

REGULAR: Final = "Tinos"
BOLD: Final = "Tinos-Bold"
ITALIC: Final = "Tinos-Italic"
BOLD_ITALIC: Final = "Tinos-BoldItalic"
_FILES: Final = {
    REGULAR: "Tinos-Regular.ttf",
    BOLD: "Tinos-Bold.ttf",
    ITALIC: "Tinos-Italic.ttf",
    BOLD_ITALIC: "Tinos-BoldItalic.ttf",
}

BODY_SIZE: Final = 13
"""The decree asks for 13 to 14 points."""
LEADING: Final = 1.22
"""Line to line, in sizes: between the decree's single spacing and its 1.5."""
_CUT = "…"


@lru_cache(maxsize=1)
def load_fonts() -> None:
    """Make the four faces known to ReportLab. Raises StartError where the files are not there."""
    folder = Path(str(files("web"))) / "static" / "vendor"
    for name, file in _FILES.items():
        try:
            pdfmetrics.registerFont(TTFont(name, str(folder / file)))
        except (OSError, TTFError) as error:
            raise StartError(
                f"{folder / file} cannot be read ({error}): run make setup, which fetches it."
            ) from error
    pdfmetrics.registerFontFamily(REGULAR, REGULAR, BOLD, ITALIC, BOLD_ITALIC)


@lru_cache(maxsize=50_000)
def width(text: str, face: str, size: float) -> float:
    """How wide the text is drawn. Bounded cache: names and units come again and again."""
    return float(pdfmetrics.stringWidth(text, face, size))


def wrap(text: str, face: str, size: float, room: float) -> list[str]:
    """The text in lines no wider than `room`, broken at blanks, in a word only where it is wider alone."""
    lines: list[str] = []
    for part in text.split("\n"):
        current = ""
        for word in part.split():
            longer = f"{current} {word}" if current else word
            if width(longer, face, size) <= room:
                current = longer
                continue
            if current:
                lines.append(current)
            *whole, current = _broken(word, face, size, room)
            lines += whole
        lines.append(current)
    return lines


def balanced(text: str, face: str, size: float, room: float) -> list[str]:
    """As `wrap`, with the last line as long as the first ones where that takes no line more."""
    lines = wrap(text, face, size, room)
    narrow = room
    while len(lines) > 1:
        narrow *= 0.95
        tighter = wrap(text, face, size, narrow)
        if len(tighter) > len(lines):
            break
        lines = tighter
    return lines


def _broken(word: str, face: str, size: float, room: float) -> list[str]:
    """One word in pieces that fit; most words are one piece."""
    if width(word, face, size) <= room:
        return [word]
    pieces: list[str] = []
    current = ""
    for letter in word:
        if current and width(current + letter, face, size) > room:
            pieces.append(current)
            current = ""
        current += letter
    return [*pieces, current]


def shrunk(
    text: str, face: str, size: float, room: float, lines: int, *, smallest: float = 6
) -> tuple[float, list[str]]:
    """(size, lines) of a text that shrinks until it has no more than `lines`; nothing of it is cut, so at the
    smallest size it has as many as it needs."""
    found = wrap(text, face, size, room)
    while len(found) > lines and size > smallest:
        size = max(smallest, size - 0.5)
        found = wrap(text, face, size, room)
    return size, found


def fit(text: str, face: str, size: float, room: float) -> str:
    """The text, cut with an ellipsis where it is wider than `room`."""
    if width(text, face, size) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle].rstrip() + _CUT, face, size) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + _CUT
