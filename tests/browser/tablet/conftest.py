"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.tablets import filled, media, room

__all__ = ["filled", "media", "room"]
