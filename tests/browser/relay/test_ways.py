"""Chromium where UDP is lost, and where everything has to go over a TURN server."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page

from confhub.relay.service.server import Relay, Settings
from tests.functional.relay.clients import GREEN, KEY, SECRET, token
from tests.functional.relay.ways import relay_over

pytestmark = pytest.mark.calm

STATS = """async (name) => {
  const engine = people[name].room.engine;
  const manager = engine.pcManager;
  const found = [];
  for (const transport of [manager.publisher, manager.subscriber]) {
    if (!transport) continue;
    const stats = await transport.getStats();
    const all = [...stats.values()];
    const chosen = all.filter((s) => s.type === 'transport' && s.selectedCandidatePairId);
    for (const one of chosen) {
      const pair = stats.get(one.selectedCandidatePairId);
      const [local, remote] = [stats.get(pair.localCandidateId), stats.get(pair.remoteCandidateId)];
      found.push(`${local.candidateType} ${remote.protocol}`);
    }
  }
  return found;
}"""


async def _join(page: Page, relay: Relay, name: str, *, single: bool, way: str) -> None:
    options = "{connect: {rtcConfig: {iceTransportPolicy: 'relay'}}}" if way == "turn" else "{}"
    arguments = [name, f"ws://127.0.0.1:{relay.port}", token(name), single]
    await page.evaluate(f"([n, u, t, s]) => join(n, u, t, s, {options})", arguments)


@pytest.mark.parametrize(("way", "single"), [("tcp", True), ("tcp", False), ("turn", True), ("turn", False)])
async def test_picture_and_tone_arrive(page: Page, tmp_path: Path, way: str, single: bool) -> None:
    async with relay_over(Settings(keys={KEY: SECRET}, port=0, udp_port=0), way, tmp_path) as relay:
        for name in ("anna", "binh"):
            await _join(page, relay, name, single=single, way=way)
        await page.evaluate("show('anna', 'rgb(0, 200, 0)', false)")
        await page.evaluate("sound('anna', 660)")
        for kind in ("video", "audio"):
            await page.evaluate("(kind) => until('binh', `track ${kind} anna`)", kind)
        await page.evaluate("(colour) => picture('binh', 'anna', 0, colour)", list(GREEN))
        assert abs(await page.evaluate("frequency('binh', 'anna', 660)") - 660) <= 6
        pairs = set(await page.evaluate(STATS, "binh"))
        assert pairs == {"relay udp"} if way == "turn" else {pair.split()[1] for pair in pairs} == {"tcp"}
        await page.evaluate("Promise.all(Object.values(people).map((p) => p.room.disconnect()))")
