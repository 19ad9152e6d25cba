"""Debian's Chromium and Firefox with fake devices, and a page that holds nothing but livekit-client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from livekit import api
from playwright.async_api import Browser, Page, Playwright

from confhub.relay.service.server import Relay, Settings
from tests.browser.firefox import firefox
from tests.functional.relay.clients import KEY, SECRET
from tests.functional.relay.ways import DEFAULT_WAY, relay_over

_VENDOR = Path(__file__).parents[2] / "web" / "static" / "vendor"
_HELPERS = Path(__file__).parents[1] / "browser" / "relay" / "people.js"


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Relay]:
    async with relay_over(Settings(keys={KEY: SECRET}, port=0, udp_port=0), DEFAULT_WAY, tmp_path) as relay:
        yield relay


@pytest.fixture
async def open_relay(tmp_path: Path) -> AsyncIterator[Relay]:
    """On every interface, for Firefox."""
    settings = Settings(keys={KEY: SECRET}, host="0.0.0.0", port=0, udp_port=0)
    async with relay_over(settings, DEFAULT_WAY, tmp_path) as relay:
        yield relay


def _client_library() -> Path:
    for file in (_VENDOR / "livekit-client" / "livekit-client.umd.js", _VENDOR / "livekit-client.umd.js"):
        if file.exists():
            return file
    pytest.fail("livekit-client.umd.js is not under web/static/vendor")


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Of a page with `LivekitClient` and the helpers of people.js."""
    app = web.Application()

    async def start_page(request: web.Request) -> web.Response:
        scripts = "<script src=/lk.js></script><script src=/people.js></script>"
        policy = "relay" if DEFAULT_WAY == "turn" else "all"
        html = f"<!doctype html><html data-ice={policy}><title>t</title>{scripts}<body>"
        return web.Response(text=html, content_type="text/html")

    async def library(request: web.Request) -> web.FileResponse:
        return web.FileResponse(_client_library())

    async def helpers(request: web.Request) -> web.FileResponse:
        return web.FileResponse(_HELPERS)

    app.router.add_get("/", start_page)
    app.router.add_get("/lk.js", library)
    app.router.add_get("/people.js", helpers)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@pytest.fixture
async def page(address: str, chromium: Browser) -> Page:
    """That page in Chromium."""
    page = await chromium.new_page()
    await page.goto(address)
    return page


@pytest.fixture
async def livekit(relay: Relay) -> AsyncIterator[api.LiveKitAPI]:
    """The server API's client."""
    async with api.LiveKitAPI(f"http://127.0.0.1:{relay.port}", KEY, SECRET) as client:
        yield client


@pytest.fixture
async def fox(address: str, playwright: Playwright, tmp_path: Path) -> AsyncIterator[Page]:
    """That page in a Firefox of its own."""
    async with firefox(playwright, tmp_path) as browser:
        page = await browser.new_page()
        await page.goto(address)
        yield page
