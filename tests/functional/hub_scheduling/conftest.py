"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.scheduling import desk

__all__ = ["desk"]
