"""How an office lays out a sheet: where the heading is, and what its columns are. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

from confhub.sheets.choices import LEFT_OUT, NOTHING, Said
from confhub.sheets.headings import normal, ways
from confhub.sheets.table import COLUMNS_MAX, HEADING_WITHIN_ROWS, Table, cell_text

SAMPLES: Final = 3
"""Values shown beside a column's heading."""

SEVERAL: Final = ("birth_date", "note")
"""Fields that several columns may hold: years of birth of men and women stand in two."""


ROWS_SHOWN: Final = 60
"""A sheet's first rows, among which somebody may say where its heading is."""


@dataclass(frozen=True, slots=True)
class Column:
    """`place` from 0. `field`: None where it is not read; then `why`: unknown | twice | unnamed | chosen.
    `sample`: the first values, once the rows below were looked at."""

    place: int
    heading: str
    field: str | None
    why: str = ""
    sample: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """`row`: the last row of it, from 1, or the one above the first entry; `first`: as `Said.heading`.
    `digest`: the same for the same texts in the same places."""

    row: int
    columns: tuple[Column, ...]
    digest: str
    first: int = 1

    @property
    def fields(self) -> dict[str, int]:
        """Field → place; of several columns of one field the first."""
        found: dict[str, int] = {}
        for column in self.columns:
            if column.field is not None:
                found.setdefault(column.field, column.place)
        return found

    def places(self, field: str) -> list[int]:
        """Every column of a field."""
        return [column.place for column in self.columns if column.field == field]


Good = Callable[[Set[str], int], bool]
"""Whether these fields make a heading; the number of its texts."""


def find_heading(table: Table, known: Mapping[str, str], good: Good, said: Said = NOTHING) -> Heading | None:
    """The heading of one row, two or three: where it was said to be, or else the first that is `good`. None
    where there is none, or the sheet is left out."""
    if said.heading is None:
        places = range(min(len(table.rows), HEADING_WITHIN_ROWS))
        found = (_at(table, index, known, said.fields, good) for index in places)
        return next((one for one in found if one is not None), None)
    if said.heading == LEFT_OUT or abs(said.heading) > len(table.rows):
        return None
    if said.heading < 0:
        return _heading(table, said.heading, -said.heading - 1, [], None, [], said.fields)
    return _at(table, said.heading - 1, known, said.fields, _anything)


def headings_like(table: Table, known: Mapping[str, str]) -> list[Heading]:
    """What each of the first rows would be as a heading: one of them may be remembered."""
    found = [
        _at(table, index, known, {}, lambda _fields, texts: texts > 1)
        for index in range(min(len(table.rows), HEADING_WITHIN_ROWS))
    ]
    return [one for one in found if one is not None]


def _anything(_fields: Set[str], _texts: int) -> bool:
    return True


def _at(
    table: Table, index: int, known: Mapping[str, str], chosen: Mapping[int, str], good: Good
) -> Heading | None:
    spans = _spans(table)
    texts = _texts(table, index)
    parents = _spread(texts, spans.get(index + 1, ()))
    children = _children(table, index, texts, spans.get(index + 1, ()))
    last = index + 1 + (children is not None)
    if children is not None:
        second = spans.get(index + 2, ())
        wide = _spread(children, second)
        below = [one or other for one, other in zip_longest(wide, parents, fillvalue="")]
        lowest = _children(table, index + 1, below, second)
        if lowest is not None:
            texts, parents, children, last = below, below, lowest, last + 1
    fields = _fields(parents, children, texts, known)
    if not good({field for field in fields if field is not None}, sum(map(bool, texts))):
        return None
    return _heading(table, index + 1, last, parents, children, fields, chosen)


def _texts(table: Table, index: int) -> list[str]:
    return [" ".join(cell_text(cell).split()) for cell in table.rows[index]]


def _spans(table: Table) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = {}
    for row, first, last in table.spans:
        if row <= ROWS_SHOWN + 2:
            found.setdefault(row, []).append((first - 1, last - 1))
    return found


def _spread(texts: list[str], spans: list[tuple[int, int]] | tuple[()]) -> list[str]:
    spread = list(texts)
    for first, last in spans:
        spread.extend([""] * (last + 1 - len(spread)))
        for place in range(first, last + 1):
            spread[place] = spread[place] or spread[first]
    return spread


