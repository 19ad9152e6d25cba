"""Rows of an office's sheet that are no entries: groups, totals, column numbers, signatures. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from confhub.sheets.headings import KNOWN, normal, ways
from confhub.sheets.layout import SAMPLES, Heading
from confhub.sheets.preview import Skipped
from confhub.sheets.table import Cell, Table, cell_text

REASONS: Final = {
    "numbers": "numbers of the columns",
    "heading": "the heading once more",
    "group": "heading of a group",
    "total": "a total",
    "signature": "below the table: remarks and signatures",
    "number": "a number and nothing else",
    "remark": "a line of text and nothing else",
    "above": "above the heading",
    "other": "under a heading with other columns: give that table a sheet of its own",
}
"""Message ids of why a row is no entry."""

CERTAIN: Final = ("code", "birth_date", "phone", "email", "came", "went")
"""Fields that nobody has who signs a list."""

ROWS_SHOWN: Final = 200
"""Rows that are no entries, told one by one; the rest is counted."""

LEARNT_FROM: Final = 50
"""Entries that say what all of them have."""

ABOVE_LEAST: Final = 3
"""Cells of a row above the heading that make it worth telling: titles have one or two."""

_NUMBERING: Final = frozenset({"stt", "tt", "so tt", "so thu tu", "no", "#"})
_ROMAN = re.compile(r"(?:[IVXLC]{1,6}|[A-Z])[.)]?")
_COLUMN_NUMBER = re.compile(r"\(?\s*+(?:[0-9]{1,2}|[A-Za-z])\s*+\)?(?:\s*+=.{0,20})?")
_GROUP = re.compile(
    r"(?:[IVXLC]{1,6}|[A-Z]|[0-9]{1,2})[.)]\s*\S.*|(?:khối|tổ|nhóm|phần|cụm)\s.*"
    r"|(?:ubnd|hđnd|ủy ban|uỷ ban|đảng ủy|đảng uỷ|phòng|sở|ban|xã|phường|thị trấn)\s.*",
    re.IGNORECASE,
)
_COUNT = r"\s*+[:=]?+[\d., ]*+(?:người|đại biểu|học viên|đồng chí|đ/c|điểm cầu|phòng)?+[\s./)]*+"
_TOTAL = re.compile(
    rf"\(?\s*(?:tổng (?:cộng|số)\b.*|(?:tổng|cộng){_COUNT}|total\b.*|ấn định\b.*|bằng chữ\b.*"
    r"|danh sách (?:(?:này|trên) )?(?:có|gồm|ấn định)\b.*"
    r"|(?:số (?:người|đại biểu|học viên|điểm cầu)|có mặt|vắng|trong đó)\b[^:]*:.*)",
    re.IGNORECASE,
)
"""The whole of a cell: `Tổng công ty Giấy` and `Cộng Hòa` are names."""
_SIGNATURE = re.compile(
    r"\(?\s*(?:người (?:lập|tổng hợp|duyệt|kiểm tra|báo cáo|ghi)\b|lập (?:biểu|bảng|danh sách)\b"
    r"|cán bộ (?:lập|phụ)\b|kế toán|phụ trách kế toán|thủ trưởng|hiệu trưởng$|xác nhận|(?:phê )?duyệt\b"
    r"|nơi nhận|ký[,. )]|đã ký\b|đại diện|(?:tm|t/m|kt|tl|tuq|q)\.?\s+\S|(?:tm|kt|tl|tuq|q)\.\S|thư ký\b"
    r"|chủ (?:trì|tọa|toạ)$|(?:phó )?chủ tịch(?: (?:ubnd|hđnd)\b.*)?$|(?:phó )?trưởng (?:phòng|ban|đoàn)$"
    r"|(?:phó )?chánh văn phòng$|(?:phó )?giám đốc$|(?:phó )?bí thư$|ghi chú\s*:|lưu ý\b|[-–]\s*+[^\W\d])"
    r"|(?:.*\W)?ngày\s*+[\d.…_]*+\s*+tháng\b|.*,\s*+ngày\s*+\d{1,2}\s*+[/.-]",
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


@dataclass(slots=True)
class LeftOut:
    """Rows that are no entries: how many by their reason, and the first ones."""

    counts: Counter[str] = field(default_factory=Counter)
    first: list[Skipped] = field(default_factory=list)

    def add(self, sheet: str, row: Row) -> None:
        """One more."""
        self.counts[row.why] += 1
        if len(self.first) < ROWS_SHOWN:
            self.first.append(Skipped(sheet, row.number, row.why, row.text))


def body(table: Table, heading: Heading, telling: tuple[str, ...]) -> tuple[Heading, list[Row]]:
    """The rows below the heading, empty ones left out; and the heading with the first values of its columns.

    `telling`: fields beside the name that only entries have. Values are those of entries alone.
    """
    rows = list(_Body(table, heading, telling).rows())
    return _with_samples(heading, rows), rows


def _with_samples(heading: Heading, rows: list[Row]) -> Heading:
    found: dict[int, list[str]] = {}
    for row in rows:
        if row.why:
            continue
        for place, cell in enumerate(row.cells):
            if cell != "":
                kept = found.setdefault(place, [])
                if len(kept) < SAMPLES and (text := cell_text(cell)[:60]) not in kept:
                    kept.append(text)
    columns = (replace(one, sample=tuple(found.get(one.place, ()))) for one in heading.columns)
    return replace(heading, columns=tuple(one for one in columns if one.heading or one.sample))


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
        named = [one for one in heading.columns if one.heading]
        self.places = {_plain(one.heading.rsplit(" – ", 1)[-1]): one.place for one in reversed(named)}
        self.order: dict[int, int] = {}
        """Where the columns of a second heading further down stand in the first one."""
        self.lost = False
        """Under a heading whose columns are not those of the first."""
        self.wide = {row for row, first, last in table.spans if last > first}
        self.group, self.after = "", ""
        self.numbered = False
        self.entries = 0
        self.common = {*self.named, *self.telling}

    def rows(self) -> Iterator[Row]:
        for number, cells in enumerate(self.table.rows[: abs(self.heading.first) - 1], 1):
            if sum(cell != "" for cell in cells) >= ABOVE_LEAST:
                yield Row(number, cells, "above", text=_told(cells))
        for number, cells in enumerate(self.table.rows[self.heading.row :], self.heading.row + 1):
            if not any(cell != "" for cell in cells):
                continue
            if not self._counted(cells) and self._turns(cells):
                yield Row(number, cells, "other" if self.lost else "heading", text=_told(cells))
            elif self.lost or (self.order and self._beyond(cells)):
                yield Row(number, cells, "other", text=_told(cells))
            else:
                yield self._row(number, self._in_order(cells) if self.order else cells)

    def _row(self, number: int, cells: list[Cell]) -> Row:
        filled = [place for place, cell in enumerate(cells) if cell != ""]
        if len(filled) > 2 and not self.after and number > self.heading.row + 2 and self._counted(cells):
            why = "heading" if self._again(cells, filled) else ""
        else:
            why = self._why(number, cells, filled)
        if not why:
            self._note_entry(cells, filled)
            return Row(number, cells, group=self.group)
        if why == "group":
            self.group = next(cell_text(cells[place]) for place in reversed(filled))
        if why in ("total", "signature"):
            self.after = why
        return Row(number, cells, why, text=_told(cells))

    def _turns(self, cells: list[Cell]) -> bool:
        """Whether this is a heading further down. Where its columns stand in other places, what stands below
        is put under those of the first; it is lost where it has others."""
        if self._again(cells, [place for place, cell in enumerate(cells) if cell != ""]):
            self.lost, self.order = False, {}
            return True
        texts = {place: _plain(cell_text(cell)) for place, cell in enumerate(cells) if cell != ""}
        own = {place: self.places[text] for place, text in texts.items() if text in self.places}
        if not own or len(texts) < ABOVE_LEAST:
            return False
        known = sum(place in own or any(way in KNOWN for way in ways(text)) for place, text in texts.items())
        if known < ABOVE_LEAST or known * 2 <= len(texts):
            return False
        self.lost = len(set(own.values())) < len(texts)
        self.order = {} if all(here == there for here, there in own.items()) else own
        return True

    def _beyond(self, cells: list[Cell]) -> bool:
        """Whether something stands where the second heading names no column."""
        return any(cell != "" and place not in self.order for place, cell in enumerate(cells))

    def _in_order(self, cells: list[Cell]) -> list[Cell]:
        ordered: list[Cell] = [""] * (max(self.order.values()) + 1)
        for here, there in self.order.items():
            if here < len(cells):
                ordered[there] = cells[here]
        return ordered

    def _note_entry(self, cells: list[Cell], filled: list[int]) -> None:
        """Remember what entries have in common: whoever signs below the table has less."""
        self.after = ""
        if self.entries < LEARNT_FROM:
            self.entries += 1
            self.common &= set(filled)
            self.numbered = self.numbered or self._counted(cells)

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
        if self._says(_TOTAL.fullmatch, cells, texts):
            return "total"
        if self._says(_SIGNATURE.match, cells, texts) or (
            self.after == "signature" and self._is_below(filled)
        ):
            return "signature"  # whoever signs has a name and stands somewhere in the table's columns
        if filled == [self.number]:
            if not any(char.isalpha() for char in texts[0]):
                return "number"
            return "group" if number in self.wide or _GROUP.fullmatch(texts[0]) else "remark"
        if self._grouped(number, cells, filled, texts):
            return "group"
        return "signature" if self.after == "total" and self._is_short(filled) else ""

    def _is_below(self, filled: list[int]) -> bool:
        return self.numbered or not set(self.certain) & set(filled) or self._is_short(filled)

    def _is_short(self, filled: list[int]) -> bool:
        """Whether the row has less than every entry above: no running number, or not all of their fields."""
        return self.entries > 0 and (self.numbered or not self.common <= set(filled))

    def _again(self, cells: list[Cell], filled: list[int]) -> bool:
        same = sum(
            " ".join(cell_text(cells[place]).casefold().split()) in self.texts.get(place, ())
            for place in filled
        )
        return same > 1 and same * 2 > len(filled)

    def _says(self, matches: Callable[[str], object], cells: list[Cell], texts: list[str]) -> bool:
        """Whether the row says so: anywhere; in its first cell or name where it has all that an entry has."""
        named = [at for at in self.named if at < len(cells) and cells[at] != ""]
        if named and self._has(cells, self.telling):
            texts = [texts[0], cell_text(cells[named[0]]).strip()]
        elif len(named) > 1:  # a given name by itself may say anything: Ký, Duyệt, Cộng
            texts = [text for text in texts if text != cell_text(cells[named[-1]]).strip()]
        return any(matches(unicodedata.normalize("NFC", text)) for text in texts)

    def _grouped(self, number: int, cells: list[Cell], filled: list[int], texts: list[str]) -> bool:
        at = self.number
        roman = at is not None and at in filled and bool(_ROMAN.fullmatch(cell_text(cells[at]).strip()))
        if roman and len(filled) == 2 and " " in texts[-1]:
            return True  # beside its number, whatever the column: codes have no blanks
        if self._has(cells, self.telling):
            return False
        if roman:
            return True
        if len(filled) == 1:
            return number in self.wide or filled[0] not in self.named or bool(_GROUP.fullmatch(texts[0]))
        return False


def _told(cells: list[Cell]) -> str:
    return " · ".join(cell_text(cell) for cell in cells if cell != "")[:120]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _are_numbers(texts: list[str]) -> bool:
    """`(1) (2) (3)`, `1 2 3`, `A B 1 2`: each cell a number of a column, one more than the one before."""
    if len(texts) < 3 or not all(_COLUMN_NUMBER.fullmatch(text) for text in texts):
        return False
    counted = [int(found) for text in texts if (found := re.sub(r"=.*|[^0-9]", "", text))]
    return (
        len(counted) > 1 and counted == list(range(counted[0], counted[0] + len(counted))) and counted[0] < 3
    )
