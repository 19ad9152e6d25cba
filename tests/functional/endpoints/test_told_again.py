"""What a room is told again after a reconnect: a mute counts once, and so does the grant that ends mutes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import pytest

from endpoints.agent import machine as m
from endpoints.agent.agent import Agent, RoomIdentity
from endpoints.agent.hub import HubAddress
from endpoints.agent.journal import Journal
from tests.functional.endpoints.hub_fixture import StandInHub

CODE, CREDENTIAL = "H44.01.02", "ep_very_secret"


class NotingSeat:
    """Joins at once, and notes what the hub orders."""

    mode = "headless"

    def __init__(self) -> None:
        self.orders: list[str] = []
        self._emit: Callable[[m.Event], None] = lambda _event: None

    def bind(self, emit: Callable[[m.Event], None], address: HubAddress, credential: str) -> None:
        self._emit = emit

    def join(self, session: int | str, media: m.MediaGrant) -> None:
        self._emit(m.SeatJoined("own-1"))

    def leave(self) -> None:
        pass

    def floor(self, granted: bool, sources: tuple[str, ...]) -> None:
        self.orders.append("floor" if granted else "no floor")

    def mute(self, source: str) -> None:
        self.orders.append(f"mute {source}")

    def report(self) -> dict[str, Any]:
        return {}

    def devices(self) -> dict[str, int]:
        return {}

    async def close(self) -> None:
        pass


@pytest.fixture
async def seat(hub: StandInHub) -> AsyncIterator[NotingSeat]:
    """The seat of a room that is joined to a session of the hub."""
    hub.credentials[CREDENTIAL] = CODE
    seat = NotingSeat()
    journal = Journal(None)
    async with aiohttp.ClientSession() as http:
        room = RoomIdentity(CODE, CREDENTIAL)
        agent = Agent(http, HubAddress(hub.url), room, seat, journal, "1.0")
        running = asyncio.create_task(agent.run())
        await hub.until(lambda: CODE in hub.sockets)
        await hub.open_session()
        await hub.until(lambda: hub.beats[CODE][-1]["state"] == "joined")
        yield seat
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def told(hub: StandInHub, *orders: dict[str, Any]) -> None:
    """Tell the room, and wait until it has taken all of it: it answers the order to leave at the end."""
    for order in orders:
        await hub.send(CODE, {"session": 1, **order})
    beats = len(hub.beats[CODE])
    await hub.send(CODE, {"type": "session_state", "session": 1, "state": "ended"})
    await hub.until(lambda: "idle" in [beat["state"] for beat in hub.beats[CODE][beats:]])


async def come_back(hub: StandInHub) -> None:
    hellos = len(hub.hellos[CODE])
    await hub.sockets[CODE].close()
    await hub.until(lambda: len(hub.hellos[CODE]) > hellos)


def floor(grant: int, *sources: str) -> dict[str, Any]:
    return {"type": "floor", "granted": True, "grant": grant, "sources": list(sources)}


def mute(number: int, source: str = "microphone") -> dict[str, Any]:
    return {"type": "mute", "mute": number, "source": source}


async def test_a_mute_that_the_room_knows_does_not_mute_it_again_after_a_reconnect(
    hub: StandInHub, seat: NotingSeat
) -> None:
    for order in (floor(5, "microphone"), mute(9)):
        await hub.send(CODE, {"session": 1, **order})
    await come_back(hub)
    await told(hub, floor(5, "microphone"), mute(9), mute(10, "camera"))
    assert seat.orders == ["floor", "mute microphone", "mute camera"]


async def test_a_renewed_mute_and_one_of_a_new_grant_are_carried_out(
    hub: StandInHub, seat: NotingSeat
) -> None:
    await told(hub, floor(5), mute(9), floor(5, "screen_share"), mute(10), floor(6), mute(11))
    assert seat.orders == ["floor", "mute microphone", "mute microphone", "floor", "mute microphone"]


async def test_a_place_taken_back_and_given_again_is_told_each_time(
    hub: StandInHub, seat: NotingSeat
) -> None:
    taken = {"type": "floor", "granted": False, "grant": None, "sources": []}
    await told(hub, floor(5), taken, floor(6))
    assert seat.orders == ["floor", "no floor", "floor"]


async def test_of_an_older_hub_that_names_no_numbers_every_word_counts(
    hub: StandInHub, seat: NotingSeat
) -> None:
    unnamed = {"type": "mute", "source": "microphone"}, {"type": "floor", "granted": True, "sources": []}
    await told(hub, *unnamed, *unnamed)
    assert seat.orders == ["mute microphone", "floor"] * 2
