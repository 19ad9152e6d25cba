"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.media_plane import join, mux, router

__all__ = ["join", "mux", "router"]
