"""A page's open stream ends at once when the right behind it does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from aiohttp import ClientError, ClientResponse, CookieJar
from aiohttp.test_utils import TestClient, TestServer

from confhub.access.rules import SYSTEM
from confhub.accounts.service import SetupCode
from confhub.accounts.values import Account, GrantWish
from confhub.http.context import Services
from confhub.kernel.permissions import Role
from tests.plugins.website import PASSWORD, Province, Reader

STREAM = "/api/v1/fleet/events"
Ends = Callable[[Services, Province, Account, Reader], Awaitable[object]]


async def _ended(stream: ClientResponse) -> None:
    """The hub drops the line in the middle of a chunked answer, which the client calls an error."""
    with suppress(ClientError):
        async with asyncio.timeout(10):
            while await stream.content.read(4096):
                pass


async def _operator(services: Services, province: Province) -> Account:
    wish = [GrantWish(Role.ORGANIZER, province.left.id)]
    return await services.accounts.create_account(SYSTEM, "an", PASSWORD, "Nguyễn An", wish, "en")


@pytest.mark.parametrize(
    "end",
    [
        lambda services, _province, account, _who: services.accounts.disable_account(SYSTEM, account.id),
        lambda services, province, account, _who: services.accounts.update_account(
            SYSTEM, account.id, "Nguyễn An", [GrantWish(Role.VIEWER, province.right.id)]
        ),
        lambda services, _province, account, _who: services.accounts.set_password(
            SYSTEM, account.id, PASSWORD + " khác"
        ),
        lambda _services, _province, _account, who: who.post("/logout"),
    ],
    ids=["closed", "other rights", "every login ended", "logged out"],
)
async def test_the_stream_ends(
    server: TestServer,
    services: Services,
    setup_code: SetupCode,
    province: Province,
    reader: Reader,
    end: Ends,
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1")
    account = await _operator(services, province)
    await reader.log_in("an")
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as other:
        bystander = Reader(other, headers={"Accept-Language": "en"})
        await services.accounts.create_account(
            SYSTEM, "binh", PASSWORD, "Bình", [GrantWish(Role.VIEWER, province.top.id)], "en"
        )
        await bystander.log_in("binh")
        async with reader.client.get(STREAM) as stream, other.get(STREAM) as beside:
            assert (await stream.content.readline()).startswith(b"retry")
            assert (await beside.content.readline()).startswith(b"retry")
            await end(services, province, account, reader)
            await _ended(stream)
            assert not beside.content.at_eof(), "somebody else's stream goes on"
