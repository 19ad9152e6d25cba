"""The hub and the hall of the room's tests; here the control rooms of two sessions stand before it."""

from __future__ import annotations

from tests.browser.room.conftest import hall, hub

__all__ = ["hall", "hub"]
