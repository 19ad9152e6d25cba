"""The hub, its session and its room as the tablet's tests have them; here a phone stands before it."""

from __future__ import annotations

from tests.browser.tablet.conftest import filled, room

__all__ = ["filled", "room"]
