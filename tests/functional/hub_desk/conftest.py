"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.attendance import house, hub
from tests.plugins.desk import hall

__all__ = ["hall", "house", "hub"]
