"""A played phone hands in the code that its room's screen shows, however many others want something."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from confhub.simulator.crowd.hub import Counts, CrowdHub
from confhub.simulator.crowd.phone import Phone, Screens
from confhub.simulator.crowd.plan import IN, QR, Act, PhonePlan
from confhub.simulator.crowd.stage import Stage
from confhub.simulator.crowd.truth import TruthFile
from endpoints.agent.hub import HubAddress

pytestmark = pytest.mark.sockets

ROOMS = ("A", "B", "C", "D")


class Hub:
    """Answers screens and phones; notes in which order it was asked, and by which room's code."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/api/v1/endpoint/sessions/1/code", self.code),
                web.post("/api/v1/phone/visit", self.visit),
                web.post("/api/v1/phone/search", self.search),
                web.post("/api/v1/phone/check-in", self.check_in),
            ]
        )
        return app

    async def code(self, request: web.Request) -> web.Response:
        room = request.headers["Authorization"].removeprefix("Bearer ")
        self.asked.append(("code", room))
        until = datetime.now(UTC) + timedelta(hours=1)
        return web.json_response({"url": f"http://hub/c/{room}", "valid_until": until.isoformat()})

    async def visit(self, request: web.Request) -> web.Response:
        token = (await request.json())["token"]
        self.asked.append(("visit", token))
        return web.json_response({"visit": token, "known": None})

    async def search(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(("search", body["visit"]))
        return web.json_response({"people": [{"id": "1.x"}]})

    async def check_in(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(("check-in", body["visit"]))
        return web.json_response({"result": "stored"})


@pytest.fixture
async def hub() -> Hub:
    return Hub()


@pytest.fixture
async def way(hub: Hub) -> AsyncIterator[CrowdHub]:
    """One request at a time."""
    async with (
        TestServer(hub.app()) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        address = HubAddress(str(server.make_url("")).rstrip("/"))
        yield CrowdHub(http, address, Counts(), asyncio.Semaphore(1))


def phone(plan: PhonePlan, way: CrowdHub, truth: Path) -> Phone:
    screens = Screens(way, 1, {room: room for room in ROOMS})
    return Phone(plan, way, TruthFile(truth), Stage(), screens)


async def test_nobody_elses_request_comes_between_a_screen_and_its_code(
    hub: Hub, way: CrowdHub, tmp_path: Path
) -> None:
    phones = [
        phone(PhonePlan([Act(0.0, IN, QR, room, 1)], "x"), way, tmp_path / f"truth-{room}") for room in ROOMS
    ]
    await asyncio.gather(*(one.run() for one in phones))
    assert way.counts.surprises == []
    for place, (what, room) in enumerate(hub.asked):
        if what == "code":
            assert hub.asked[place + 1] == ("visit", room)
    assert [what for what, _ in hub.asked].count("code") == len(ROOMS)
