"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.sessions import hub

__all__ = ["hub"]
