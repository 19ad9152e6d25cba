"""`GET /metrics` for Prometheus: the hub's own figures. The relay has a page of its own."""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping

from aiohttp import web

from confhub.access.rules import SYSTEM
from confhub.http.context import services
from confhub.http.shedding import PLACES, SHEDDER
from confhub.kernel import metrics as exposition
from confhub.kernel.lag import BUCKETS_S

routes = web.RouteTableDef()


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """For `Authorization: Bearer <CONFHUB_METRICS_TOKEN>`; 404 where no token is set."""
    hub = services(request)
    refused = exposition.refusal(hub.settings.metrics_token, request.headers.get("Authorization", ""))
    if refused is not None:
        return web.Response(status=refused[0], text=refused[1])
    began = hub.clock.monotonic()
    sessions = await hub.census.sessions()
    latency_s = hub.clock.monotonic() - began
    fleet = await hub.fleet.summary(SYSTEM)
    lines = (
        _labelled("sessions", "Sessions by state.", "state", sessions),
        _plain("endpoints", "gauge", "Endpoints in use.", fleet.total),
        _plain("endpoints_online", "gauge", "Endpoints whose machine is connected.", fleet.online),
        _plain("event_listeners", "gauge", "Listeners of the hub's events.", hub.bus.listeners),
        _plain("event_queue_longest", "gauge", "Events waiting for the slowest one.", hub.bus.longest_queue),
        _plain("database_seconds", "gauge", "How long one small question took.", round(latency_s, 6)),
        exposition.histogram(
            "confhub_loop_lag_seconds",
            "How late the loop was, fifty times a second.",
            BUCKETS_S,
            hub.lag.counts,
            hub.lag.sum_s,
        ),
        _plain("loop_lag_p99_seconds", "gauge", "The 99th percentile of 10 s.", round(hub.lag.p99_s, 6)),
        _plain("loop_lag_worst_seconds", "gauge", "The longest of 10 s.", round(hub.lag.worst_s, 6)),
        _plain("stress", "gauge", "0 calm; what gives way: 1 what can wait, 2 pages.", hub.load.stress),
        _labelled(
            "requests_shed",
            "Requests told to come back, by what they are worth.",
            "rank",
            {rank.name.lower(): request.app[SHEDDER].shed[rank] for rank in PLACES},
        ),
        _plain("cpu_seconds_total", "counter", "CPU time.", round(time.process_time(), 3)),
        _plain("resident_peak_bytes", "gauge", "Most memory so far.", _peak_bytes()),
    )
    return web.Response(body="".join(lines).encode(), headers={"Content-Type": exposition.CONTENT_TYPE})


def _plain(name: str, kind: str, text: str, value: float) -> str:
    return exposition.plain(f"confhub_{name}", kind, text, value)


def _labelled(name: str, text: str, label: str, values: Mapping[str, int]) -> str:
    """Labels are words of ours: nothing in them is to be escaped."""
    lines = [f'confhub_{name}{{{label}="{key}"}} {value}\n' for key, value in values.items()]
    return exposition.head(f"confhub_{name}", "gauge", text) + "".join(lines)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
