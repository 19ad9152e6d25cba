"""Routers without a room: with turns on the running loop, or driven by hand."""

from __future__ import annotations

import time
from typing import Any

from confhub.relay.forward.fanout import FanOut
from confhub.relay.forward.router import Router
from confhub.relay.forward.twins import new_fanout
from confhub.relay.transport.mux import UdpMux


def driven(mux: UdpMux, fanout: FanOut | None = None, **told: Any) -> Router:
    """It has its turns by the mux's clock, as a room's has."""

    def look() -> None:
        mux.turns.look(router)

    router = Router(wall=time.time, fanout=fanout or new_fanout(mux.now), on_sooner=look, **told)
    return router


def undriven(fanout: FanOut, **told: Any) -> Router:
    """It has a turn when the test gives it one."""
    return Router(wall=time.time, fanout=fanout, on_sooner=lambda: None, **told)
