"""The outbox and its worker: nothing is lost, nothing goes twice, and what is over is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from confhub.db.database import Database
from confhub.kernel.clock import ManualClock
from confhub.post import outbox
from confhub.post.models import Outbox
from confhub.post.rules import WAITS
from confhub.post.values import Draft, Fate, Outcome, Parcel
from confhub.post.worker import LEASE_OVER, Post

pytestmark = pytest.mark.both_databases


class Receiver:
    """Takes parcels, by name; `answer` says what becomes of the next ones."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.asked = 0
        self.answer: Callable[[Parcel], Outcome] = lambda _: Outcome(Fate.SENT)

    async def send(self, parcels: Sequence[Parcel]) -> Mapping[int, Outcome]:
        self.asked += 1
        outcomes = {one.id: self.answer(one) for one in parcels}
        self.taken += [one.key for one in parcels if outcomes[one.id].fate is Fate.SENT]
        return outcomes


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def post(database: Database, clock: ManualClock, receiver: Receiver) -> Post:
    post = Post(database, clock)
    post.carry("x", receiver.send, at_once=2)
    return post


async def put(database: Database, clock: ManualClock, *keys: str, **named: tuple[str, ...]) -> None:
    async with database.transaction() as tx:
        drafts = [Draft(key, "thing:1", None, named.get("address", ())) for key in keys]
        await outbox.put(tx, "x", drafts, clock.now())


async def rows(database: Database) -> list[Outbox]:
    async with database.reading() as tx:
        return list(await tx.scalars(select(Outbox).order_by(Outbox.id)))


async def test_what_is_put_in_goes_once_however_often_it_is_put_in(
    database: Database, clock: ManualClock, post: Post, receiver: Receiver
) -> None:
    await put(database, clock, "a", "b")
    await put(database, clock, "b", "c")
    assert await post.send_due("x") == 3
    await put(database, clock, "a")
    assert await post.send_due("x") == 0
    assert receiver.taken == ["a", "b", "c"]


async def test_a_fact_that_is_taken_back_puts_nothing_in(
    database: Database, clock: ManualClock, post: Post
) -> None:
    async def not_to_be() -> None:
        async with database.transaction() as tx:
            await outbox.put(tx, "x", [Draft("a", "thing:1", None)], clock.now())
            raise RuntimeError("the fact does not come about")

    with pytest.raises(RuntimeError):
        await not_to_be()
    assert await rows(database) == []
    assert await post.send_due("x") == 0


async def test_what_nobody_carries_waits(database: Database, clock: ManualClock) -> None:
    await put(database, clock, "a")
    assert await Post(database, clock).send_due("x") == 0
    assert (await rows(database))[0].due_at == clock.now()


async def test_a_parcel_that_fails_by_itself_is_given_up_with_the_reason_and_holds_up_nobody(
    database: Database, clock: ManualClock, post: Post, receiver: Receiver
) -> None:
    receiver.answer = lambda one: Outcome(Fate.LATER, "no such box") if one.key == "a" else Outcome(Fate.SENT)
    await put(database, clock, "a", "b", "c")
    assert await post.send_due("x") == 2
    for wait in WAITS:
        clock.advance(wait.total_seconds() - 1)
        asked = receiver.asked
        assert await post.send_due("x") == 0
        assert receiver.asked == asked, "not before its time"
        clock.advance(1)
        await post.send_due("x")
        assert receiver.asked == asked + 1
    row = (await rows(database))[0]
    assert (row.due_at, row.given_up_at, row.attempts) == (None, clock.now(), len(WAITS) + 1)
    assert row.last_error == "no such box"