def _children(
    table: Table, index: int, texts: list[str], spans: list[tuple[int, int]] | tuple[()]
) -> list[str] | None:
    """The row below, if it is the second row of the heading: it names columns under wider ones."""
    if index + 1 >= len(table.rows):
        return None
    below = _texts(table, index + 1)
    under = {place for first, last in spans for place in range(first, last + 1)}
    named = 0
    for place, text in enumerate(below):
        above = texts[place] if place < len(texts) else ""
        if not text or text == above:
            continue
        if text[:1].isdigit() or text.startswith("(") or (above and place not in under):
            return None
        named += place in under or _beside(texts, place)
    return below if named and sum(map(bool, texts)) > 1 else None


def _beside(texts: list[str], place: int) -> bool:
    """Whether an empty heading stands right of a filled one: a merged cell that a CSV file has lost."""
    return 0 < place <= len(texts) and bool(texts[place - 1]) and not (place < len(texts) and texts[place])


def _fields(
    parents: list[str], children: list[str] | None, texts: list[str], known: Mapping[str, str]
) -> list[str | None]:
    width = min(max(len(parents), len(children or ())), COLUMNS_MAX)
    fields: list[str | None] = []
    above = ""
    for place in range(width):
        own = parents[place] if place < len(parents) else ""
        above = own or above
        child = children[place] if children is not None and place < len(children) else ""
        if child and child != own:
            wordings = [f"{child} {above}", f"{above} {child}", child]
            fields.append(_known(wordings, known) or ("note" if _known([above], known) == "note" else None))
        else:
            fields.append(_known([own], known))
    for place in range(1, width):
        spread = place >= len(texts) or not texts[place]
        child = children[place] if children is not None and place < len(children) else ""
        if spread and not child and fields[place] is not None and fields[place] == fields[place - 1]:
            # One heading over two columns: family and given name, else what stands right is read by nobody.
            fields[place] = "given" if fields[place] == "name" else None
    return fields


def _known(texts: list[str], known: Mapping[str, str]) -> str | None:
    return next((known[way] for text in texts for way in ways(text) if way in known), None)


def _heading(
    table: Table,
    first: int,
    row: int,
    parents: list[str],
    children: list[str] | None,
    fields: list[str | None],
    chosen: Mapping[int, str],
) -> Heading:
    used = {place for cells in table.rows[row:] for place, cell in enumerate(cells) if cell != ""}
    columns: list[Column] = []
    width = max(len(fields), max(used, default=-1) + 1)
    for place in range(width):
        parent = parents[place] if place < len(parents) else ""
        child = children[place] if children is not None and place < len(children) else ""
        heading = " – ".join(dict.fromkeys(text for text in (parent, child) if text))
        field = fields[place] if place < len(fields) else None
        if not heading and place not in used:
            continue
        if not heading and _is_given(table, row, place, columns):
            field = "given"
        why = "" if field else "unknown" if heading else "unnamed"
        if place in chosen:
            field, why = chosen[place] or None, "" if chosen[place] else "chosen"
        columns.append(Column(place, heading, field, why))
    told = "\n".join(f"{column.place} {normal(column.heading)}" for column in columns if column.heading)
    told = told or f"{width} columns without a heading"
    return Heading(row, tuple(_settled(columns)), hashlib.sha256(told.encode()).hexdigest(), first)


def _is_given(table: Table, row: int, place: int, columns: list[Column]) -> bool:
    """Whether a column without a name, right of the names, holds the given names: one word in each row."""
    if not columns or columns[-1].place != place - 1 or columns[-1].field not in ("name", "family"):
        return False
    words = [
        len(cell_text(cells[place]).split())
        for cells in table.rows[row : row + 200]
        if place < len(cells) and cells[place] != "" and cells[place - 1] != ""
    ]
    return bool(words) and sum(count == 1 for count in words) * 10 >= len(words) * 9


def _settled(columns: list[Column]) -> Iterator[Column]:
    """Each field once; a given name beside a name makes the latter the family's."""
    there = {column.field for column in columns}
    if "given" in there and "name" in there and "family" not in there:
        rename = {"name": "family"}
    elif "given" in there and not there & {"name", "family"}:
        rename = {"given": "name"}
    elif "family" in there and not there & {"name", "given"}:
        rename = {"family": "name"}
    else:
        rename = {}
    seen: set[str] = {"family", "given"} if {"name", "family", "given"} <= there else set()
    for column in columns:
        field = rename.get(column.field or "", column.field)
        if field in seen and field not in SEVERAL:
            yield replace(column, field=None, why="twice")
            continue
        seen.add(field or "")
        yield replace(column, field=field)
