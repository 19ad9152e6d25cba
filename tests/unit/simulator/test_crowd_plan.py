"""The crowd's script: the same for the same seed, everybody by one means and in order, all ways used."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict

import pytest

from confhub.simulator.crowd.plan import BADGE, CODE, IN, OUT, QR, TABLET, Act, Member, Plan, Span, make_plan

pytestmark = pytest.mark.sockets

SECONDS = 190.0


def rooms(count: int = 20, people: int = 130) -> dict[str, list[Member]]:
    def member(number: int) -> Member:
        return Member(number, f"Người {number}", f"M{number}", f"B{number}", number % 50 == 0)

    return {
        f"H44.{room:02d}": [member(1000 * room + place) for place in range(1, people + 1)]
        for room in range(count)
    }


def ticks(plan: Plan) -> list[Act]:
    return [act for tablet in plan.tablets for batch in tablet.batches for act in batch.acts]


def acts(plan: Plan) -> list[Act]:
    return [*ticks(plan), *(act for phone in plan.phones for act in phone.acts)]


def test_the_same_seed_gives_the_same_script() -> None:
    assert make_plan(rooms(), Span(SECONDS), 1) == make_plan(rooms(), Span(SECONDS), 1)
    assert make_plan(rooms(), Span(SECONDS), 1) != make_plan(rooms(), Span(SECONDS), 2)


def test_most_come_by_tablet_in_batches_of_a_handful_of_rows_and_every_way_is_used() -> None:
    plan = make_plan(rooms(), Span(SECONDS), 1)
    ways = Counter(act.way for act in acts(plan) if act.kind == IN)
    assert ways[TABLET] > 0.75 * sum(ways.values())
    assert min(ways[QR], ways[CODE], ways[BADGE], len(plan.filed)) > 0
    sizes = [len(batch.acts) for tablet in plan.tablets for batch in tablet.batches if batch.acts]
    assert max(sizes) <= 60
    assert any(batch.twice for tablet in plan.tablets for batch in tablet.batches)
    assert any(tablet.skew_s for tablet in plan.tablets)
    assert any(tablet.away for tablet in plan.tablets)
    assert any(tablet.held_from for tablet in plan.tablets)
    assert any(phone.friend for phone in plan.phones)
    assert any(act.guest for act in acts(plan))
    assert sum(len(batch.heads) for tablet in plan.tablets for batch in tablet.batches) == 40


def test_each_persons_acts_are_in_order_far_apart_and_by_one_means() -> None:
    plan = make_plan(rooms(), Span(SECONDS), 1)
    by_person: dict[int, list[Act]] = defaultdict(list)
    for act in acts(plan):
        if act.person:
            by_person[act.person].append(act)
    phones = {act.person for phone in plan.phones for act in phone.acts}
    filed = {member.id for member, _ in plan.filed}
    absent = {member.id for members in plan.absent.values() for member in members}
    assert not filed & by_person.keys()
    assert not absent & (by_person.keys() | filed)
    for person, found in by_person.items():
        found.sort()
        assert [act.kind for act in found] in ([IN], [IN, IN], [IN, OUT], [IN, OUT, IN])
        times = [act.at for act in found]
        assert all(later - earlier > 3 for earlier, later in itertools.pairwise(times))
        assert {act.way in (TABLET, BADGE) for act in found} == {person not in phones}
    assert sum(len(found) > 1 for found in by_person.values()) > 50


def test_a_phones_friend_is_absent_from_the_room_where_the_phone_is_last() -> None:
    lists = {room: {member.id for member in members} for room, members in rooms(60).items()}
    phones = [
        phone
        for seed in range(1, 9)
        for phone in make_plan(rooms(60), Span(SECONDS), seed).phones
        if phone.friend
    ]
    assert any(phone.acts[0].room != phone.acts[-1].room for phone in phones)
    assert all(phone.friend in lists[phone.acts[-1].room] for phone in phones)


def test_batches_go_after_their_last_tick_and_nothing_happens_at_the_very_end() -> None:
    plan = make_plan(rooms(), Span(SECONDS), 1)
    for tablet in plan.tablets:
        times = [batch.at for batch in tablet.batches]
        assert times == sorted(times)
        for batch in tablet.batches:
            assert (
                max([*(act.at for act in batch.acts), *(heads.at for heads in batch.heads)], default=0)
                < batch.at
            )
    assert max(act.at for act in acts(plan)) < 0.93 * SECONDS


def test_a_short_session_sees_a_share_of_every_room() -> None:
    plan = make_plan(rooms(40), Span(10.0), 1)
    came = Counter(act.room for act in acts(plan) if act.kind == IN)
    assert 0.3 < sum(came.values()) / (40 * 130) < 0.7
    assert len(came) == 40
