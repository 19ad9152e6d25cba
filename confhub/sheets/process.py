"""The process that reads one import file: bytes on standard input, tables as JSON lines on standard output.

It takes its own limits before the first byte. Exit codes: 0 read, or refused in words; 3 out of memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any, Final

from confhub.sheets import errors
from confhub.sheets.files import read_tables
from confhub.sheets.table import Cell, SheetError, Table

MEMORY_MAX_BYTES: Final = 768 * 2**20
"""50,000 rows of 15 columns in a workbook take about half of it."""

CPU_MAX_S: Final = 20
"""50,000 rows of 15 columns take about three seconds."""

OUT_OF_MEMORY: Final = 3
ROWS_A_LINE: Final = 500
"""Rows in one line of the answer, so that the reader decodes a little at a time."""

NICENESS: Final = 5
"""A running session goes first."""


def main() -> int:
    """Read the file whose name is the argument."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_MAX_S, CPU_MAX_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    try:
        for line in answer(sys.argv[1], sys.stdin.buffer.read()):
            sys.stdout.write(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n")
        sys.stdout.flush()
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


def answer(filename: str, content: bytes) -> Iterator[Any]:
    """What is written: tables one after the other, or what the file is refused with."""
    try:
        tables = read_tables(filename, content)
    except SheetError as error:
        yield {
            "error": type(error.error).__name__,
            "params": error.error.params,
            "sheet": error.sheet,
            "row": error.row,
        }
        return
    for table in tables:
        yield {
            "name": table.name,
            "formulas": sorted(table.formulas),
            "computed": table.computed,
            "spans": sorted(table.spans),
            "hidden": table.hidden,
            "hidden_rows": sorted(table.hidden_rows),
            "hidden_columns": sorted(table.hidden_columns),
        }
        for start in range(0, len(table.rows), ROWS_A_LINE):
            yield [[_plain(cell) for cell in row] for row in table.rows[start : start + ROWS_A_LINE]]
    yield "end"


def _plain(cell: Cell) -> str | list[int | str]:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, time):
        return ["time", cell.hour, cell.minute, cell.second]
    if isinstance(cell, datetime):
        return ["at", *cell.timetuple()[:6]]
    return ["day", cell.year, cell.month, cell.day]


class Answer:
    """The tables again, line by line. `whole` once the last line was there."""

    def __init__(self) -> None:
        self.tables: list[Table] = []
        self.whole = False

    def take(self, line: bytes) -> None:
        """One line of `answer`. Raises the `SheetError` that it tells."""
        told = json.loads(line)
        if told == "end":
            self.whole = True
        elif isinstance(told, list):
            self.tables[-1].rows.extend([_cell(cell) for cell in row] for row in told)
        elif "error" in told:
            raise SheetError(getattr(errors, told["error"])(**told["params"]), told["sheet"], told["row"])
        else:
            places = frozenset((row, column) for row, column in told["formulas"])
            spans = frozenset((row, first, last) for row, first, last in told["spans"])
            rows, columns = frozenset(told["hidden_rows"]), frozenset(told["hidden_columns"])
            self.tables.append(
                Table(told["name"], [], places, told["computed"], spans, told["hidden"], rows, columns)
            )


def _cell(plain: str | list[Any]) -> Cell:
    return plain if isinstance(plain, str) else _CELLS[plain[0]](*plain[1:])


_CELLS: Final[dict[str, Callable[..., Cell]]] = {"day": date, "at": datetime, "time": time}


if __name__ == "__main__":
    sys.exit(main())
