"""The browser on the second machine: trusts the hub's authority, logs in, joins by HTTPS, goes on stage.

Run inside the second machine's network namespace: `visitor.py HUB_URL CHROMIUM PASSWORD`.
Prints one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.async_api import Page, async_playwright

CALL = """async ([method, path, body]) => {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const headers = {'X-CSRF-Token': token, 'Content-Type': 'application/json'};
  const answer = await fetch(path, {method, headers,
    body: body === null ? undefined : JSON.stringify(body)});
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}"""


async def call(page: Page, method: str, path: str, body: object = None) -> Any:
    """The hub's API, as a page of the hub calls it."""
    return await page.evaluate(CALL, [method, path, body])


async def session(page: Page) -> int:
    """A session whose lobby is open."""
    chair, room = (await call(page, "GET", "/api/v1/endpoints?size=2"))["endpoints"]
    wanted = {
        "title": "Hai máy",
        "unit_id": chair["unit_id"],
        "starts_at": (datetime.now(UTC) + timedelta(hours=3)).isoformat(),
        "length_min": 30,
        "chair_endpoint_id": chair["id"],
        "participants": {"include_endpoints": [room["id"]]},
    }
    made = await call(page, "POST", "/api/v1/sessions", wanted)
    session_id = int(made["session"]["id"])
    await call(page, "POST", f"/api/v1/sessions/{session_id}/schedule")
    await call(page, "POST", f"/api/v1/sessions/{session_id}/open-lobby")
    return session_id


async def person(page: Page, session_id: int, key: str) -> dict[str, Any]:
    """This person's row on the live page, once `key` holds there."""
    async with asyncio.timeout(30):
        while True:
            people = (await call(page, "GET", f"/api/v1/sessions/{session_id}/live"))["people"]
            for found in people:
                if found["state"] == "joined" and found.get(key):
                    return dict(found)
            await page.wait_for_timeout(200)


async def picture(page: Page) -> None:
    """Wait for the preview's first picture; the page's content policy forbids playwright's own waiting."""
    async with asyncio.timeout(30):
        while not await page.evaluate("document.querySelector('#preview-video').videoWidth"):
            await page.wait_for_timeout(100)


async def visit(url: str, chromium: str, password: str) -> dict[str, Any]:
    """Everything a person on another machine does to be seen."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--no-first-run",
                "--use-fake-device-for-media-stream",  # a device, not a permission: that one is asked for
                "--autoplay-policy=no-user-gesture-required",
            ],
        )
        context = await browser.new_context()
        await context.grant_permissions(["camera", "microphone"], origin=url)
        page = await context.new_page()
        await page.goto(f"{url}/login")
        await page.fill('[name="username"]', "admin")
        await page.fill('[name="password"]', password)
        await page.click('form[action="/login"] button[type="submit"], main button[type="submit"]')
        await page.wait_for_url(f"{url}/")
        session_id = await session(page)
        await page.goto(f"{url}/sessions/{session_id}/room")
        # the permission was given before: the preview opens by itself
        await picture(page)
        camera = await page.evaluate("navigator.permissions.query({name: 'camera'}).then(p => p.state)")
        await page.click("#join")
        identity = (await person(page, session_id, "identity"))["identity"]
        await call(page, "PUT", f"/api/v1/sessions/{session_id}/stage/{identity}")
        seen = await person(page, session_id, "camera_on")
        result = {
            "secure": await page.evaluate("window.isSecureContext"),
            "camera": camera,
            "camera_on": seen["camera_on"],
            "protocol": await page.evaluate("location.protocol"),
        }
        await browser.close()
        return result


if __name__ == "__main__":
    print(json.dumps(asyncio.run(visit(*sys.argv[1:]))))
