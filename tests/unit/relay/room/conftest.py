"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.media_room import enter, events, room

__all__ = ["enter", "events", "room"]
