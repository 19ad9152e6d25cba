"""Files kept to the byte: what is made stands beside the test, and any difference fails.

`CONFHUB_GOLDEN=renew` writes them anew, to be looked at in the diff. Of packed files the parts are kept,
unpacked: a workbook's XML files and a PDF's sheets, each by its SHA-256.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from pathlib import Path

from pypdf import PdfReader


def parts(name: str, content: bytes) -> str:
    """A line for each part of an XLSX or PDF file; the PDF without its day and what it was made with."""
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            found = {part: book.read(part) for part in sorted(book.namelist())}
    else:
        reader = PdfReader(io.BytesIO(content))
        found = {
            f"sheet {at}": drawn.get_data() if (drawn := page.get_contents()) is not None else b""
            for at, page in enumerate(reader.pages, 1)
        }
        about = reader.metadata or {}
        said = {key: str(value) for key, value in about.items() if key in ("/Title", "/Author", "/Subject")}
        found["about"] = repr(sorted(said.items())).encode()
    return "".join(f"{hashlib.sha256(part).hexdigest()}  {at}\n" for at, part in found.items())


def same(folder: Path, name: str, content: bytes) -> None:
    """The file is what it was."""
    if name.endswith((".xlsx", ".pdf")):
        name, content = f"{name}.parts", parts(name, content).encode()
    kept = folder / name
    if os.environ.get("CONFHUB_GOLDEN") == "renew":
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(content)
    assert content.decode("utf-8") == kept.read_bytes().decode("utf-8"), f"{kept} differs"
