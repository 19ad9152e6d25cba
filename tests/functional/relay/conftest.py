"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.relay import join, livekit, relay, twin, way

__all__ = ["join", "livekit", "relay", "twin", "way"]
