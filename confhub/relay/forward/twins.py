"""Which fan-out a router gets: the compiled one where it is built and not refused, else the readable one."""

from __future__ import annotations

from collections.abc import Callable

from confhub.relay import native
from confhub.relay.forward.fanout import FanOut
from confhub.relay.forward.fanout_py import PyFanOut


def new_fanout(now: Callable[[], float]) -> FanOut:
    """As `native.choose` has it."""
    if native.is_compiled():
        compiled: FanOut = native.fanout.FanOut(now)
        return compiled
    return PyFanOut(now)
