"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.attendance import house, hub
from tests.plugins.reports import course, files, reports, session

__all__ = ["course", "files", "house", "hub", "reports", "session"]
