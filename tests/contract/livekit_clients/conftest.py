"""The relay and the clients of the functional tests, here over every way and with both fan-outs."""

from tests.functional.relay.conftest import join, relay, twin, way

__all__ = ["join", "relay", "twin", "way"]
