"""A hub that is pressed says so at once: first to what can wait, to check-ins last, to rooms never."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from confhub.http import operations, pages
from confhub.http.shedding import PLACES, RANKS, RETRY_S, SHEDDER, HubPressed, Rank, rank_of
from confhub.jobs.recurring import Recurring, Work
from confhub.kernel.lag import LoopLag
from confhub.kernel.load import HELD_BACK_MAX_S, Load, Stress
from tests.plugins.attendance import house  # noqa: F401 - a fixture
from tests.plugins.checkin import Hall, hall  # noqa: F401 - a fixture


@pytest.mark.parametrize(
    ("late_s", "times", "queue", "stress"),
    [
        (0.005, 200, 0.0, Stress.CALM),
        (0.2, 1, 0.0, Stress.CALM),  # one look that was late is no load
        (0.8, 1, 0.0, Stress.BUSY),  # that long, it is
        (0.4, 500, 0.0, Stress.BUSY),
        (2.0, 10, 0.0, Stress.STRAINED),
        (0.005, 200, 0.2, Stress.BUSY),
        (0.005, 200, 0.5, Stress.STRAINED),
    ],
)
def test_lag_and_queue_tell_the_stress(late_s: float, times: int, queue: float, stress: Stress) -> None:
    lag = LoopLag()
    for _ in range(300):
        lag.note(0.001)
    for _ in range(times):
        lag.note(late_s)
    assert Load(lag, lambda: queue).stress is stress


@pytest.mark.parametrize(
    ("method", "path", "rank"),
    [
        ("POST", "/api/v1/tablet/sessions/{id}/events", Rank.CHECKIN),
        ("GET", "/api/v1/tablet/sessions/{id}", Rank.ORDINARY),
        ("POST", "/api/v1/phone/check-in", Rank.CHECKIN),
        ("GET", "/c/{token}", Rank.CHECKIN),
        ("POST", "/c/check-in", Rank.CHECKIN),
        ("GET", "/api/v1/endpoint/sessions/{id}/code", Rank.CHECKIN),
        ("GET", "/api/v1/endpoint/ws", Rank.VITAL),
        ("POST", "/api/v1/endpoint/sessions/{id}/token", Rank.VITAL),
        ("POST", "/engine/webhook", Rank.VITAL),
        ("GET", "/api/v1/time", Rank.VITAL),
        ("PUT", "/api/v1/sessions/{id}/stage/{identity}", Rank.VITAL),
        ("POST", "/sessions/{id}/{step}", Rank.VITAL),
        ("POST", "/login", Rank.VITAL),
        ("GET", "/sessions/{id}/live", Rank.WAITS),
        ("GET", "/api/v1/sessions/{id}/events", Rank.WAITS),
        ("GET", "/sessions/{id}/people.csv", Rank.WAITS),
        ("GET", "/api/v1/reports/period", Rank.WAITS),
        ("GET", "/fleet", Rank.WAITS),
        ("GET", "/sessions", Rank.ORDINARY),
        ("HEAD", "/", Rank.ORDINARY),
    ],
)
def test_what_a_request_is_worth(method: str, path: str, rank: Rank) -> None:
    assert rank_of(method, path) is rank


def test_every_line_of_the_table_has_a_route() -> None:
    routes = {
        (route.method, web.Application().router.add_resource(route.path).canonical)
        for table in (*pages.ROUTES, *operations.ROUTES)
        for route in table
        if isinstance(route, web.RouteDef)
    }
    found = {rank_of(method, path) for method, path in routes}
    assert found == set(Rank)
    assert len(RANKS) > len(found)


class Pressed:
    """A hub whose stress is what the test says."""

    stress = Stress.CALM


@pytest.fixture
async def pressed(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[TestClient, Pressed]]:  # type: ignore[type-arg] # noqa: F811
    found = Pressed()
    monkeypatch.setattr(Load, "stress", property(lambda _self: found.stress))
    async with TestClient(hall.server) as client:
        yield client, found


async def test_it_is_said_at_once_and_when_to_come_back(
    pressed: tuple[TestClient, Pressed], hall: Hall  # type: ignore[type-arg] # noqa: F811
) -> None:  # fmt: skip
    client, hub = pressed
    hub.stress = Stress.BUSY
    answer = await client.get("/api/v1/reports/period", headers={"Accept-Language": "vi"})
    told = (await answer.json())["error"]
    assert (answer.status, told["code"]) == (503, "hub_busy")
    assert told["message"] == "Máy chủ đang rất bận."
    low, high = RETRY_S[Rank.WAITS]
    assert low <= int(answer.headers["Retry-After"]) <= high
    page = await client.get("/reports", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert page.status == 503
    assert page.headers["Refresh"] == page.headers["Retry-After"]  # a browser asks again by itself
    assert "very busy" in await page.text()
    assert (await client.get("/login")).status == 200

    hub.stress = Stress.STRAINED
    bearer = {"Authorization": f"Bearer {hall.token}"}
    assert (await client.get("/api/v1/tablet/sessions", headers=bearer)).status == 503
    now = hall.house.clock.now().isoformat()
    body = {"events": [{"key": "a", "kind": "in", "at": now, "attendee": 1}]}
    answer = await client.post("/api/v1/tablet/sessions/1/events", json=body, headers=bearer)
    assert (answer.status, (await answer.json())["results"][0]["result"]) == (200, "stored")
    assert (await client.get("/api/v1/time")).status == 200


async def test_check_ins_are_turned_away_only_where_their_places_are_full(
    pressed: tuple[TestClient, Pressed], hall: Hall  # type: ignore[type-arg] # noqa: F811
) -> None:  # fmt: skip
    client, _ = pressed
    shedder = hall.server.app[SHEDDER]
    shedder.now[Rank.CHECKIN] = PLACES[Rank.CHECKIN]
    bearer = {"Authorization": f"Bearer {hall.token}"}
    answer = await client.post("/api/v1/tablet/sessions/1/events", json={"events": []}, headers=bearer)
    assert (answer.status, (await answer.json())["error"]["code"]) == (503, "hub_busy")
    assert answer.headers["Retry-After"].isdigit()
    shedder.now[Rank.CHECKIN] -= 1
    answer = await client.post("/api/v1/tablet/sessions/1/events", json={"events": []}, headers=bearer)
    assert answer.status == 200
    assert shedder.now[Rank.CHECKIN] == PLACES[Rank.CHECKIN] - 1
    assert shedder.shed == {Rank.CHECKIN: 1}


async def test_servants_put_off_what_can_wait_and_do_it_in_the_end(
    hall: Hall, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    done: list[str] = []
    due = asyncio.Event()

    def job(name: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            done.append(name)
            if name == "roster" and done.count("roster") == 3:
                hall.house.clock.advance(HELD_BACK_MAX_S + 1)
            if name == "figures":
                due.set()

        return run

    monkeypatch.setattr("confhub.jobs.recurring.HELD_S", 0.001)
    works = [
        Work("figures", 0.0, job("figures"), "servants", can_wait=True),
        Work("roster", 0.0, job("roster"), "servants"),
    ]
    servants = Recurring(hall.house.database, hall.house.clock, works, lambda: True)
    task = asyncio.create_task(servants.run())
    async with asyncio.timeout(30):
        await due.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert done[:3] == ["roster"] * 3


def test_the_refusal_says_what_becomes_of_what_was_entered() -> None:
    assert "is kept" in str(HubPressed(retry_after_s=5))
