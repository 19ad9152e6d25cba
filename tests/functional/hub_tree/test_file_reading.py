"""Import files are read in a process of their own: whatever a file does there, the hub goes on."""

from __future__ import annotations

import asyncio
import io
import time
import zipfile

import pytest

from confhub.sheets import workbook
from confhub.sheets.files import read_tables
from confhub.sheets.reading import FileReading, FileReadLate, ReadingBusy
from confhub.sheets.table import SheetError

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
    '<sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}


def book(rows: str, strings: str = "") -> bytes:
    """A workbook of one sheet with this inside."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _PARTS.items():
            archive.writestr(name, text)
        sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_MAIN}">{strings}</sst>')
    return file.getvalue()


def shared(rows: int, columns: int) -> bytes:
    """A small file whose every cell points at one long text."""
    cells = [
        "".join(f'<c r="{chr(65 + column)}{row}" t="s"><v>0</v></c>' for column in range(columns))
        for row in range(1, rows + 1)
    ]
    lines = "".join(f'<row r="{row}">{line}</row>' for row, line in enumerate(cells, 1))
    return book(lines, f"<si><t>{'x' * 2000}</t></si>")


async def code_of(files: FileReading, content: bytes) -> str:
    with pytest.raises(SheetError) as refused:
        await files.read("a.xlsx", content)
    return refused.value.error.code


async def test_what_the_process_tells_is_what_the_file_holds() -> None:
    strings = "<si><t>Hạ Hoà</t></si>"
    cells = (
        '<row r="2"><c r="B2" t="s"><v>0</v></c><c r="C2"><f>1+1</f><v>2</v></c><c r="D2"><f>A1</f></c></row>'
    )
    for name, content in (
        ("a.xlsx", book(cells, strings)),
        ("a.csv", "mã;tên\nA.1;Đơn vị\n\n;=1+1".encode()),
    ):
        assert await FileReading().read(name, content) == read_tables(name, content)
    [table] = await FileReading().read("a.xlsx", book(cells, strings))
    assert (table.rows, table.formulas, table.computed) == ([[], ["", "Hạ Hoà", "2"]], {(2, 4)}, 1)


async def test_a_refusal_keeps_its_words_and_its_row() -> None:
    with pytest.raises(SheetError) as refused:
        await FileReading().read("a.csv", b'code,name\nA,"open\n')
    assert (refused.value.error.code, refused.value.sheet) == ("file_quotes", "a.csv")
    with pytest.raises(SheetError) as refused:
        await FileReading().read("a.csv", b"code\n" + b"x" * 2001)
    assert (refused.value.error.code, refused.value.row) == ("cell_too_long", 2)
    assert "2000" in str(refused.value.error)


def test_a_tag_with_an_attribute_42000_times_is_read_in_one_pass() -> None:
    content = book('<row r="1"><c' + ' r="A1"' * 42_000 + "><v>1</v></c></row>")
    began = time.thread_time()
    with pytest.raises(SheetError) as refused:
        workbook.read(content)
    assert refused.value.error.code == "file_unreadable"
    assert time.thread_time() - began < 5  # it took 77 s


async def test_a_small_file_that_asks_for_much_memory_is_refused_in_words() -> None:
    assert await code_of(FileReading(), shared(10_000, 20)) == "file_too_many_cells"
    assert await code_of(FileReading(), shared(50_000, 20)) == "file_too_costly"


async def test_a_machine_without_time_for_a_file_says_so_of_itself_and_ends_the_reader() -> None:
    files = FileReading(wall_max_s=0.01)
    with pytest.raises(FileReadLate):
        await files.read("a.xlsx", shared(2_000, 20))
    assert files.running == 0


async def test_the_hub_that_stops_ends_what_is_being_read() -> None:
    files = FileReading()
    reading = asyncio.create_task(files.read("a.xlsx", shared(50_000, 15)))
    while not files.running:  # noqa: ASYNC110 - a few turns of the loop, until the process is there
        await asyncio.sleep(0)
    await files.close()
    with pytest.raises(SheetError):
        await reading
    assert files.running == 0


async def test_more_files_than_may_wait_are_sent_away_at_once() -> None:
    files = FileReading(at_once=1, waiting_max=1)
    content = b"code,name\nA,B\n"
    results = await asyncio.gather(*(files.read("a.csv", content) for _ in range(4)), return_exceptions=True)
    busy = [one for one in results if isinstance(one, ReadingBusy)]
    assert (len(busy), busy[0].params) == (2, {"retry_after_s": 10})
    assert [one for one in results if isinstance(one, list)] == [read_tables("a.csv", content)] * 2
    assert await files.read("a.csv", content)
