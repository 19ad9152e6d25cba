"""A file that is no XLSX and no CSV is refused by its own name, whatever it is called, and with a way out."""

from __future__ import annotations

import io
import zipfile

import pytest

from confhub.sheets.files import read_tables
from confhub.sheets.table import SheetError
from tests.unit.rosters.office import one

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


def ole(*names: str) -> bytes:
    """A container with these entries in its directory."""
    return OLE + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in names)


def archive(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, data in parts.items():
            made.writestr(name.replace("__", "/"), data)
    return file.getvalue()


def open_document(kind: str) -> bytes:
    mime = f"application/vnd.oasis.opendocument.{kind}".encode()
    return archive(mimetype=mime, **{"content.xml": b"<a/>"})


SAVE_AS = "File > Save As > Excel Workbook (*.xlsx)"
XLS = ole("Root Entry", "Workbook")
PROTECTED = ole("Root Entry", "EncryptionInfo", "EncryptedPackage")
ODS = open_document("spreadsheet")
DOCX = archive(**{"[Content_Types].xml": b"<a/>", "word__document.xml": b"<a/>"})
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
SHEET_OF_2003 = b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook/>'


@pytest.mark.parametrize(
    ("content", "kind", "remedy"),
    [
        (XLS, "old Excel format (XLS)", SAVE_AS),
        (ole("Root Entry", "Book"), "old Excel format (XLS)", SAVE_AS),
        (b"\x09\x08\x10\x00\x00\x06" + bytes(60), "old Excel format (XLS)", SAVE_AS),
        (PROTECTED, "protected by a password", "Encrypt with Password"),
        (ODS, "ODS", SAVE_AS),
        (open_document("text"), "OpenDocument", SAVE_AS),
        (archive(**{"[Content_Types].xml": b"<a/>", "xl__workbook.bin": b"x"}), "XLSB", SAVE_AS),
        (archive(**{"Index__Document.iwa": b"x"}), "Numbers", SAVE_AS),
        (DOCX, "Word (DOCX)", SAVE_AS),
        (archive(**{"ppt__presentation.xml": b"<a/>"}), "PowerPoint (PPTX)", SAVE_AS),
        (ole("Root Entry", "WordDocument"), "Word (DOC)", SAVE_AS),
        (PDF, "PDF", SAVE_AS),
        (PNG, "PNG", SAVE_AS),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG", SAVE_AS),
        (b"\x00\x00\x00\x18ftypheic" + bytes(20), "HEIC", SAVE_AS),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "WEBP", SAVE_AS),
        (b"BM\x36\x00\x00\x00\x00\x00" + bytes(30), "BMP", SAVE_AS),
        (b"{\\rtf1\\ansi", "RTF", SAVE_AS),
        (b"<html><table><tr><td>STT", "HTML", SAVE_AS),
        (SHEET_OF_2003, "XML", SAVE_AS),
        (archive(**{"danh-sach.xlsx": one([["Họ và tên"]])}), "archive (ZIP)", "Unpack it"),
        (b"Rar!\x1a\x07\x00" + bytes(20), "archive (RAR)", "Unpack it"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["danh-sach.xlsx", "danh-sach.csv", "danh-sach"])
def test_a_file_of_another_kind_is_named(content: bytes, kind: str, remedy: str, name: str) -> None:
    with pytest.raises(SheetError) as refused:
        read_tables(name, content)
    error = refused.value.error
    assert kind in error.message.format(**error.params)
    assert remedy in error.remedy


@pytest.mark.parametrize("text", ["BM;Họ và tên\nA;An\n", "ftypeftyp;b\n", "RIFF,An\n", "Book;Workbook\n"])
def test_a_table_that_begins_like_another_kind_is_read(text: str) -> None:
    assert read_tables("a.csv", text.encode())[0].rows[0][0]


def test_a_broken_archive_is_damaged_and_nothing_else() -> None:
    with pytest.raises(SheetError) as refused:
        read_tables("a.xlsx", one([["Họ và tên"]])[:-40])
    assert type(refused.value.error).__name__ == "FileUnreadable"
