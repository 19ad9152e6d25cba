"""livekit-client's whole `simulateScenario` list in Chromium: what each does, and the picture after it."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import GREEN, token

MODES = pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
RESUMES = ["signalReconnecting", "reconnected"]
REJOINS = ["reconnecting", "reconnected"]
RESUMES_THEN_REJOINS = ["signalReconnecting", *REJOINS]
SCENARIOS: dict[str, tuple[list[list[Any]], list[str]]] = {
    "signal-reconnect": ([["signal-reconnect"]], RESUMES),
    "fail-on-v1-path": ([["fail-on-v1-path", None, False], ["full-reconnect"]], REJOINS),
    "speaker": ([["speaker"]], ["speaks"]),
    "node-failure": ([["node-failure"]], RESUMES_THEN_REJOINS),
    "server-leave": ([["server-leave"]], ["disconnected"]),
    "migration": ([["migration"]], RESUMES),
    "resume-reconnect": ([["resume-reconnect"]], RESUMES_THEN_REJOINS),
    "force-tcp": ([["force-tcp"]], REJOINS),
    "force-tls": ([["force-tls"]], REJOINS),
    "full-reconnect": ([["full-reconnect"]], REJOINS),
    "subscriber-bandwidth": ([["subscriber-bandwidth", 20_000]], ["stream paused"]),
    "disconnect-signal-on-resume": ([["disconnect-signal-on-resume"]], RESUMES),
    "disconnect-signal-on-resume-no-messages": ([["disconnect-signal-on-resume-no-messages"]], RESUMES),
    "leave-full-reconnect": ([["leave-full-reconnect"]], REJOINS),
}


@MODES
async def test_every_scenario_ends_as_it_should(page: Page, relay: Relay, single: bool) -> None:
    url = f"ws://127.0.0.1:{relay.port}"
    for name in ("anna", *SCENARIOS):
        await page.evaluate("([n, u, t, s]) => join(n, u, t, s)", [name, url, token(name), single])
    await page.evaluate("show('anna', 'rgb(0, 200, 0)', true)")
    for name in SCENARIOS:
        await page.evaluate("(n) => until(n, 'track video anna')", name)

    async def run(name: str) -> tuple[str, list[str]]:
        steps, _ = SCENARIOS[name]
        events = await page.evaluate("([n, steps]) => scenario(n, ...steps)", [name, steps])
        known = {*RESUMES, *REJOINS, "speaks", "stream paused", "disconnected"}
        return name, list(dict.fromkeys(event for event in events if event in known))

    done = dict(await asyncio.gather(*(run(name) for name in SCENARIOS)))
    assert done == {name: wanted for name, (_, wanted) in SCENARIOS.items()}
    await page.evaluate("people['subscriber-bandwidth'].room.simulateScenario('subscriber-bandwidth', 0)")
    for name in SCENARIOS:
        if name != "server-leave":
            await page.evaluate("([n, c]) => picture(n, 'anna', 0, c)", [name, list(GREEN)])
