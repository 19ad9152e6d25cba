"""Names of files that people download: ASCII letters, digits and hyphens; and their kinds."""

from __future__ import annotations

import re
from typing import Final

from confhub.i18n.folding import fold

MEDIA_TYPES: Final[dict[str, str]] = {
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "json": "application/json",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""End of a name → the file's kind."""

_NAME_CHARS: Final = 60


def slug(title: str) -> str:
    """ASCII letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")[:_NAME_CHARS].strip("-")


def file_name(first: str, title: str, ending: str) -> str:
    """`12-2026-03-02-hoc-tap-nghi-quyet.xlsx` of a number or date, a title and an ending."""
    return "-".join(part for part in (first, slug(title)) if part) + f".{ending}"
