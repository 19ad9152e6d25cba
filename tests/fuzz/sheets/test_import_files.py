"""Whatever bytes an import file holds, reading it gives wishes and problems, soon, and no exception."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import confhub
from confhub.kernel.limits import IMPORT_MAX_ROWS
from confhub.registry.import_rows import read_wishes
from confhub.sheets.files import read_tables
from tests.unit.rosters.office import tables_or_error

READ_WITHIN_S = 20.0
"""The largest file takes an eighth of it on two busy cores."""

HEADINGS = (
    "type",
    "code",
    "name",
    "tier",
    "parent",
    "unit",
    "rank",
    "valid_from",
    "status",
    "mã",
    "tên",
    "?",
)
PARTS = (
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
)
XML = (
    '<?xml version="1.0"?>', "<worksheet>", "<sheetData>", '<row r="1">', '<c r="A1" t="s">', "<v>0</v>",
    "<f>1</f>", '<c r="XFD1048576">', "</c>", "</row>", "</sheetData>", "</worksheet>",
    "<!DOCTYPE x [<!ENTITY a 'b'>]>", "&a;", '<sheet name="a" sheetId="1" r:id="rId1"/>',
    "<sst><si><t>x</t></si></sst>", '<dimension ref="A1:ZZ99999999"/>',
)  # fmt: skip

shipped = (Path(confhub.__file__).parent / "registry" / "data" / "phutho-2020.csv").read_bytes()
cells = st.one_of(
    st.sampled_from(
        ["", "A", "A.1", "unit", "tier", "31/02/2025", "=1+1", "#REF!", '"', "1e999", "\u0301", "Đơn vị"]
    ),
    st.text(max_size=12),
)
tables = st.tuples(
    st.sampled_from(",;\t"),
    st.lists(st.sampled_from(HEADINGS), max_size=8),
    st.lists(st.lists(cells, max_size=8), max_size=8),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]),
)


def read(filename: str, content: bytes) -> None:
    """Every wish has a code, every problem a sentence."""
    wishes, problems = read_wishes(tables_or_error(filename, content))
    assert problems.total >= len(problems.kept)
    assert all(problem.code and problem.message for problem in problems.kept)
    assert problems.total or wishes is not None


@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    read("a.csv", content)


@given(tables)
def test_any_table(table: tuple[str, list[str], list[list[str]], str]) -> None:
    delimiter, headings, rows, encoding = table
    lines = [delimiter.join(line) for line in [headings, *rows]]
    read("a.csv", "\n".join(lines).encode(encoding, "replace"))


@given(st.lists(st.tuples(st.integers(0, 3_999), st.integers(0, 255)), max_size=8), st.integers(0, 4_000))
def test_a_good_table_with_some_bytes_changed(changes: list[tuple[int, int]], length: int) -> None:
    content = bytearray(shipped[:4_000])
    for place, value in changes:
        content[place] = value
    read("a.csv", bytes(content[:length]))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(PARTS), st.lists(st.sampled_from(XML), max_size=14).map("".join)))
def test_any_workbook(parts: dict[str, str]) -> None:
    read("a.xlsx", workbook(parts))


@given(st.data())
def test_a_workbook_with_some_bytes_changed(data: st.DataObject) -> None:
    content = bytearray(workbook(dict.fromkeys(PARTS, "".join(XML))))
    for _ in range(data.draw(st.integers(0, 5))):
        content[data.draw(st.integers(2, len(content) - 1))] = data.draw(st.integers(0, 255))
    read("a.xlsx", bytes(content[: data.draw(st.integers(2, len(content)))]))


def test_the_longest_table_is_read_in_bounded_time() -> None:
    lines = [f"X{number},Phòng họp {number},A" for number in range(IMPORT_MAX_ROWS - 1)]
    started = time.monotonic()
    [table] = read_tables("a.csv", ("code,name,unit\n" + "\n".join(lines)).encode())
    read("a.csv", ("code,name,unit\n" + "\n".join(lines)).encode())
    assert time.monotonic() - started < READ_WITHIN_S
    assert len(table.rows) == IMPORT_MAX_ROWS


def workbook(parts: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()
