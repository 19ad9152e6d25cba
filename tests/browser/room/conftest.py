"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.rooms import hall, hub

__all__ = ["hall", "hub"]
