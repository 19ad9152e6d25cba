"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.endpoints import hub, livekit, program

__all__ = ["hub", "livekit", "program"]
