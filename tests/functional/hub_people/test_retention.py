"""Limits of personal data: what would go is exactly what goes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from confhub.audit.models import AuditRow
from confhub.audit.service import asked_from
from confhub.kernel.errors import Forbidden
from confhub.people.errors import RetentionInvalid
from confhub.people.models import PersonLook
from confhub.people.values import Retention, RetentionRun
from tests.plugins.people import ADMIN, LEFT, Register, officer

pytestmark = pytest.mark.both_databases

DAY = 86_400


async def test_nothing_goes_before_a_limit_is_set(register: Register) -> None:
    await register.add("An", phone="0912345678")
    register.clock.advance(4_000 * DAY)
    preview = await register.retention.preview(ADMIN)
    assert (preview.contacts, preview.people, preview.looks) == (0, 0, 0)
    assert await register.retention.run(ADMIN) == RetentionRun(0, 0, 0)


async def test_what_the_preview_shows_goes_and_nothing_else(register: Register) -> None:
    old, silent = await register.add("An", phone="0912345678", code="CB1"), await register.add("Ba")
    await register.people.person(ADMIN, old.id)
    register.clock.advance(40 * DAY)
    young = await register.add("Chi", phone="0987654321")
    await register.retention.set_limits(ADMIN, Retention(contact_months=1, looks_months=1))
    preview = await register.retention.preview(ADMIN)
    assert [(person.id, whole) for person, _, whole in preview.rows] == [(old.id, False)]
    assert (preview.contacts, preview.people, preview.looks) == (1, 0, 1)
    assert await register.retention.run(ADMIN) == RetentionRun(1, 0, 1)
    assert (await register.people.person(ADMIN, old.id)).phone is None
    assert (await register.people.person(ADMIN, old.id)).code == "CB1"
    assert (await register.people.person(ADMIN, young.id)).phone == "0987654321"
    assert (await register.people.person(ADMIN, silent.id)).name == "Ba"
    assert await register.retention.run(ADMIN) == RetentionRun(0, 0, 0)


async def test_a_whole_person_goes_with_the_entries_merged_into_them(register: Register) -> None:
    kept, dropped = await register.add("An", phone="0912345678"), await register.add("Ba", code="CB2")
    await register.merges.merge(ADMIN, kept.id, dropped.id)
    register.clock.advance(800 * DAY)
    await register.retention.set_limits(ADMIN, Retention(person_months=24))
    assert (await register.retention.preview(ADMIN)).people == 1
    assert await register.retention.run(ADMIN) == RetentionRun(0, 1, 0)
    for one in (kept, dropped):
        gone = await register.people.person(ADMIN, one.id)
        assert (gone.name, gone.code, gone.phone, gone.erased_at is not None) == ("", None, None, True)
    async with register.database.reading() as tx:
        reasons = [row.details.get("reason") for row in await tx.scalars(select(AuditRow))]
        assert "retention" in reasons


async def test_the_daily_round_runs_once_a_day_and_only_where_it_is_switched_on(register: Register) -> None:
    person = await register.add("An")
    register.clock.advance(800 * DAY)
    await register.retention.set_limits(ADMIN, Retention(person_months=12))
    await register.retention.run_due()
    assert (await register.people.person(ADMIN, person.id)).name == "An"
    await register.retention.set_limits(ADMIN, Retention(person_months=12, is_on=True))
    await register.retention.run_due()
    assert (await register.people.person(ADMIN, person.id)).erased_at is not None
    await register.retention.set_limits(ADMIN, Retention(looks_months=1, is_on=True))
    register.clock.advance(timedelta(hours=23).total_seconds())
    await register.retention.run_due()
    async with register.database.reading() as tx:
        assert await tx.scalar(select(func.count()).select_from(PersonLook))


async def test_to_begin_with_old_looks_and_addresses_go_by_themselves_and_people_stay(
    register: Register,
) -> None:
    here = asked_from.set("203.0.113.9")
    person = await register.add("An", phone="0912345678")
    asked_from.reset(here)
    await register.people.person(ADMIN, person.id)
    await register.retention.run_due()
    register.clock.advance(740 * DAY)
    assert await register.retention.limits(ADMIN) == Retention(looks_months=24, is_on=True)
    await register.retention.run_due()
    async with register.database.reading() as tx:
        assert await tx.scalar(select(func.count()).select_from(PersonLook)) == 0
        rows = (await tx.scalars(select(AuditRow))).all()
    assert rows
    assert {row.address for row in rows} == {""}
    assert (await register.people.person(ADMIN, person.id)).phone == "0912345678"
    await register.retention.set_limits(ADMIN, Retention())
    register.clock.advance(740 * DAY)
    await register.retention.run_due()
    async with register.database.reading() as tx:
        assert await tx.scalar(select(func.count()).select_from(PersonLook)) == 1


@pytest.mark.parametrize("months", [0, -1, 1_201])
async def test_a_limit_that_is_no_limit_is_refused_at_its_field(register: Register, months: int) -> None:
    with pytest.raises(RetentionInvalid) as caught:
        await register.retention.set_limits(ADMIN, Retention(person_months=months))
    assert caught.value.field == "person_months"


async def test_the_limits_are_the_whole_houses_business(register: Register) -> None:
    who = officer(LEFT)
    for call in (
        lambda: register.retention.limits(who),
        lambda: register.retention.set_limits(who, Retention()),
        lambda: register.retention.preview(who),
        lambda: register.retention.run(who),
    ):
        with pytest.raises(Forbidden):
            await call()
