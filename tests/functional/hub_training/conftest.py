"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.attendance import house, hub
from tests.plugins.training import school

__all__ = ["house", "hub", "school"]
