"""`GET /metrics` for Prometheus: the hub's own figures. The relay has a page of its own."""

from __future__ import annotations

import hmac
import resource
import time
from collections.abc import Iterator, Mapping

from aiohttp import web

from confhub.access.rules import SYSTEM
from confhub.http.context import services

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

routes = web.RouteTableDef()


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """For `Authorization: Bearer <CONFHUB_METRICS_TOKEN>`; 404 where no token is set."""
    hub = services(request)
    token = hub.settings.metrics_token
    if not token:
        return web.Response(status=404, text="metrics are off: set CONFHUB_METRICS_TOKEN")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(errors="replace"), token.encode()):
        return web.Response(status=401, text="a bearer token is needed")
    began = hub.clock.monotonic()
    sessions = await hub.census.sessions()
    latency_s = hub.clock.monotonic() - began
    fleet = await hub.fleet.summary(SYSTEM)
    lines = (
        *_labelled("sessions", "Sessions by state.", "state", sessions),
        *_plain("endpoints", "gauge", "Endpoints in use.", fleet.total),
        *_plain("endpoints_online", "gauge", "Endpoints whose machine is connected.", fleet.online),
        *_plain("event_listeners", "gauge", "Listeners of the hub's events.", hub.bus.listeners),
        *_plain("event_queue_longest", "gauge", "Events waiting for the slowest one.", hub.bus.longest_queue),
        *_plain("database_seconds", "gauge", "How long one small question took.", round(latency_s, 6)),
        *_plain("cpu_seconds_total", "counter", "CPU time.", round(time.process_time(), 3)),
        *_plain("resident_peak_bytes", "gauge", "Most memory so far.", _peak_bytes()),
    )
    return web.Response(body="".join(lines).encode(), headers={"Content-Type": CONTENT_TYPE})


def _head(name: str, kind: str, text: str) -> str:
    return f"# HELP confhub_{name} {text}\n# TYPE confhub_{name} {kind}\n"


def _plain(name: str, kind: str, text: str, value: float) -> Iterator[str]:
    yield _head(name, kind, text) + f"confhub_{name} {value}\n"


def _labelled(name: str, text: str, label: str, values: Mapping[str, int]) -> Iterator[str]:
    """Labels are words of ours: nothing in them is to be escaped."""
    yield _head(name, "gauge", text)
    for key, value in values.items():
        yield f'confhub_{name}{{{label}="{key}"}} {value}\n'


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
