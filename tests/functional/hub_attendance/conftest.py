"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.attendance import house, hub

__all__ = ["house", "hub"]
