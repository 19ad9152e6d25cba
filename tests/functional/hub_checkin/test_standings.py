"""The open sessions as they stand, kept in memory."""

from __future__ import annotations

import asyncio

import pytest

from confhub.checkin.events import PolicyChanged
from confhub.checkin.standing import Standings
from confhub.db.database import Database
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import SessionId

pytestmark = pytest.mark.both_databases


async def test_what_is_forgotten_while_it_is_read_is_read_anew(
    database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A screen asks while a session's secret is made: it does not go on with the reading from before."""
    read, begun, go = Standings._read, asyncio.Event(), asyncio.Event()
    readings = []

    async def read_slowly(self: Standings) -> object:
        readings.append(found := await read(self))
        begun.set()
        await go.wait()
        return found

    monkeypatch.setattr(Standings, "_read", read_slowly)
    standings = Standings(database, clock)
    asked = asyncio.create_task(standings.of(1))
    await begun.wait()
    standings.forget()
    go.set()
    assert await asked is None
    assert len(readings) == 2
    await standings.of(1)
    assert len(readings) == 2


async def test_news_that_another_question_heard_while_it_is_read_are_read_anew(
    database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first to ask is still reading what was; the second, who took the news, gets what is."""
    read, begun, go = Standings._read, asyncio.Event(), asyncio.Event()
    readings = []

    async def read_slowly(self: Standings) -> object:
        readings.append(found := await read(self))
        begun.set()
        await go.wait()
        return found

    monkeypatch.setattr(Standings, "_read", read_slowly)
    standings = Standings(database, clock)
    first = asyncio.create_task(standings.of(1))
    await begun.wait()
    database.bus.publish(PolicyChanged(SessionId(1)))
    second = asyncio.create_task(standings.of(1))
    await asyncio.sleep(0)  # it has taken the news
    go.set()
    assert await asyncio.gather(first, second) == [None, None]
    assert len(readings) == 2
