"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.unit import nothing_blocks_a_loop

__all__ = ["nothing_blocks_a_loop"]
