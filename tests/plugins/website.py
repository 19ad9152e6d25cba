"""The whole hub but its media server: real services over SQLite, the real application, a real socket."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, CookieJar, FormData
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from confhub.access.rules import SYSTEM
from confhub.accounts.passwords import Passwords
from confhub.accounts.service import AccountService, SetupCode
from confhub.app import make_services
from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.engine.types import Capabilities
from confhub.http.app import build_app
from confhub.http.context import Services
from confhub.kernel.clock import ManualClock
from confhub.org.values import Tier, Unit, UnitDraft
from confhub.registry.values import Endpoint, EndpointDraft
from confhub.sessions.stage import StageKeeper
from confhub.settings import Settings
from tests.plugins.databases import opened

PASSWORD = "một câu dài dễ nhớ"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Argon2 for tests: the same code, less work."""


@dataclass
class Province:
    """A small tree: a province with two districts, each with a room."""

    tiers: list[Tier]
    top: Unit
    left: Unit
    right: Unit
    left_room: Endpoint
    right_room: Endpoint


@dataclass
class Answer:
    """What came back."""

    status: int
    text: str
    headers: Any

    @property
    def location(self) -> str:
        return str(self.headers.get("Location", ""))


@dataclass
class Reader:
    """A person with a browser: keeps cookies, reads the CSRF token of the last page, sends forms."""

    client: TestClient[Any, Any]
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def _answer(self, response: ClientResponse) -> Answer:
        text = await response.text()
        if found := re.search(r'name="csrf-token" content="([^"]+)"', text):
            self.token = found[1]
        return Answer(response.status, text, response.headers)

    async def get(self, path: str, **headers: str) -> Answer:
        sent = {**self.headers, **headers}
        return await self._answer(await self.client.get(path, allow_redirects=False, headers=sent))

    async def post(self, path: str, data: dict[str, Any] | FormData | None = None, **headers: str) -> Answer:
        """Send a form as the page would: with its token."""
        if not isinstance(data, FormData):
            data = {"csrf_token": self.token, **(data or {})}
        sent = {**self.headers, **headers}
        return await self._answer(
            await self.client.post(path, data=data, allow_redirects=False, headers=sent)
        )

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Call the API as a page's script would."""
        sent = {"X-CSRF-Token": self.token, **self.headers, **headers}
        answer = await self.client.request(method, path, json=body, headers=sent)
        text = await answer.text()
        return answer.status, await answer.json() if text else None

    async def log_in(self, username: str, password: str = PASSWORD) -> None:
        await self.get("/login")
        answer = await self.post("/login", {"username": username, "password": password})
        assert answer.status == 303, answer.text
        await self.get("/profile")


@pytest.fixture
async def hub_database(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty SQLite database; what the services do on PostgreSQL is tested with them."""
    async with opened(f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path / 'hub.db')}") as database:
        yield database


@pytest.fixture
def setup_code() -> SetupCode:
    return SetupCode()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url="", trusted_proxies=())


@asynccontextmanager
async def composed(
    settings: Settings,
    database: Database,
    clock: ManualClock,
    code: SetupCode | None = None,
    key: tuple[str, str] = ("key", "secret-" * 8),
    capabilities: Capabilities | None = None,
) -> AsyncIterator[Services]:
    """The real services, composed as the program composes them; their media server answers nobody.
    `capabilities`: what it could do, were it there."""
    engine = MediaEngine("http://127.0.0.1:9", *key, clock)
    engine._capabilities = capabilities
    stage = StageKeeper(database, clock, engine, database.bus)
    try:
        yield make_services(settings, database, clock, engine, stage, code)  # type: ignore[arg-type]
    finally:
        await engine.close()


@pytest.fixture
async def services(
    hub_database: Database, clock: ManualClock, setup_code: SetupCode, settings: Settings
) -> AsyncIterator[Services]:
    async with composed(settings, hub_database, clock, setup_code) as made:
        accounts = AccountService(hub_database, clock, setup_code, Passwords(CHEAP), made.refusals)
        yield replace(made, accounts=accounts)


@pytest.fixture
async def server(services: Services) -> AsyncIterator[TestServer]:
    async with TestServer(build_app(services)) as running:
        yield running


@pytest.fixture
async def reader(server: TestServer) -> AsyncIterator[Reader]:
    """Somebody who is not logged in; reads English, so that tests can be read by everybody."""
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
        yield Reader(client, headers={"Accept-Language": "en"})


@pytest.fixture
async def admin(reader: Reader, services: Services, setup_code: SetupCode) -> Reader:
    """The administrator of the whole organization, logged in."""
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1")
    await reader.log_in("admin")
    return reader


@pytest.fixture
async def province(services: Services) -> Province:
    org, registry = services.org, services.registry
    tiers = [
        await org.add_tier(SYSTEM, "province", "Cấp tỉnh", "Province", 1),
        await org.add_tier(SYSTEM, "district", "Cấp huyện", "District", 2),
    ]
    top = await org.create_unit(SYSTEM, UnitDraft("H44", "Tỉnh Phú Thọ", tiers[0].id, None))
    left = await org.create_unit(SYSTEM, UnitDraft("H44.01", "Huyện Hạ Hoà", tiers[1].id, top.id))
    right = await org.create_unit(SYSTEM, UnitDraft("H44.02", "Huyện Đoan Hùng", tiers[1].id, top.id))
    left_room = await registry.create_endpoint(
        SYSTEM, EndpointDraft("H44.01.01", "Hội trường Hạ Hoà", left.id, operator_phone="0210 388 1234")
    )
    right_room = await registry.create_endpoint(
        SYSTEM, EndpointDraft("H44.02.01", "Hội trường Đoan Hùng", right.id)
    )
    return Province(tiers, top, left, right, left_room, right_room)
