"""Writes docs/openapi.json: the JSON API's document, as a hub serves it at `/api/v1/openapi.json`.

`python -m scripts.openapi`; `--print` writes it to standard output instead.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from confhub.http.openapi import document
from confhub.http.operations import APIS

SNAPSHOT = Path(__file__).parent.parent / "docs" / "openapi.json"
WIDTH = 110


def text() -> str:
    """The document; whatever fits stands on one line, so that a change shows as few lines."""
    return _written(document(APIS), "") + "\n"


def _written(value: Any, indent: str) -> str:
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= WIDTH or not isinstance(value, (dict, list)):
        return line
    inner = indent + "  "
    if isinstance(value, list):
        return "[\n" + ",\n".join(inner + _written(one, inner) for one in value) + f"\n{indent}]"
    members = (f"{inner}{json.dumps(name)}: {_written(one, inner)}" for name, one in value.items())
    return "{\n" + ",\n".join(members) + f"\n{indent}}}"


if __name__ == "__main__":
    if "--print" in sys.argv[1:]:
        sys.stdout.write(text())
    else:
        SNAPSHOT.write_text(text(), encoding="utf-8")
