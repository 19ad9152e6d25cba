"""Who goes first before the one writer."""

from __future__ import annotations

import asyncio

import pytest

from confhub.db.turns import PASSED_MAX, Turns


async def take(turns: Turns, order: list[str], name: str) -> None:
    async with turns.turn(later=name.startswith("later")):
        order.append(name)
        await asyncio.sleep(0)


async def test_the_background_lets_others_pass_and_is_passed_only_so_often() -> None:
    turns, order = Turns(), list[str]()
    names = ["later 1", "later 2", *(f"door {number}" for number in range(5))]
    async with turns.turn(later=False):
        waiting = [asyncio.create_task(take(turns, order, name)) for name in names]
        await asyncio.sleep(0)
        assert order == []
    await asyncio.gather(*waiting)
    assert PASSED_MAX == 3
    assert order == ["door 0", "door 1", "door 2", "later 1", "door 3", "door 4", "later 2"]


async def test_who_gives_up_waiting_holds_up_nobody() -> None:
    turns, order = Turns(), list[str]()
    async with turns.turn(later=False):
        gone, next_one = (asyncio.create_task(take(turns, order, name)) for name in ("gone", "next"))
        await asyncio.sleep(0)
        gone.cancel()
    await next_one
    with pytest.raises(asyncio.CancelledError):
        await gone
    async with turns.turn(later=True):
        order.append("free again")
    assert order == ["next", "free again"]


async def test_a_turn_given_to_one_who_is_cancelled_in_the_same_moment_goes_on() -> None:
    turns, order = Turns(), list[str]()
    async with turns.turn(later=False):
        gone, next_one = (asyncio.create_task(take(turns, order, name)) for name in ("gone", "next"))
        await asyncio.sleep(0)
    gone.cancel()  # its turn has come, and it has not run yet
    async with asyncio.timeout(5):
        await next_one
    assert order == ["next"]
    assert gone.cancelled()
