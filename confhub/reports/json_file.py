"""A report as JSON: the dataclasses' own fields, times in ISO 8601 with their offset."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import Any

from confhub.reports.model import SessionReport


def report_dict(report: SessionReport) -> dict[str, Any]:
    """Plain values only, ready for JSON."""
    plain: dict[str, Any] = _plain(asdict(report))
    return plain


def json_text(report: SessionReport) -> str:
    """The report as indented JSON, ending in a newline."""
    return json.dumps(report_dict(report), ensure_ascii=False, indent=2) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return value
