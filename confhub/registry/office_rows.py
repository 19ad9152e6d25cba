"""Rows of an office's sheet that are no entries: groups, totals, column numbers, signatures. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from confhub.registry.headings import normal
from confhub.registry.layout import Heading
from confhub.registry.sheets import Cell, Table, cell_text

REASONS: Final = {
    "numbers": "numbers of the columns",
    "heading": "the heading once more",
    "group": "heading of a group",
    "total": "a total",
    "signature": "below the table: remarks and signatures",
    "number": "a number and nothing else",
}
"""Message ids of why a row is no entry."""

CERTAIN: Final = ("code", "birth_date", "phone", "email", "came", "went")
"""Fields that nobody has who signs a list."""

_NUMBERING: Final = frozenset({"stt", "tt", "so tt", "so thu tu", "no", "#"})
_ROMAN = re.compile(r"(?:[IVXLC]{1,6}|[A-Z])[.)]?")
_COLUMN_NUMBER = re.compile(r"\(?\s*+(?:[0-9]{1,2}|[A-Za-z])\s*+\)?(?:\s*+=.{0,20})?")
_GROUP = re.compile(
    r"(?:[IVXLC]{1,6}|[A-Z]|[0-9]{1,2})[.)]\s*\S.*|(?:khối|tổ|nhóm|phần|cụm)\s.*"
    r"|(?:ubnd|hđnd|ủy ban|uỷ ban|đảng ủy|đảng uỷ|phòng|sở|ban|xã|phường|thị trấn)\s.*",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"\(?\s*(?:tổng(?:\s+(?:cộng|số|hợp))?\b|cộng\b|total\b|danh sách (?:này )?(?:có|gồm)|ấn định)",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"\(?\s*(?:người lập|người tổng hợp|kế toán|thủ trưởng|xác nhận|nơi nhận|ký[,. )]|đại diện"
    r"|(?:tm|kt|tl|tuq|q)\.\s*\S|(?:phó )?chủ tịch$|(?:phó )?trưởng (?:phòng|ban)$|(?:phó )?giám đốc$)"
    r"|.*\bngày\s*+[\d.…_]*+\s*+tháng\s*+[\d.…_]*+\s*+năm\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Row:
    """`number` from 1. `why`: empty for an entry, else a key of `REASONS`. `group`: the heading of the group
    that an entry stands in. `text`: what a row that is no entry says."""

    number: int
    cells: list[Cell]
    why: str = ""
    group: str = ""
    text: str = ""


def body(table: Table, heading: Heading, telling: tuple[str, ...]) -> Iterator[Row]:
    """The rows below the heading, empty ones left out. `telling`: fields beside the name that only entries
    have."""
    return _Body(table, heading, telling).rows()


class _Body:
    def __init__(self, table: Table, heading: Heading, telling: tuple[str, ...]) -> None:
        self.table, self.heading = table, heading
        self.named = [*heading.places("name"), *heading.places("family"), *heading.places("given")]
        self.telling = [place for field in telling for place in heading.places(field)]
        self.certain = [place for field in CERTAIN for place in heading.places(field)]
        self.number = next(
            (one.place for one in heading.columns if normal(one.heading) in _NUMBERING or one.heading == "#"),
            None,
        )
        self.texts = {
            one.place: set(one.heading.casefold().split(" – ")) for one in heading.columns if one.heading
        }
        self.wide = {row for row, first, last in table.spans if last > first}
        self.group, self.over = "", False

    def rows(self) -> Iterator[Row]:
        for number, cells in enumerate(self.table.rows[self.heading.row :], self.heading.row + 1):
            filled = [place for place, cell in enumerate(cells) if cell != ""]
            if not filled:
                continue
            if len(filled) > 2 and not self.over and number > self.heading.row + 2 and self._counted(cells):
                why = "heading" if self._again(cells, filled) else ""
            else:
                why = self._why(number, cells, filled)
            if why:
                text = " · ".join(cell_text(cells[place]) for place in filled)[:120]
                if why == "group":
                    self.group = next(cell_text(cells[place]) for place in reversed(filled))
                yield Row(number, cells, why, text=text)
            else:
                self.over = False
                yield Row(number, cells, group=self.group)

    def _counted(self, cells: list[Cell]) -> bool:
        """Whether the row has a running number and a name: most rows, and plainly entries."""
        at = self.number
        if at is None or at >= len(cells):
            return False
        return cell_text(cells[at]).strip(" .").isdigit() and self._has(cells, self.named)

    def _has(self, cells: list[Cell], places: list[int]) -> bool:
        return any(place < len(cells) and cells[place] != "" for place in places)

    def _why(self, number: int, cells: list[Cell], filled: list[int]) -> str:
        texts = [unicodedata.normalize("NFC", cell_text(cells[place])).strip() for place in filled]
        if number <= self.heading.row + 2 and _are_numbers(texts):
            return "numbers"
        if self._again(cells, filled):
            return "heading"
        if self._counted(cells):
            return ""
        if filled == [self.number]:
            return "group" if _GROUP.fullmatch(texts[0]) and not texts[0].isdigit() else "number"
        if any(_TOTAL.match(text) for text in texts[:2]):
            return "total"
        if self._signed(cells, texts):
            self.over = True
            return "signature"
        if self.over and (self.number is not None or not self._has(cells, self.certain)):
            return "signature"  # whoever signs has a name and stands somewhere in the table's columns
        return "group" if self._grouped(number, cells, filled, texts) else ""

    def _again(self, cells: list[Cell], filled: list[int]) -> bool:
        same = sum(
            " ".join(cell_text(cells[place]).casefold().split()) in self.texts.get(place, ())
            for place in filled
        )
        return same > 1 and same * 2 > len(filled)

    def _signed(self, cells: list[Cell], texts: list[str]) -> bool:
        if self._has(cells, self.telling) and self._has(cells, self.named):
            return any(_SIGNATURE.match(cell_text(cells[at])) for at in self.named if at < len(cells))
        return any(_SIGNATURE.match(text) for text in texts)

    def _grouped(self, number: int, cells: list[Cell], filled: list[int], texts: list[str]) -> bool:
        if self._has(cells, self.telling):
            return False
        at = self.number
        if at is not None and at in filled and _ROMAN.fullmatch(cell_text(cells[at]).strip()):
            return True
        if len(filled) == 1:
            return number in self.wide or filled[0] not in self.named or bool(_GROUP.fullmatch(texts[0]))
        return False


def _are_numbers(texts: list[str]) -> bool:
    """`(1) (2) (3)`, `1 2 3`, `A B 1 2`: each cell a number of a column, one more than the one before."""
    if len(texts) < 3 or not all(_COLUMN_NUMBER.fullmatch(text) for text in texts):
        return False
    counted = [int(found) for text in texts if (found := re.sub(r"=.*|[^0-9]", "", text))]
    return (
        len(counted) > 1 and counted == list(range(counted[0], counted[0] + len(counted))) and counted[0] < 3
    )
