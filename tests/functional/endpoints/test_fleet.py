"""A fleet of simulated rooms and a studio against a real LiveKit server."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import pytest

from confhub.simulator.clip.encode import FORMATS, encode
from endpoints.clip.container import save
from tests.functional.endpoints.cutter import Cutter
from tests.functional.endpoints.hub_fixture import StandInHub
from tests.plugins.endpoints import LiveKit, Program, status_until

pytestmark = pytest.mark.alone  # one poor window of sound is told for the rest of a run

ROOMS = 20


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "test.clip"
    save(encode(FORMATS["180p"], 4, 4), path)
    return path


class Conference:
    """One studio and so many rooms, called to one session."""

    def __init__(self, hub: StandInHub, program: Program, folder: Path, clip: Path) -> None:
        self.hub, self._program, self._folder, self._clip = hub, program, folder, clip
        self.status, self.studio_status = folder / "status.json", folder / "studio.json"
        self.diary = folder / "diary.jsonl"
        self.chair = ""
        self.codes: list[str] = []

    async def start(self, rooms: int) -> None:
        made = self.hub.rooms(rooms + 1)
        self.chair, self.codes = made[0]["code"], [room["code"] for room in made[1:]]
        self.hub.can_publish = {self.chair}
        (self._folder / "studio.jsonl").write_text(json.dumps(made[0]))
        (self._folder / "rooms.jsonl").write_text("".join(json.dumps(room) + "\n" for room in made[1:]))
        self.studio = await self._program(
            "studio", "--hub", self.hub.url, "--credentials", self._folder / "studio.jsonl",
            "--clip", self._clip, "--status", self.studio_status,
        )  # fmt: skip
        await self.start_fleet()
        await self.hub.until(lambda: len(self.hub.sockets) == rooms + 1)
        await self.hub.open_session()

    async def start_fleet(self) -> None:
        self.fleet = await self._program(
            "fleet", "--hub", self.hub.url, "--credentials", self._folder / "rooms.jsonl", "--diary",
            self.diary,
            "--status", self.status, "--state", self._folder / "state", "--decode", 3, "--seed", 5,
            "--clip", self._clip,
        )  # fmt: skip

    def diary_lines(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.diary.read_text().splitlines()]


@pytest.fixture
def conference(hub: StandInHub, livekit: LiveKit, program: Program, tmp_path: Path, clip: Path) -> Conference:
    hub.media_url = livekit.url
    return Conference(hub, program, tmp_path, clip)


async def test_every_room_gets_picture_and_sound_and_some_decode_them(conference: Conference) -> None:
    hub = conference.hub
    await conference.start(ROOMS)
    await status_until(
        conference.status,
        lambda s: s["with_picture"] == ROOMS and s["with_sound"] == ROOMS and s["decode_ok"] == 3,
    )
    await hub.end_session()
    await hub.until(lambda: all(hub.events(code) == ["joined", "left"] for code in conference.codes))
    conference.fleet.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(conference.fleet.wait(), 10) == 0
    final = json.loads(conference.status.read_text())
    assert final["final"] is True
    assert (final["joined"], final["with_picture"], final["with_sound"]) == (0, ROOMS, ROOMS)
    assert (final["decode_checked"], final["decode_ok"]) == (3, 3)
    assert final["packets_lost"] == 0
    assert final["packets_received"] > ROOMS * 100
    assert sorted(line["code"] for line in conference.diary_lines()) == sorted(conference.codes)
    for line in conference.diary_lines():
        joined = next(e for e in hub.log[line["code"]].values() if e["event"] == "joined")
        assert (line["connection"], line["session"]) == (joined["connection"], 1)
        assert line["from"] < line["to"]


async def test_rooms_come_back_after_the_media_server_was_killed(
    conference: Conference, livekit: LiveKit
) -> None:
    await conference.start(4)
    await status_until(conference.status, lambda s: s["with_sound"] == 4)
    await livekit.kill()
    await status_until(conference.status, lambda s: s["joined"] == 0)
    await livekit.start()
    await status_until(conference.status, lambda s: s["joined"] == 4 and s["connections"] == 8)
    await status_until(conference.studio_status, lambda s: s["publishing"] == 1)
    hub = conference.hub
    wanted = ["joined", "lost", "joined"]
    await hub.until(lambda: all(hub.events(code) == wanted for code in conference.codes))


async def test_rooms_come_back_after_the_fleet_was_killed_and_their_logs_go_on(
    conference: Conference,
) -> None:
    hub = conference.hub
    await conference.start(4)
    await status_until(conference.status, lambda s: s["with_picture"] == 4)
    hub.acknowledge = False
    conference.fleet.send_signal(signal.SIGKILL)
    await conference.fleet.wait()
    conference.status.unlink()
    await conference.start_fleet()
    await status_until(conference.status, lambda s: s["joined"] == 4)
    wanted = ["joined", "lost", "joined"]
    await hub.until(lambda: all(hub.events(code) == wanted for code in conference.codes))
    for code in conference.codes:
        numbers = [number for number, _, _ in hub.log[code]]
        assert len(numbers) == len(set(numbers))
    assert sorted(line["code"] for line in conference.diary_lines()) == sorted(conference.codes)


async def test_rooms_stay_in_the_media_room_while_the_hub_restarts(conference: Conference) -> None:
    hub = conference.hub
    await conference.start(4)
    await status_until(conference.status, lambda s: s["with_picture"] == 4)
    port = hub.port
    await hub.stop()
    hub.hellos.clear()
    await hub.start(port)
    await hub.until(lambda: set(conference.codes) <= set(hub.hellos))
    assert all(hub.hellos[code][0]["state"] == "joined" for code in conference.codes)
    assert all(hub.events(code) == ["joined"] for code in conference.codes)


async def test_a_room_that_is_given_the_floor_publishes_and_stops_when_it_is_withdrawn(
    conference: Conference, livekit: LiveKit
) -> None:
    hub = conference.hub
    await conference.start(2)
    await status_until(conference.status, lambda s: s["with_picture"] == 2 and s["publishing"] == 0)
    speaker = f"room:{conference.codes[0]}"
    rooms = livekit.api()
    try:
        for _ in range(2):
            await rooms.allow(hub.media_room, speaker, publish=True)
            await status_until(conference.status, lambda s: s["publishing"] == 1)
            assert len(await rooms.tracks(hub.media_room, speaker)) == 2
            await rooms.allow(hub.media_room, speaker, publish=False)
            await status_until(conference.status, lambda s: s["publishing"] == 0)
    finally:
        await rooms.close()
    status = await status_until(conference.status, lambda s: s["with_sound"] == 2)
    assert status["connections"] == 2


async def test_signalling_that_is_cut_is_resumed_at_a_livekit_server(
    conference: Conference, livekit: LiveKit
) -> None:
    cutter = Cutter(int(livekit.url.rpartition(":")[2]))
    conference.hub.media_url = f"ws://127.0.0.1:{await cutter.start()}"
    try:
        await conference.start(2)
        await status_until(conference.status, lambda s: s["with_sound"] == 2)
        opened = cutter.opened
        cutter.cut()
        async with asyncio.timeout(10), cutter.changed:
            await cutter.changed.wait_for(lambda: cutter.opened >= opened + 3)
        before = json.loads(conference.status.read_text())["packets_received"]
        status = await status_until(conference.status, lambda s: s["packets_received"] > before + 300)  # type: ignore[operator]
        assert (status["joined"], status["connections"]) == (2, 2)
        assert all(conference.hub.events(code) == ["joined"] for code in conference.codes)
    finally:
        await cutter.stop()
