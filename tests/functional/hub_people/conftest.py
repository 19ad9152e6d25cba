"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.people import register

__all__ = ["register"]