async def test_a_receiver_that_is_away_costs_one_question_and_no_parcel_its_life(
    database: Database, clock: ManualClock, post: Post, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Outcome(Fate.AWAY, "connection refused")
    await put(database, clock, *"abcde")
    for _ in range(50):
        asked = receiver.asked
        await post.send_due("x")
        assert receiver.asked <= asked + 1
        clock.advance(3600)
    receiver.answer = lambda _: Outcome(Fate.LATER, "greylisted")
    await post.send_due("x")
    assert [row.given_up_at for row in await rows(database)] == [None] * 5
    receiver.answer = lambda _: Outcome(Fate.SENT)
    clock.advance(3600)
    assert await post.send_due("x") == 5
    assert sorted(receiver.taken) == list("abcde")


async def test_what_is_refused_for_good_goes_only_where_somebody_sends_it_again(
    database: Database, clock: ManualClock, post: Post, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Outcome(Fate.REFUSED, "400 never")
    await put(database, clock, "a")
    await post.send_due("x")
    clock.advance(10 * 86_400)
    assert await post.send_due("x") == 0
    assert receiver.asked == 1
    receiver.answer = lambda _: Outcome(Fate.LATER, "soon")
    async with database.transaction() as tx:
        assert await outbox.send_again(tx, clock.now(), Outbox.key == "a") == 1
    await post.send_due("x")
    row = (await rows(database))[0]
    assert (row.attempts, row.forgiven, row.due_at) == (2, 1, clock.now() + WAITS[0]), "with all its tries"


async def test_who_got_it_does_not_get_it_again(
    database: Database, clock: ManualClock, post: Post, receiver: Receiver
) -> None:
    receiver.answer = lambda one: Outcome(Fate.LATER, "b: full", left=("b@x.vn",))
    await put(database, clock, "a", address=("a@x.vn", "b@x.vn"))
    await post.send_due("x")
    asked: list[tuple[str, ...]] = []
    receiver.answer = lambda one: asked.append(one.addresses) or Outcome(Fate.SENT)  # type: ignore[func-returns-value]
    clock.advance(WAITS[0].total_seconds())
    assert await post.send_due("x") == 1
    assert asked == [("b@x.vn",)]


async def test_two_hubs_never_have_the_same_in_hand(database: Database, clock: ManualClock) -> None:
    began, goes_on, taken = asyncio.Event(), asyncio.Event(), []

    async def slow(parcels: Sequence[Parcel]) -> Mapping[int, Outcome]:
        began.set()
        await goes_on.wait()
        taken.extend(one.key for one in parcels)
        return {one.id: Outcome(Fate.SENT) for one in parcels}

    first, second = Post(database, clock), Post(database, clock)
    first.carry("x", slow, longest_s=60)
    second.carry("x", slow, longest_s=60)
    await put(database, clock, "a")
    sending = asyncio.create_task(first.send_due("x"))
    await began.wait()
    assert await second.send_due("x") == 0
    goes_on.set()
    assert await sending == 1
    assert await second.send_due("x") == 0
    assert taken == ["a"]


async def test_what_a_hub_died_over_goes_by_another_under_the_same_name(
    database: Database, clock: ManualClock
) -> None:
    names: list[str] = []

    async def dies(parcels: Sequence[Parcel]) -> Mapping[int, Outcome]:
        names.append(parcels[0].name)
        raise SystemExit

    async def lives(parcels: Sequence[Parcel]) -> Mapping[int, Outcome]:
        names.append(parcels[0].name)
        return {one.id: Outcome(Fate.SENT) for one in parcels}

    first, second = Post(database, clock), Post(database, clock)
    first.carry("x", dies, longest_s=60)
    second.carry("x", lives, longest_s=60)
    await put(database, clock, "a")
    with pytest.raises(SystemExit):
        await first.send_due("x")
    assert await second.send_due("x") == 0, "its lease runs"
    async with database.transaction() as tx:
        assert await outbox.take_back(tx, "x", ["a"]) == set(), "it may have arrived"
    clock.advance((timedelta(seconds=60) + LEASE_OVER).total_seconds())
    assert await second.send_due("x") == 1
    assert names[0] == names[1]


async def test_a_hub_that_stops_hands_back_what_it_has_in_hand(
    database: Database, clock: ManualClock, receiver: Receiver
) -> None:
    began = asyncio.Event()

    async def endless(_parcels: Sequence[Parcel]) -> Mapping[int, Outcome]:
        began.set()
        await asyncio.Event().wait()
        return {}

    first, second = Post(database, clock), Post(database, clock)
    first.carry("x", endless)
    second.carry("x", receiver.send)
    await put(database, clock, "a")
    sending = asyncio.create_task(first.send_due("x"))
    await began.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert await second.send_due("x") == 1


async def test_a_sender_that_hangs_is_broken_off_and_its_parcel_tried_later(
    database: Database, clock: ManualClock
) -> None:
    async def endless(_parcels: Sequence[Parcel]) -> Mapping[int, Outcome]:
        await asyncio.Event().wait()
        return {}

    post = Post(database, clock)
    post.carry("x", endless, longest_s=0.01)
    await put(database, clock, "a")
    assert await post.send_due("x") == 0
    (row,) = await rows(database)
    assert (row.attempts, row.due_at, row.leased_until) == (1, clock.now() + WAITS[0], None)
    assert row.last_error == "No answer within 0.01 s"


async def test_what_nobody_tried_to_send_can_be_taken_back(
    database: Database, clock: ManualClock, post: Post, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Outcome(Fate.AWAY, "down")
    await put(database, clock, "a", "b", "c")
    await post.send_due("x")  # two at a time
    async with database.transaction() as tx:
        assert await outbox.take_back(tx, "x", ["a", "b", "c"]) == {"c"}
    assert [row.key for row in await rows(database)] == ["a", "b"]


async def test_what_is_given_up_while_it_is_in_hand_stays_so_unless_it_arrives(
    database: Database, clock: ManualClock
) -> None:
    async def given_up_meanwhile(parcels: Sequence[Parcel]) -> Mapping[int, Outcome]:
        async with database.transaction() as tx:
            await outbox.give_up(tx, clock.now(), "not wanted", Outbox.kind == "x")
        fates = {"a": Fate.SENT, "b": Fate.LATER}
        return {one.id: Outcome(fates[one.key], "busy") for one in parcels}

    post = Post(database, clock)
    post.carry("x", given_up_meanwhile, at_once=2)
    await put(database, clock, "a", "b")
    assert await post.send_due("x") == 1
    a, b = await rows(database)
    assert (a.done_at, a.given_up_at, a.last_error) == (clock.now(), None, "")
    assert (b.done_at, b.given_up_at, b.last_error, b.due_at) == (None, clock.now(), "not wanted", None)
