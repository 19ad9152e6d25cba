"""The open sessions as they stand, kept in memory."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from confhub.checkin.events import PolicyChanged
from confhub.checkin.standing import Standings
from confhub.db.database import Database
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import SessionId

pytestmark = pytest.mark.both_databases


@dataclass
class Slow:
    """Readings that have `begun` end once they may `go`."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    readings: list[object] = field(default_factory=list)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    read, made = Standings._read, Slow()

    async def read_slowly(self: Standings) -> object:
        made.readings.append(found := await read(self))
        made.begun.set()
        await made.go.wait()
        return found

    monkeypatch.setattr(Standings, "_read", read_slowly)
    return made


async def test_what_is_forgotten_while_it_is_read_is_read_anew(
    database: Database, clock: ManualClock, slow: Slow
) -> None:
    """A screen asks while a session's secret is made: it does not go on with the reading from before."""
    standings = Standings(database, clock)
    asked = asyncio.create_task(standings.of(1))
    await slow.begun.wait()
    standings.forget()
    slow.go.set()
    assert await asked is None
    assert len(slow.readings) == 2
    await standings.of(1)
    assert len(slow.readings) == 2


async def test_news_that_another_question_heard_while_it_is_read_are_read_anew(
    database: Database, clock: ManualClock, slow: Slow
) -> None:
    """The first to ask is still reading what was; the second, who took the news, gets what is."""
    standings = Standings(database, clock)
    first = asyncio.create_task(standings.of(1))
    await slow.begun.wait()
    database.bus.publish(PolicyChanged(SessionId(1)))
    second = asyncio.create_task(standings.of(1))
    await asyncio.sleep(0)  # it has taken the news
    slow.go.set()
    assert await asyncio.gather(first, second) == [None, None]
    assert len(slow.readings) == 2
