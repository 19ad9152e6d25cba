"""What a room's screen and tablet show: the changing code, reminders, and what hides until its time."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import select

from confhub.access.rules import SYSTEM
from confhub.checkin import limits
from confhub.checkin.models import PersonEvent
from confhub.checkin.values import Policy
from confhub.desk.models import RoomReminder
from confhub.kernel.ids import EndpointId, SessionId
from tests.plugins.attendance import add_session, officer
from tests.plugins.checkin import ROOM, Hall

PROVINCE = officer("/1/", 1)
SESSION = SessionId(1)


async def get(hall: Hall, client: ClientSession, path: str, token: str = "") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token or hall.token}", "Accept-Language": "en"}
    async with client.get(path, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_the_machine_of_a_room_shows_its_code_and_no_other_session_s(hall: Hall) -> None:
    slip = await hall.services.pairing.issue(SYSTEM, EndpointId(ROOM))
    async with hall.phone() as client:
        body = {"code": slip.code, "version": "1", "machine": "m"}
        async with client.post("/api/v1/endpoint/pair", json=body) as answer:
            paired = await answer.json()
        assert answer.status in (200, 201), paired
        status, shown = await get(hall, client, "/api/v1/endpoint/sessions/1/code", paired["credential"])
        assert (status, shown["room"], len(shown["six"]), shown["period_s"]) == (200, "H4", 6, 20)
        assert (shown["prompt"], shown["reminders"]) == (None, [])
        told = "hub_time next_in_ms period_s prompt reminders room six url valid_until"
        assert sorted(shown) == told.split()  # no picture: whoever shows the code draws it
        async with hall.house.database.transaction() as tx:
            await add_session(tx, 2, "s2", hall.house.live, [2, 3])
        status, refused = await get(hall, client, "/api/v1/endpoint/sessions/2/code", paired["credential"])
        assert (status, refused["error"]["code"]) == (422, "room_not_in_session")
        status, _ = await get(hall, client, "/api/v1/endpoint/sessions/1/code", "nonsense")
        assert status in (401, 403)
        async with client.get("/api/v1/sessions/1/room-code") as answer:
            assert answer.status == 401


async def test_the_code_changes_every_twenty_seconds_and_says_when(hall: Hall) -> None:
    async with hall.phone() as client:
        _, first = await get(hall, client, "/api/v1/tablet/sessions/1/code")
        hall.house.clock.advance(first["next_in_ms"] / 1000 + 0.01)
        _, second = await get(hall, client, "/api/v1/tablet/sessions/1/code")
    assert 0 < first["next_in_ms"] <= limits.QR_PERIOD_S * 1000 + 1  # asked again just after
    assert first["url"] != second["url"]


@pytest.mark.both_databases
async def test_a_reminder_stands_on_tablet_and_screen_until_it_is_put_away(hall: Hall) -> None:
    now = hall.house.clock.now()
    async with hall.house.database.transaction() as tx:
        for room in (ROOM, 6):
            tx.add(RoomReminder(session_id=1, endpoint_id=room, what="head_count", at=now, by="Cán bộ"))
    headers = {"Authorization": f"Bearer {hall.token}"}
    async with hall.phone() as client:
        for path in ("/api/v1/tablet/sessions/1", "/api/v1/tablet/sessions/1/code"):
            _, shown = await get(hall, client, path)
            assert [(one["what"], one["by"]) for one in shown["reminders"]] == [("head_count", "Cán bộ")]
        mine = shown["reminders"][0]["id"]
        for reminder in (mine, mine, mine + 1):  # twice is as good as once; another room's is not touched
            path = f"/api/v1/tablet/sessions/1/reminders/{reminder}/seen"
            async with client.post(path, headers=headers) as answer:
                assert answer.status == 204
        _, shown = await get(hall, client, "/api/v1/tablet/sessions/1")
    assert shown["reminders"] == []
    async with hall.house.database.reading() as tx:
        query = select(RoomReminder.endpoint_id).where(RoomReminder.seen_at.is_(None))
        assert list(await tx.scalars(query)) == [6]


async def test_a_drawn_prompt_is_hidden_and_refused_until_it_opens(hall: Hall) -> None:
    await hall.services.plans.set_policy(PROVINCE, SESSION, Policy(prompts=1))
    assert await hall.services.plans.draw_due() == 1
    async with hall.phone() as client:
        for path in ("/api/v1/tablet/sessions/1", "/api/v1/tablet/sessions/1/code"):
            _, shown = await get(hall, client, path)
            assert shown["prompt"] is None
        _, shown = await get(hall, client, "/api/v1/tablet/sessions/1/code")
        async with client.post(
            "/api/v1/phone/visit", json={"token": shown["url"].rsplit("/", 1)[-1]}
        ) as answer:
            opened = await answer.json()
        assert opened["does"] == "in"
        wish = {"visit": opened["visit"], "q": "Lê Hoà"}
        async with client.post("/api/v1/phone/search", json=wish) as answer:
            (found,) = (await answer.json())["people"]
        body = {"visit": opened["visit"], "kind": "confirm", "attendee": found["id"]}
        async with client.post("/api/v1/phone/check-in", json=body) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (409, "no_prompt")
    assert await hall.count(PersonEvent) == 0
