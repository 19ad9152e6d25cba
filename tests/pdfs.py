"""PDFs for tests: plain ones, and such as act, hide or are locked."""

from __future__ import annotations

import io
import struct
import zlib

from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject
from reportlab.pdfgen.canvas import Canvas


def plain(text: str = "Báo cáo", pages: int = 1) -> bytes:
    """A PDF with a line of text on each page; the same bytes each time."""
    sheet = io.BytesIO()
    canvas = Canvas(sheet, invariant=1)
    for number in range(pages):
        canvas.drawString(72, 720, f"{text} {number + 1}".encode("ascii", "replace").decode())
        canvas.showPage()
    canvas.save()
    return sheet.getvalue()


def _written(writer: PdfWriter) -> bytes:
    sheet = io.BytesIO()
    writer.write(sheet)
    return sheet.getvalue()


def _one_page() -> PdfWriter:
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    return writer


def scripted() -> bytes:
    """Runs a script when it is opened."""
    writer = _one_page()
    script = DictionaryObject({NameObject("/JS"): TextStringObject("app.alert('Chào');")})
    writer._root_object[NameObject("/OpenAction")] = writer._add_object(script)
    return _written(writer)


def acting(action: str, *, by_name_elsewhere: bool = False) -> bytes:
    """Does `action` (`/Launch`, `/SubmitForm`) when it is opened."""
    writer = _one_page()
    kind = NameObject(action)
    found = DictionaryObject({NameObject("/S"): writer._add_object(kind) if by_name_elsewhere else kind})
    writer._root_object[NameObject("/OpenAction")] = writer._add_object(found)
    return _written(writer)


def annotated(kind: str) -> bytes:
    """Has an annotation of that kind (`/RichMedia`, `/Link`) on its page."""
    writer = _one_page()
    box = ArrayObject([NumberObject(one) for one in (0, 0, 9, 9)])
    note = DictionaryObject({NameObject("/Subtype"): NameObject(kind), NameObject("/Rect"): box})
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])
    return _written(writer)


def with_attachment() -> bytes:
    """Has a program inside."""
    writer = _one_page()
    writer.add_attachment("setup.exe", b"MZ")
    return _written(writer)


def with_xfa() -> bytes:
    """Has a form of the kind that carries scripts."""
    writer = _one_page()
    form = DictionaryObject({NameObject("/XFA"): TextStringObject("<xdp/>")})
    writer._root_object[NameObject("/AcroForm")] = writer._add_object(form)
    return _written(writer)


def locked() -> bytes:
    """Opens by a password alone."""
    writer = _one_page()
    writer.encrypt("mật khẩu", algorithm="RC4-128")
    return _written(writer)


def packed(action: str) -> bytes:
    """Does `action` when it is opened, or nothing where that is empty; its objects lie compressed in one
    stream behind a cross-reference stream (ISO 32000-1, 7.5.7), as most programs write them."""
    opening = f" /OpenAction << /S {action} >>" if action else ""
    objects = {
        1: f"<< /Type /Catalog /Pages 2 0 R{opening} >>",
        2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    }
    places, inside = [], ""
    for number, text in objects.items():
        places.append(f"{number} {len(inside)}")
        inside += text + "\n"
    head = " ".join(places) + "\n"
    body = bytearray(b"%PDF-1.5\n")
    stream_at = len(body)
    body += _stream(
        4, f"/Type /ObjStm /N {len(objects)} /First {len(head)}", (head + inside).encode(), packed=True
    )
    table_at = len(body)
    rows = [(0, 0, 65535), (2, 4, 0), (2, 4, 1), (2, 4, 2), (1, stream_at, 0), (1, table_at, 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    body += _stream(5, f"/Type /XRef /Size {len(rows)} /W [1 4 2] /Root 1 0 R", table, packed=False)
    return bytes(body) + f"startxref\n{table_at}\n%%EOF\n".encode()


def _stream(number: int, words: str, content: bytes, *, packed: bool) -> bytes:
    content = zlib.compress(content) if packed else content
    filtered = " /Filter /FlateDecode" if packed else ""
    head = f"{number} 0 obj\n<< {words}{filtered} /Length {len(content)} >>\nstream\n"
    return head.encode() + content + b"\nendstream\nendobj\n"
