"""The hub's page for monitoring, and the doors of the rooms' lines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient, TestServer

from confhub.http.app import build_app
from confhub.http.context import SERVICES, Services
from tests.plugins.website import Province, Reader

TOKEN = "a-token-for-the-monitoring"


@pytest.fixture
async def watched(services: Services, province: Province) -> AsyncIterator[Reader]:
    """A hub whose metrics are on."""
    settings = replace(services.settings, metrics_token=TOKEN)
    async with (
        TestServer(build_app(replace(services, settings=settings))) as server,
        TestClient(server) as client,
    ):
        yield Reader(client)


async def test_metrics_are_told_to_who_has_the_token(watched: Reader) -> None:
    assert (await watched.get("/metrics")).status == 401
    assert (await watched.get("/metrics", Authorization="Bearer wrong")).status == 401
    assert (await watched.get("/metrics", Authorization="Bearer \udcff")).status == 401
    answer = await watched.get("/metrics", Authorization=f"Bearer {TOKEN}")
    lines = answer.text.splitlines()
    assert answer.status == 200
    assert 'confhub_sessions{state="live"} 0' in lines
    assert "confhub_endpoints 2" in lines
    assert "confhub_endpoints_online 0" in lines
    kinds = {line.split()[2]: line.split()[3] for line in lines if line.startswith("# TYPE")}
    names = {name for name, kind in kinds.items() if kind != "histogram"}
    for name, kind in kinds.items():
        if kind == "histogram":
            names |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"}
    assert {line.partition("{")[0].split()[0] for line in lines if not line.startswith("#")} == names


async def test_metrics_tell_how_late_the_loop_was(watched: Reader) -> None:
    hub = watched.client.app[SERVICES]
    hub.lag.note(0.045)  # and what fell due 20 and 40 ms after: 25 and 5 ms
    lines = (await watched.get("/metrics", Authorization=f"Bearer {TOKEN}")).text.splitlines()
    assert 'confhub_loop_lag_seconds_bucket{le="0.005"} 1' in lines
    assert 'confhub_loop_lag_seconds_bucket{le="0.03"} 2' in lines
    assert 'confhub_loop_lag_seconds_bucket{le="0.05"} 3' in lines
    assert "confhub_loop_lag_seconds_count 3" in lines
    assert "confhub_loop_lag_worst_seconds 0.045" in lines


async def test_without_a_token_there_are_no_metrics(reader: Reader) -> None:
    assert (await reader.get("/metrics", Authorization="Bearer ")).status == 404


async def test_lines_of_a_session_nobody_knows_are_not_told(admin: Reader) -> None:
    for path in ("/api/v1/sessions/9/quality", "/api/v1/sessions/9/rooms/1/quality"):
        status, answer = await admin.call("GET", path)
        assert (status, answer["error"]["code"]) == (404, "session_unknown")
    status, answer = await admin.call("PUT", "/api/v1/sessions/9/rooms/1/profile", {"profile": "low"})
    assert status == 404
    status, answer = await admin.call("PUT", "/api/v1/sessions/9/rooms/1/profile", {"profile": "half"})
    assert status == 422 or status == 400
