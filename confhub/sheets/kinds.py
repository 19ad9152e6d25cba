"""What a file is that is no XLSX and no CSV, by its first bytes, whatever it is called: whose it is, and how
it becomes one that is read."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import Final

from confhub.kernel.errors import DomainError
from confhub.sheets.errors import (
    FileOfOtherProgram,
    FilePacked,
    FileProtected,
    FileUnreadable,
    FileWithoutTable,
    OldExcelFormat,
)

_OLE: Final = b"\xd0\xcf\x11\xe0"
_BARE_XLS: Final = (
    b"\x09\x00\x04\x00",
    b"\x09\x02\x06\x00",
    b"\x09\x04\x06\x00",
    b"\x09\x08\x08\x00",
    b"\x09\x08\x10\x00",
)
"""Excel 2 to 5 without a container."""

_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,99}(?:<(?:html|!doctype|table|meta|head|style)\b|MIME-Version:)", re.IGNORECASE
)
"""How web pages begin: web systems call theirs .xls."""

_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,99}<(?:\?xml|(?:\w{1,20}:)?workbook)\b", re.IGNORECASE)

_BEGINNINGS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF-", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
_PACKED: Final[tuple[tuple[bytes, str], ...]] = (
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27", "7Z"),
    (b"\x1f\x8b", "GZIP"),
)

_OF_OTHER_PROGRAMS: Final[tuple[tuple[str, str], ...]] = (
    ("xl/workbook.bin", "XLSB"),
    ("Index/Document.iwa", "Numbers"),
    ("Index.zip", "Numbers"),
)
_WITHOUT_TABLE: Final[tuple[tuple[str, str], ...]] = (
    ("word/document.xml", "Word (DOCX)"),
    ("ppt/presentation.xml", "PowerPoint (PPTX)"),
)
"""What stands in an archive of such a program, and what people call it."""

_OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument."


def refusal(content: bytes) -> DomainError | None:
    """What speaks against these bytes; None for an archive that may be XLSX, and for what may be CSV."""
    if content.startswith(b"PK"):
        return _of_archive(content)
    if content.startswith(_OLE):
        return _of_container(content)
    if content.startswith(_BARE_XLS):
        return OldExcelFormat()
    if _PAGE.match(content):
        return FileOfOtherProgram(kind="HTML")
    if _XML.match(content):
        return FileOfOtherProgram(kind="XML")
    for start, kind in _BEGINNINGS:
        if content.startswith(start) and (kind != "BMP" or b"\x00" in content[:32]):
            return FileWithoutTable(kind=kind)
    if content[:3] + content[4:8] == b"\0\0\0ftyp" or (
        content.startswith(b"RIFF") and content[8:12] == b"WEBP"
    ):
        return FileWithoutTable(kind="WEBP" if content.startswith(b"RIFF") else "HEIC")
    return next((FilePacked(kind=kind) for start, kind in _PACKED if content.startswith(start)), None)


def _of_container(content: bytes) -> DomainError:
    """An OLE container: Office 97's files, and today's under a password. Names in it are in UTF-16."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return FileProtected()
    if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        return OldExcelFormat()
    for name, kind in (("WordDocument", "Word (DOC)"), ("PowerPoint Document", "PowerPoint (PPT)")):
        if name.encode("utf-16-le") in content:
            return FileWithoutTable(kind=kind)
    return OldExcelFormat()


def _of_archive(content: bytes) -> DomainError | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            mime = archive.open("mimetype").read(100) if "mimetype" in names else b""
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        return FileUnreadable()
    if mime.startswith(_OPEN_DOCUMENT):
        sheet = mime.startswith(_OPEN_DOCUMENT + b"spreadsheet")
        return FileOfOtherProgram(kind="ODS") if sheet else FileWithoutTable(kind="OpenDocument")
    for name, kind in _OF_OTHER_PROGRAMS:
        if name in names:
            return FileOfOtherProgram(kind=kind)
    for name, kind in _WITHOUT_TABLE:
        if name in names:
            return FileWithoutTable(kind=kind)
    return (
        None if any(name.startswith(("xl/", "[Content_Types]")) for name in names) else FilePacked(kind="ZIP")
    )
