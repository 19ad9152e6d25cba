"""JSON for people: the dataclasses' own fields, moments in ISO 8601 with their offset, indented."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from datetime import date
from enum import Enum
from typing import Any


def json_text(value: Any) -> str:
    """Indented, ending in a newline."""
    return json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n"


def plain(value: Any) -> Any:
    """Plain values only, ready for JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(inner) for inner in value]
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return value
