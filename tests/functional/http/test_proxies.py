"""The proxies of the operator's guide before a real hub and a real relay."""

from __future__ import annotations

import asyncio
import io
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, FormData, TCPConnector, WSMsgType
from aiohttp.abc import AbstractResolver
from livekit import api
from sqlalchemy import select

from confhub.access.rules import SYSTEM
from confhub.accounts.service import SetupCode
from confhub.app import bind
from confhub.audit.models import AuditRow
from confhub.cli import tls
from confhub.db.database import Database
from confhub.http.app import build_app
from confhub.http.bodies import UPLOAD
from confhub.http.context import Services
from confhub.http.serving import serving
from confhub.kernel.limits import IMPORT_MAX_BYTES
from confhub.kernel.ports import free_port
from confhub.registry.events import FleetChanged
from confhub.relay.service.server import Relay
from confhub.relay.service.server import Settings as RelaySettings
from confhub.settings import Settings
from tests.functional.http.proxies import HOST, Ports, running
from tests.plugins.website import PASSWORD, Province

KEY, SECRET = "hub", "a-secret-of-at-least-32-characters-long"
CLIENT = "127.0.0.2"
"""A browser's address, which is no proxy's."""
FORGED = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "for=203.0.113.7",
}


class Loopback(AbstractResolver):
    """Every name is this machine."""

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> Any:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        pass


@dataclass
class Browser:
    """Somebody behind the proxy: keeps cookies, sends the page's token."""

    client: ClientSession
    url: str
    hub: str = ""
    """The hub's own port, past the proxy."""
    token: str = ""

    async def get(self, path: str) -> tuple[int, str]:
        async with self.client.get(self.url + path, allow_redirects=False) as answer:
            text = await answer.text()
        if found := re.search(r'name="csrf-token" content="([^"]+)"', text):
            self.token = found[1]
        return answer.status, text

    async def post(self, path: str, data: Any, **headers: str) -> Any:
        sent = {"Origin": self.url, "X-CSRF-Token": self.token, **headers}
        async with self.client.post(
            self.url + path, data=data, headers=sent, allow_redirects=False
        ) as answer:
            return answer, await answer.text()

    async def log_in(self, **headers: str) -> Any:
        await self.get("/login")
        body = {"username": "admin", "password": PASSWORD, "csrf_token": self.token}
        answer, text = await self.post("/login", body, **headers)
        assert answer.status == 303, text
        await self.get("/profile")
        return answer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """As the guide has the hub started."""
    return Settings(
        data_dir=tmp_path, database_url="", trusted_proxies=("127.0.0.1/32",), public_url=f"https://{HOST}"
    )


@pytest.fixture(params=["nginx", "caddy"])
async def browser(
    request: pytest.FixtureRequest, services: Services, setup_code: SetupCode, tmp_path: Path
) -> AsyncIterator[Browser]:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1")
    made = tls.init(tmp_path / "tls", [HOST], datetime.now(UTC))
    async with AsyncExitStack() as stack:
        listener = bind("127.0.0.1", 0)
        stack.callback(listener.close)
        await stack.enter_async_context(serving(build_app(services), [(listener, None)]))
        relay = Relay(RelaySettings(keys={KEY: SECRET}, port=0, udp_port=0))
        await relay.start()
        stack.push_async_callback(relay.stop)
        ports = Ports(free_port(), listener.getsockname()[1], relay.port)
        await stack.enter_async_context(
            running(request.param, ports, made["cert"], made["key"], tmp_path / "proxy")
        )
        connector = TCPConnector(
            ssl=ssl.create_default_context(cafile=str(made["ca"])),
            local_addr=(CLIENT, 0),
            resolver=Loopback(),
        )
        client = ClientSession(connector=connector, cookie_jar=CookieJar(), headers={"Accept-Language": "en"})
        await stack.enter_async_context(client)
        yield Browser(client, f"https://{HOST}:{ports.front}", f"http://127.0.0.1:{ports.hub}")


