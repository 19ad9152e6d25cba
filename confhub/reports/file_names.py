"""Names of files that people download: ASCII letters, digits and hyphens."""

from __future__ import annotations

import re

from confhub.i18n.folding import fold

_NAME_CHARS = 60


def file_name(first: str, title: str, ending: str) -> str:
    """`12-2026-03-02-hoc-tap-nghi-quyet.xlsx` of a number or date, a title and an ending."""
    words = re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")[:_NAME_CHARS].strip("-")
    return "-".join(part for part in (first, words) if part) + f".{ending}"
