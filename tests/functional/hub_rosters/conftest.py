"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.rosters import house

__all__ = ["house"]
