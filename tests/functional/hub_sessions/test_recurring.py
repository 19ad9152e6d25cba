"""The runner of recurring work: by lease or each hub, alone or beside others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from confhub.db.database import Database
from confhub.jobs.lease import Lease
from confhub.jobs.recurring import STANDBY_S, Recurring, Work
from confhub.kernel.clock import ManualClock
from confhub.kernel.errors import Unavailable

pytestmark = pytest.mark.both_databases


def noting(done: list[str], name: str) -> Callable[[], Awaitable[None]]:
    async def do() -> None:
        done.append(name)

    return do


async def test_one_hub_does_what_is_under_a_lease_and_each_what_is_not(
    database: Database, clock: ManualClock
) -> None:
    done: list[str] = []
    waits = partial(done.append, "waits")
    hubs = [
        Recurring(
            database, clock,
            [
                Work("shared", 10, noting(done, f"{hub} shared"), "x", otherwise=waits),
                Work("own", 10, noting(done, f"{hub} own"), None),
            ],
        )
        for hub in "ab"
    ]  # fmt: skip
    for hub in hubs:
        await hub.turn()
    assert done == ["a shared", "a own", "waits", "b own"]
    del done[:]
    for hub in hubs:
        await hub.turn()
    assert done == [], "not before its time"
    clock.advance(STANDBY_S)
    for hub in hubs:
        await hub.turn()
    assert done == ["waits"], "the other one looks whether the lease is free"
    del done[:]
    clock.advance(10)  # the first hub died; its lease runs out
    await hubs[1].turn()
    assert done == ["b shared", "b own"]


async def test_a_fault_costs_that_round_of_that_work_alone(database: Database, clock: ManualClock) -> None:
    done: list[str] = []

    async def broken() -> None:
        done.append("broken")
        raise RuntimeError("its own fault")

    async def away() -> None:
        done.append("away")
        raise Unavailable

    works = [Work("a", 1, broken, "x"), Work("b", 1, away, None), Work("c", 1, noting(done, "c"), "x")]
    hub = Recurring(database, clock, works)
    await hub.turn()
    clock.advance(1)
    await hub.turn()
    assert done == ["broken", "away", "c"] * 2


async def test_a_hub_that_stops_does_what_is_left_and_lets_another_lead_at_once(
    database: Database, clock: ManualClock
) -> None:
    done: list[str] = []
    began = asyncio.Event()

    async def slow() -> None:
        began.set()
        await asyncio.Event().wait()

    works = [
        Work("slow", 1, slow, "x"),
        Work("kept", 1, noting(done, "kept"), "x", at_end=noting(done, "written")),
    ]
    running = asyncio.create_task(Recurring(database, clock, works).run())
    await began.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert done[-1] == "written"
    assert await Lease(database, clock, "x").hold()


def test_no_two_works_have_one_name(database: Database, clock: ManualClock) -> None:
    with pytest.raises(AssertionError, match="one name"):
        Recurring(database, clock, [Work("a", 1, noting([], ""), None)] * 2)
