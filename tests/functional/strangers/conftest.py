"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.strangers import hub, hub_with, lines, reader_of
from tests.plugins.website import hub_database, province, services, settings, setup_code

__all__ = [
    "hub",
    "hub_database",
    "hub_with",
    "lines",
    "province",
    "reader_of",
    "services",
    "settings",
    "setup_code",
]
