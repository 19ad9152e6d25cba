"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.attendance import house
from tests.plugins.checkin import hall, over, seals

__all__ = ["hall", "house", "over", "seals"]
