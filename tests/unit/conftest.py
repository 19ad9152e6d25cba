"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.unit import no_sockets, nothing_blocks_a_loop

__all__ = ["no_sockets", "nothing_blocks_a_loop"]
