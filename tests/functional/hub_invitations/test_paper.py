"""The printed invitation by its page: who gets it, what it says, and what is refused."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from pypdf import PdfReader

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.http.context import Services
from confhub.kernel.ids import SessionId, UnitId
from confhub.kernel.permissions import Role
from confhub.sessions.values import Participants, SessionInput
from tests.plugins.website import PASSWORD, Province, Reader

Somebody = Callable[..., Awaitable[Reader]]


@pytest.fixture
async def somebody(server: TestServer, services: Services) -> AsyncIterator[Somebody]:
    """Makes an account with a role at a unit, and logs it in."""
    async with AsyncExitStack() as stack:

        async def make(unit_id: UnitId, role: Role = Role.ORGANIZER) -> Reader:
            grants = [GrantWish(role, unit_id)]
            await services.accounts.create_account(SYSTEM, "canbo", PASSWORD, "Cán bộ", grants, "vi")
            client = await stack.enter_async_context(TestClient(server, cookie_jar=CookieJar(unsafe=True)))
            reader = Reader(client, headers={"Accept-Language": "vi"})
            await reader.log_in("canbo")
            return reader

        yield make


async def planned(services: Services, province: Province, *, rooms: bool = True) -> SessionId:
    """A session of the left branch with both branches' rooms."""
    form = SessionInput(
        title="Hội nghị toàn huyện", kind="meeting", unit_id=province.left.id,
        starts_at=services.clock.now() + timedelta(days=2), length_min=60,
        chair_endpoint_id=province.left_room.id,
        participants=Participants(include_endpoints=(province.right_room.id,) if rooms else ()),
    )  # fmt: skip
    return (await services.sessions.create(SYSTEM, form)).session.id


async def test_an_organizer_gets_the_letter_with_what_was_typed(
    somebody: Somebody, admin: Reader, services: Services, province: Province
) -> None:
    session = await planned(services, province)
    reader = await somebody(province.left.id)
    here = f"/sessions/{session}/invitation"
    assert here in (await reader.get(f"/sessions/{session}")).text
    assert (await reader.get(here)).status == 200
    made = await reader.client.post(
        here,
        data={"number": "15", "day": "25/03/2026", "chair": "Đồng chí Chủ tịch", "agenda": "Khai mạc\nBế mạc",
              "copies": "Thường trực Huyện ủy", "csrf_token": reader.token},
        headers=reader.headers,
    )  # fmt: skip
    assert made.headers["Content-Type"] == "application/pdf"
    assert made.headers["Content-Disposition"].endswith(f'giay-moi-{session}-hoi-nghi-toan-huyen.pdf"')
    pages = PdfReader(io.BytesIO(await made.read())).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    for said in ("15/GM-", "ngày 25 tháng 3 năm 2026", "Đồng chí Chủ tịch", "Bế mạc", "Thường trực Huyện ủy;",
                 "Hội nghị toàn huyện", province.right_room.name):  # fmt: skip
        assert said in text, said


async def test_who_may_not_edit_the_session_prints_nothing(
    somebody: Somebody, admin: Reader, services: Services, province: Province
) -> None:
    session = await planned(services, province)
    await services.sessions.schedule(SYSTEM, session)
    reader = await somebody(province.right.id)
    here = f"/sessions/{session}/invitation"
    assert (await reader.get(f"/sessions/{session}")).status == 200, "their room takes part"
    assert (await reader.get(here)).status == 403
    assert (await reader.post(here)).status == 403
    assert (await reader.get("/sessions/987654321/invitation")).status == 404


async def test_what_is_wrong_is_said_at_its_field(
    somebody: Somebody, admin: Reader, services: Services, province: Province
) -> None:
    session = await planned(services, province)
    reader = await somebody(province.left.id)
    here = f"/sessions/{session}/invitation"
    long = await reader.post(here, {"chair": "N" * 500, "agenda": "dòng\n" * 40, "day": "31/02/2026"})
    assert long.status == 422
    both = await reader.post(here, {"chair": "N" * 500, "agenda": "dòng\n" * 40})
    assert "Nội dung dài quá 200 ký tự" in both.text
    assert "Có hơn 30 dòng." in both.text
    assert "N" * 500 in both.text, "what was typed stays"
    hidden = await reader.post(here, {"chair": "‮Nam"})
    assert hidden.status == both.status


async def test_a_cancelled_session_invites_nobody(
    somebody: Somebody, admin: Reader, services: Services, province: Province
) -> None:
    session = await planned(services, province)
    await services.sessions.cancel(SYSTEM, session)
    reader = await somebody(province.left.id)
    assert (await reader.get(f"/sessions/{session}/invitation")).status == 409
