"""Rooms whose line, signalling or relay fails: who stays, who comes back, and what the fleet says of it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from livekit import api

from confhub.simulator.clip.encode import FORMATS, encode
from endpoints.clip.container import save
from tests.functional.endpoints.cutter import Cutter
from tests.functional.endpoints.hub_fixture import KEY, SECRET, StandInHub
from tests.plugins.endpoints import Program, status_until

pytestmark = pytest.mark.alone  # one poor window of sound is told for the rest of a run

ROOMS = 3


class RelayProcess:
    """confhub's relay as a program of its own; started again on the ports it had."""

    def __init__(self) -> None:
        self.port = self._udp = 0
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        ports = ("--port", str(self.port), "--udp-port", str(self._udp), "--tcp-port", "0")
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "confhub.relay", "--host", "127.0.0.1", *ports, "--log-level", "error",
            stdout=asyncio.subprocess.PIPE, env={**os.environ, "LIVEKIT_KEYS": f"{KEY}: {SECRET}"},
        )  # fmt: skip
        assert self._process.stdout is not None
        ready = json.loads(await asyncio.wait_for(self._process.stdout.readline(), 20))
        self.port, self._udp = ready["port"], ready["udp_port"]

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def point(self, room: str, identity: str) -> None:
        """Puts a participant into the chair's slot, as soon as it is there."""
        grants = api.VideoGrants(room_admin=True, room=room)
        token = api.AccessToken(KEY, SECRET).with_grants(grants).to_jwt()
        url = f"http://127.0.0.1:{self.port}/twirp/confhub.Stage/PointSlot"
        body = {"room": room, "slot": "chair", "identity": identity}
        async with asyncio.timeout(15), aiohttp.ClientSession() as http:
            while True:
                async with http.post(url, json=body, headers={"Authorization": f"Bearer {token}"}) as answer:
                    if answer.status == 200:
                        return
                await asyncio.sleep(0.1)  # the participant's coming is told to nobody here


class Scene:
    """Relay, a studio in the chair's slot, and a small fleet on lines of a plan."""

    def __init__(self, relay: RelayProcess, hub: StandInHub, folder: Path) -> None:
        self.relay, self.hub, self._folder = relay, hub, folder
        self.status, self.plan = folder / "status.json", folder / "plan.json"
        self.chair = ""
        self.codes: list[str] = []

    async def start(self, program: Program, media_port: int = 0) -> None:
        clip, made = self._folder / "chair.clip", self.hub.rooms(ROOMS + 1)
        await asyncio.to_thread(lambda: save(encode(FORMATS["180p"], 2, 2), clip))
        self.hub.media_url = f"ws://127.0.0.1:{media_port or self.relay.port}"
        self.chair, self.codes = made[0]["code"], [room["code"] for room in made[1:]]
        self.hub.can_publish = {self.chair}
        (self._folder / "studio.jsonl").write_text(json.dumps(made[0]))
        (self._folder / "rooms.jsonl").write_text("".join(json.dumps(room) + "\n" for room in made[1:]))
        await program(
            "studio", "--hub", self.hub.url, "--credentials", self._folder / "studio.jsonl", "--clip", clip
        )
        await program(
            "fleet", "--hub", self.hub.url, "--credentials", self._folder / "rooms.jsonl", "--status",
            self.status, "--decode", 0, "--faults", self.plan, "--known-clips", clip,
        )  # fmt: skip
        await self.hub.until(lambda: len(self.hub.sockets) == ROOMS + 1)
        await self.hub.open_session()
        await self.point()
        await status_until(self.status, lambda s: s["with_picture"] == s["with_sound"] == ROOMS)

    async def point(self) -> None:
        await self.relay.point(self.hub.media_room, f"room:{self.chair}")

    async def received_more(self) -> dict[str, Any]:
        before: Any = (await status_until(self.status, bool))["packets_received"]
        return await status_until(self.status, lambda s: s["packets_received"] > before + 100)  # type: ignore[operator]


@pytest.fixture
async def scene(hub: StandInHub, tmp_path: Path) -> AsyncIterator[Scene]:
    relay = RelayProcess()
    await relay.start()
    yield Scene(relay, hub, tmp_path)
    await relay.kill()


async def test_a_room_whose_signalling_is_cut_goes_on_under_the_same_sid(
    scene: Scene, program: Program
) -> None:
    cutter = Cutter(scene.relay.port)
    try:
        await scene.start(program, await cutter.start())
        opened = cutter.opened
        cutter.cut()
        async with asyncio.timeout(10), cutter.changed:
            await cutter.changed.wait_for(lambda: cutter.opened >= opened + ROOMS + 1)
        status = await scene.received_more()
        assert (status["joined"], status["connections"], status["rejoins"]) == (ROOMS, ROOMS, [])
        assert all(scene.hub.events(code) == ["joined"] for code in scene.codes)
        assert (status["with_picture"], status["with_sound"]) == (ROOMS, ROOMS)
    finally:
        await cutter.stop()


async def test_rooms_come_back_to_a_killed_relay_and_say_when(scene: Scene, program: Program) -> None:
    await scene.start(program)
    await scene.relay.kill()
    await status_until(scene.status, lambda s: s["joined"] == 0)
    await scene.relay.start()
    listens_ms = time.time() * 1000
    await scene.point()
    back = await status_until(
        scene.status,
        lambda s: len(s["rejoins"]) == ROOMS and all(r["back_at_ms"] for r in s["rejoins"]),  # type: ignore[arg-type,attr-defined]
    )
    rejoins: Any = back["rejoins"]
    assert {r["room"] for r in rejoins} == set(scene.codes)
    assert all(r["lost_at_ms"] < listens_ms for r in rejoins)
    assert all(r["back_at_ms"] - listens_ms < 5000 for r in rejoins)
    switches: Any = back["switches"]
    assert [s["source"] for s in switches] == ["chair"] * ROOMS  # the same one as before is no switch
    await scene.hub.until(
        lambda: all(scene.hub.events(code) == ["joined", "lost", "joined"] for code in scene.codes)
    )


async def test_a_dead_line_keeps_its_room_and_its_media_flow_again_at_once(
    scene: Scene, program: Program
) -> None:
    await scene.start(program)
    epoch = time.time()
    fault = {"from_s": 0.5, "to_s": 4.0, "kind": "dead", "way": "both", "rooms": [0, 1]}
    scene.plan.write_text(json.dumps({"seed": 1, "epoch": epoch, "faults": [fault]}))
    status: Any = await status_until(scene.status, lambda s: bool(s["rejoins"]))
    (rejoin,) = status["rejoins"]
    assert rejoin["room"] == scene.codes[0]
    assert abs(rejoin["lost_at_ms"] / 1000 - epoch - 0.5) < 0.3
    assert 0 <= rejoin["back_at_ms"] / 1000 - epoch - 4.0 < 2.0
    assert status["connections"] == ROOMS
    assert status["faults"]["down_dropped"] > 50
    assert status["faults"]["down_passed"] == 0
    assert status["freezes"] >= 1
