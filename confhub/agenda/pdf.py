"""Whether a file is a PDF that can be handed out: readable by everybody, and nothing in it acts by itself."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from collections.abc import Iterator
from typing import Any, Final

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from confhub.agenda.errors import (
    DocumentRefused,
    NoPdf,
    PdfActive,
    PdfAttachments,
    PdfBroken,
    PdfEncrypted,
    PdfTooLong,
)
from confhub.agenda.limits import PAGES_MAX

_HEAD_BYTES: Final = 1024
"""Where readers look for the signature (ISO 32000-1, implementation note 13)."""

_ACTING_KEYS: Final = frozenset({"/JS", "/JavaScript", "/XFA", "/RichMediaContent", "/RichMediaSettings"})
_ACTIONS: Final = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/ResetForm", "/Rendition", "/Movie", "/Sound",
     "/RichMediaExecute", "/GoTo3DView", "/GoToE"}
)  # fmt: skip
"""Kinds of actions (ISO 32000-1, 12.6.4); links and going to a page are none of these."""
_ACTING_KINDS: Final = frozenset({"/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"})
_FILE_KEYS: Final = frozenset({"/EmbeddedFiles", "/EF"})
_ACTING_BYTES: Final = (b"/JavaScript", b"/RichMedia", b"/SubmitForm")
"""Long enough not to stand in compressed bytes by chance: what no table of objects names, too."""

_BROKEN: Final = (
    PyPdfError, DependencyError, struct.error, zlib.error, ArithmeticError, AssertionError, AttributeError,
    EOFError, LookupError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What reading a damaged file may raise."""


def check(content: bytes) -> int:
    """How many pages it has. Raises a kind of `DocumentRefused`."""
    if b"%PDF-" not in content[:_HEAD_BYTES]:
        raise NoPdf(field="file")
    if any(mark in content for mark in _ACTING_BYTES):
        raise PdfActive(field="file")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise PdfEncrypted(field="file")
        pages = len(reader.pages)
        for found in _objects(reader):
            _look(found)
    except DocumentRefused:
        raise
    except _BROKEN:
        raise PdfBroken(field="file") from None
    if pages == 0:
        raise PdfBroken(field="file")
    if pages > PAGES_MAX:
        raise PdfTooLong(field="file", max_pages=PAGES_MAX)
    return pages


def _objects(reader: PdfReader) -> Iterator[Any]:
    """Every object that a table names, and the trailer."""
    yield reader.trailer
    for generation, offsets in list(reader.xref.items()):
        for number in list(offsets):
            yield reader.get_object(IndirectObject(number, generation, reader))
    for number in list(reader.xref_objStm):
        yield reader.get_object(IndirectObject(number, 0, reader))


def _look(found: Any) -> None:
    """Raise `PdfActive`, `PdfAttachments` for what stands in an object; what it refers to is looked at by
    itself."""
    if isinstance(found, str) and found in _ACTIONS | _ACTING_KINDS:
        raise PdfActive(field="file")  # a name that another object refers to
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ArrayObject):
            waiting += list.__iter__(one)
        elif isinstance(one, DictionaryObject):
            if _ACTING_KEYS & one.keys():
                raise PdfActive(field="file")
            if _FILE_KEYS & one.keys():
                raise PdfAttachments(field="file")
            if _name(one, "/S") in _ACTIONS or _name(one, "/Subtype") in _ACTING_KINDS:
                raise PdfActive(field="file")
            if _name(one, "/Subtype") == "/FileAttachment":
                raise PdfAttachments(field="file")
            waiting += dict.values(one)


def _name(found: DictionaryObject, key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""
