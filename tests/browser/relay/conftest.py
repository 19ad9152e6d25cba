"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.media_pages import address, fox, livekit, open_relay, page, relay

__all__ = ["address", "fox", "livekit", "open_relay", "page", "relay"]
