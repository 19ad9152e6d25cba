"""Pairing, tokens, tickets and the media server's webhook over HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from sqlalchemy import func, select

from confhub.access.rules import SYSTEM
from confhub.attendance.models import AttendanceEvent
from confhub.kernel.ids import EndpointId
from tests.functional.hub_attendance.hub import Hub, bearer
from tests.plugins.attendance import KEY, SECRET


async def pair(hub: Hub, code: str) -> tuple[int, dict[str, Any]]:
    body = {"code": code, "version": "1.0", "machine": "hall", "newer_field": True}
    async with hub.client.post("/api/v1/endpoint/pair", json=body) as answer:
        return answer.status, await answer.json()


async def test_pairing_gives_the_room_its_credential_and_its_name(hub: Hub) -> None:
    slip = await hub.services.pairing.issue(SYSTEM, EndpointId(3))
    status, body = await pair(hub, slip.code)
    assert status == 200
    assert body["endpoint"]["unit"] == "Huyện Hạ Hoà"
    assert body["credential"].startswith("ep_")
    assert body["hub_time"].endswith("Z")


async def test_each_wrong_code_has_its_own_answer(hub: Hub) -> None:
    assert (await pair(hub, "NOSUCHCODE22"))[0] == 404
    used = await hub.services.pairing.issue(SYSTEM, EndpointId(2))
    await pair(hub, used.code)
    status, body = await pair(hub, used.code)
    assert (status, body["error"]["code"]) == (409, "pairing_code_used")
    revoked = await hub.services.pairing.issue(SYSTEM, EndpointId(3))
    await hub.services.pairing.revoke_code(SYSTEM, EndpointId(3))
    status, body = await pair(hub, revoked.code)
    assert (status, body["error"]["code"]) == (403, "pairing_code_revoked")
    expired = await hub.services.pairing.issue(SYSTEM, EndpointId(4))
    hub.house.clock.advance(timedelta(days=11).total_seconds())
    status, body = await pair(hub, expired.code)
    assert (status, body["error"]["code"]) == (410, "pairing_code_expired")


async def test_a_room_gets_a_token_for_its_session_alone(hub: Hub) -> None:
    header = bearer(await hub.pair(2))
    async with hub.client.post("/api/v1/endpoint/sessions/1/token", headers=header) as answer:
        assert answer.status == 200
        body = await answer.json()
    assert (body["identity"], body["expires_in_s"]) == ("room:H1", 600)
    async with hub.client.post("/api/v1/endpoint/sessions/99/token", headers=header) as answer:
        assert answer.status == 404
    await hub.house.end(5)
    async with hub.client.post("/api/v1/endpoint/sessions/1/token", headers=header) as answer:
        assert answer.status == 409
        assert (await answer.json())["error"]["code"] == "session_not_open"


async def test_a_ticket_opens_the_kiosk_once(hub: Hub) -> None:
    header = bearer(await hub.pair(2))
    async with hub.client.post("/api/v1/endpoint/ticket", json={"session": 1}, headers=header) as answer:
        assert answer.status == 200
        body = await answer.json()
    assert body["expires_in_s"] == 60
    assert body["enter_url"].endswith("/kiosk/enter")
    assert body["ticket"] not in body["enter_url"]
    cookie, session = await hub.services.kiosk.enter(body["ticket"])
    assert cookie
    assert session == 1


@pytest.mark.parametrize(
    "body", [{}, {"session": "x"}, {"session": 0}, {"session": 2**70}, {"session": None}]
)
async def test_a_ticket_for_nonsense_is_refused_by_its_field(hub: Hub, body: dict[str, Any]) -> None:
    header = bearer(await hub.pair(2))
    async with hub.client.post("/api/v1/endpoint/ticket", json=body, headers=header) as answer:
        assert answer.status == 422
        assert (await answer.json())["error"]["field"] == "session"


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    token = jwt.encode({"iss": KEY, "sha256": digest, "nbf": 0, "exp": 4_000_000_000}, secret, "HS256")
    return {"Authorization": token, "Content-Type": "application/webhook+json"}


def joined(hub: Hub) -> bytes:
    moment = int(hub.house.live.timestamp())
    return json.dumps(
        {
            "event": "participant_joined", "id": "EV_1", "createdAt": str(moment + 3),
            "room": {"sid": "RM_1", "name": "s1-test"},
            "participant": {"sid": "PA_1", "identity": "room:H1", "joinedAt": str(moment + 2)},
        }
    ).encode()  # fmt: skip


async def stored(hub: Hub) -> int:
    async with hub.house.database.reading() as tx:
        return (await tx.scalar(select(func.count()).select_from(AttendanceEvent))) or 0


async def test_a_signed_webhook_is_answered_once_it_is_stored(hub: Hub) -> None:
    body = joined(hub)
    for _ in range(2):
        async with hub.client.post("/engine/webhook", data=body, headers=signed(body)) as answer:
            assert answer.status == 200, await answer.text()
    assert await stored(hub) == 1


async def test_a_webhook_signed_by_others_or_not_at_all_stores_nothing(hub: Hub) -> None:
    body = joined(hub)
    forged = signed(body, "another secret that is long enough")
    for headers in (forged, {}, signed(body + b" ")):
        async with hub.client.post("/engine/webhook", data=body, headers=headers) as answer:
            assert answer.status == 403
    assert await stored(hub) == 0


async def test_a_huge_webhook_is_not_read(hub: Hub) -> None:
    body = b"x" * (300 * 1024)
    async with hub.client.post("/engine/webhook", data=body, headers=signed(body)) as answer:
        assert answer.status == 413
