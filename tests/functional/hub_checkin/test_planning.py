"""How a session is checked in: policy, breaks, presence prompts."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update

from confhub.audit.models import AuditRow
from confhub.checkin import errors, limits
from confhub.checkin.models import PresencePrompt
from confhub.checkin.planning import PlanService, moments_of
from confhub.checkin.values import Policy, Way
from confhub.kernel.errors import Forbidden, ValidationErrors
from confhub.kernel.ids import SessionId
from confhub.kernel.permissions import Role
from confhub.sessions.errors import AttendanceSealed
from confhub.sessions.models import MeetingSession
from tests.plugins.attendance import House, officer
from tests.plugins.checkin import Hall

pytestmark = pytest.mark.both_databases

PROVINCE = officer("/1/", 1)
DISTRICT = officer("/1/2/", 2)
SESSION = SessionId(1)


@pytest.fixture
def plans(house: House) -> PlanService:
    return PlanService(house.database, house.clock)


async def seal(house: House) -> None:
    async with house.database.transaction() as tx:
        await tx.execute(update(MeetingSession).values(sealed_at=house.clock.now()))


async def test_a_policy_is_set_and_its_secret_is_kept_and_told_to_nobody(
    house: House, plans: PlanService
) -> None:
    first = await plans.set_policy(PROVINCE, SESSION, Policy((Way.QR, Way.TABLET), 40, False, 2, True, 75))
    assert (first.ways, first.scan_margin_s, first.secret) == ((Way.TABLET, Way.QR), 40, "")
    plan = await plans.plan(PROVINCE, SESSION)
    assert plan.policy == first
    assert (plan.live, plan.may_set, plan.may_run) == (True, True, True)
    seen = await plans.plan(DISTRICT, SESSION)
    assert (seen.may_set, seen.may_run) == (False, False)


async def test_every_field_that_is_wrong_is_named(house: House, plans: PlanService) -> None:
    with pytest.raises(ValidationErrors) as refused:
        await plans.set_policy(PROVINCE, SESSION, Policy((Way.FILE,), 301, True, 11, False, 0))
    assert [one.field for one in refused.value.errors] == [
        "ways", "scan_margin_s", "complete_percent", "prompts",
    ]  # fmt: skip
    assert (await plans.plan(PROVINCE, SESSION)).policy == Policy()


async def test_breaks_begin_end_and_do_not_overlap(house: House, plans: PlanService) -> None:
    house.move_to(600)
    await plans.begin_break(PROVINCE, SESSION)
    with pytest.raises(errors.BreakOpen):
        await plans.begin_break(PROVINCE, SESSION)
    house.move_to(900)
    ended = await plans.end_break(PROVINCE, SESSION)
    assert (ended.starts_at, ended.ends_at) == (house.at(600), house.at(900))
    with pytest.raises(errors.NoBreakOpen):
        await plans.end_break(PROVINCE, SESSION)
    with pytest.raises(errors.BreaksOverlap):
        await plans.add_break(PROVINCE, SESSION, house.at(800), house.at(1000))
    for start, end in ((-10, 20), (1000, 1000), (3000, 3700)):
        with pytest.raises(errors.BreakInvalid):
            await plans.add_break(PROVINCE, SESSION, house.at(start), house.at(end))
    added = await plans.add_break(PROVINCE, SESSION, house.at(900), house.at(960))
    assert [one.id for one in (await plans.plan(PROVINCE, SESSION)).breaks] == [ended.id, added.id]
    await plans.remove_break(PROVINCE, SESSION, added.id)
    with pytest.raises(errors.BreakNotFound):
        await plans.remove_break(PROVINCE, SESSION, added.id)
    async with house.database.reading() as tx:
        row = (await tx.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(1))).one()
    assert (row.action, row.details["ends_at"][:19]) == (
        "checkin:break:remove",
        f"{house.at(960):%Y-%m-%dT%H:%M:%S}",
    )


async def test_a_session_has_so_many_breaks_at_most(house: House, plans: PlanService) -> None:
    for number in range(limits.BREAKS_MAX):
        await plans.add_break(PROVINCE, SESSION, house.at(number * 10), house.at(number * 10 + 5))
    with pytest.raises(errors.TooManyBreaks):
        await plans.add_break(PROVINCE, SESSION, house.at(3000), house.at(3005))


async def test_prompts_are_drawn_once_and_hidden_until_they_open(house: House, plans: PlanService) -> None:
    assert await plans.draw_due() == 0
    await plans.set_policy(PROVINCE, SESSION, Policy(prompts=3))
    house.move_to(5)
    assert await plans.draw_due() == 3
    assert await plans.draw_due() == 0
    assert (await plans.plan(PROVINCE, SESSION)).prompts == ()
    async with house.database.reading() as tx:
        moments = list(await tx.scalars(select(PresencePrompt.opens_at).order_by(PresencePrompt.opens_at)))
    house.clock.advance((moments[0] - house.clock.now()).total_seconds())
    assert [one.opens_at for one in (await plans.plan(PROVINCE, SESSION)).prompts] == moments[:1]


async def test_a_prompt_may_be_called_at_once(house: House, plans: PlanService) -> None:
    house.move_to(60)
    made = await plans.prompt_now(PROVINCE, SESSION)
    assert made.closes_at - made.opens_at == limits.PROMPT_OPEN
    with pytest.raises(errors.TooManyPrompts):
        await plans.prompt_now(PROVINCE, SESSION)


async def test_another_branch_and_a_closed_attendance_change_nothing(
    house: House, plans: PlanService
) -> None:
    viewer = officer("/1/", 1, role=Role.VIEWER)

    async def refused(actor: object, error: type[Exception]) -> None:
        for attempt in (
            plans.set_policy(actor, SESSION, Policy()),  # type: ignore[arg-type]
            plans.begin_break(actor, SESSION),  # type: ignore[arg-type]
            plans.prompt_now(actor, SESSION),  # type: ignore[arg-type]
            plans.add_break(actor, SESSION, house.at(1), house.at(2)),  # type: ignore[arg-type]
        ):
            with pytest.raises(error):
                await attempt

    await refused(DISTRICT, Forbidden)
    await refused(viewer, Forbidden)
    await seal(house)
    await refused(PROVINCE, AttendanceSealed)


@pytest.mark.parametrize("wanted", [1, 3, 10])
@pytest.mark.parametrize("length_min", [10, 45, 240])
def test_moments_lie_inside_and_apart(wanted: int, length_min: int) -> None:
    start = datetime(2026, 3, 2, 1, tzinfo=UTC)
    end = start + timedelta(minutes=length_min)
    edge = (end - start) * limits.PROMPT_EDGE
    for seed in range(50):
        found = moments_of(random.Random(seed), start, end, start, wanted)
        assert len(found) == wanted
        assert start + edge <= found[0]
        assert found[-1] + limits.PROMPT_OPEN <= end - edge
        if length_min == 240:
            assert all(b - a >= limits.PROMPT_APART for a, b in pairwise(found))
    assert moments_of(random.Random(1), start, end, end, wanted) == []


async def test_the_room_s_code_asks_for_confirmation_and_the_doors_of_json(hall: Hall) -> None:
    headers = {"Authorization": f"Bearer {hall.token}"}
    async with hall.phone() as client:

        async def code() -> dict[str, object]:
            answer = await client.get("/api/v1/tablet/sessions/1/code", headers=headers)
            assert answer.status == 200
            found: dict[str, object] = await answer.json()
            return found

        before = await code()
        assert before["prompt"] is None
        await hall.services.plans.prompt_now(PROVINCE, SESSION)
        asked = await code()
        assert asked["prompt"] is not None
        assert asked["url"] != before["url"]
        now = hall.house.clock.now()
        event = {"key": "c1", "kind": "confirm", "at": now.isoformat(), "way": "tablet", "attendee": 1}
        status, answer = await hall.tell(client, {"sent_at": now.isoformat(), "events": [event]})
    assert (status, answer["results"][0]["result"]) == (200, "stored")
    assert (await hall.states())[1] == "in"
