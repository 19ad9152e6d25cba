"""The fixtures of the tests in this folder."""

from tests.plugins.relay import join, relay, twin, way

__all__ = ["join", "relay", "twin", "way"]
