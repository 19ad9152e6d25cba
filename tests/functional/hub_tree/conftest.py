"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.tree import empty_house, house

__all__ = ["empty_house", "house"]