async def addresses(database: Database) -> list[str | None]:
    """Of the log-ins, by the audit trail."""
    query = select(AuditRow.address).where(AuditRow.action == "accounts:login:open").order_by(AuditRow.id)
    async with database.reading() as tx:
        return list(await tx.scalars(query))


async def test_a_log_in_is_safe_and_has_the_client_s_own_address_whatever_it_claims(
    browser: Browser, hub_database: Database
) -> None:
    answer = await browser.log_in()
    cookies = answer.headers.getall("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)
    assert (await browser.get("/fleet"))[0] == 200
    browser.client.cookie_jar.clear()
    await browser.log_in(**FORGED)
    assert await addresses(hub_database) == [CLIENT, CLIENT]


async def test_who_goes_past_the_proxy_is_believed_nothing(browser: Browser, hub_database: Database) -> None:
    connector = TCPConnector(local_addr=("127.0.0.3", 0))
    async with ClientSession(connector=connector, cookie_jar=CookieJar(unsafe=True)) as client:
        await Browser(client, browser.hub).log_in(**FORGED)
    assert await addresses(hub_database) == ["127.0.0.3"]


async def test_a_live_page_s_events_come_at_once(
    browser: Browser, services: Services, province: Province
) -> None:
    await browser.log_in()
    async with asyncio.timeout(30), browser.client.get(browser.url + "/api/v1/fleet/events") as stream:
        assert stream.status == 200
        async for line in stream.content:  # the stream is open and says little: nothing waits for more
            if line.startswith(b"event: counts"):
                break
        services.bus.publish(FleetChanged(province.left_room.id))
        async for line in stream.content:
            if line.startswith(b"event: rows"):
                break
        else:
            raise AssertionError("the stream ended")


async def test_a_room_s_websocket_and_its_signalling_pass(
    browser: Browser, services: Services, province: Province
) -> None:
    slip = await services.pairing.issue(SYSTEM, province.left_room.id)
    body = {"code": slip.code, "version": "1.0", "machine": "hall"}
    async with browser.client.post(browser.url + "/api/v1/endpoint/pair", json=body) as answer:
        assert answer.status == 200, await answer.text()
        credential = (await answer.json())["credential"]
    headers = {"Authorization": f"Bearer {credential}"}
    async with browser.client.ws_connect(browser.url + "/api/v1/endpoint/ws", headers=headers) as room:
        assert (await room.receive_json(timeout=20))["type"] == "welcome"
        hello = {"type": "hello", "version": "1.0", "mode": "simulated", "state": "idle", "session": None}
        await room.send_json({**hello, "log": []})
        assert (await room.receive_json(timeout=20))["type"] == "heartbeat_ack"
    grants = api.VideoGrants(room_join=True, room="r", room_create=True)
    token = api.AccessToken(KEY, SECRET).with_identity("room:H1").with_grants(grants).to_jwt()
    async with browser.client.ws_connect(f"{browser.url}/rtc?access_token={token}&protocol=15") as signal:
        assert (await signal.receive(timeout=20)).type is WSMsgType.BINARY


def _file(size: int) -> FormData:
    head = "Họ và tên,Đơn vị\n".encode()
    form = FormData()
    content = io.BytesIO(head + b"\n" * (size - len(head)))
    form.add_field("file", content, filename="list.csv", content_type="text/csv")
    return form


async def test_a_file_of_ten_megabytes_passes_and_a_larger_one_is_refused_in_words(
    browser: Browser, province: Province
) -> None:
    await browser.log_in()
    answer, text = await browser.post("/people/import", _file(IMPORT_MAX_BYTES))
    assert (answer.status in (200, 422), "confhub" in text) == (True, True), answer.status
    for size in (UPLOAD.max_bytes + 1, 40 * 2**20):  # the hub's own bound, in the hub's own words
        answer, text = await browser.post("/people/import", _file(size))
        assert (answer.status, "confhub" in text) == (413, True), text
