"""An erased person: the figures stay, the person goes, in every layer; what was held is handed out before."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from confhub.access.rules import ROOT_PATH, Actor, Grant
from confhub.audit.models import AuditRow
from confhub.audit.service import record
from confhub.checkin.holding import CheckinHolder
from confhub.checkin.models import CheckinDevice, PersonEvent
from confhub.checkin.sealing import SealService
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import AccountId, SessionId
from confhub.kernel.permissions import Role
from confhub.people.errors import ErasureUnconfirmed
from confhub.people.models import AttendeeRow
from confhub.people.privacy import PrivacyService
from confhub.people.retention import RetentionService
from confhub.people.values import Retention
from confhub.registry.models import EndpointRow
from confhub.reports.people.history import HistoryService
from confhub.reports.people.service import PeopleReportService
from confhub.rosters.holding import RosterHolder, attended
from confhub.rosters.models import AbsenceNotice, FrozenPerson
from confhub.training.holding import TrainingHolder
from tests.plugins.attendance import house
from tests.plugins.reports import HA_HOA, PROVINCE, Session, session

pytestmark = pytest.mark.both_databases

__all__ = ["house", "session"]

ADMIN = Actor(AccountId(9), "Quản trị", "vi", (Grant(Role.ADMINISTRATOR, None, ROOT_PATH),))
NAME = "Ân Thị Ý"


def privacy_of(session: Session) -> PrivacyService:
    holders = (RosterHolder(), CheckinHolder(), TrainingHolder())
    return PrivacyService(session.house.database, session.house.clock, holders)


async def test_figures_stay_and_the_person_goes(session: Session) -> None:
    house = session.house
    reports = PeopleReportService(house.database, house.clock)
    before = await reports.session(PROVINCE, session.id)
    async with house.database.transaction() as tx:
        tx.add(CheckinDevice(session_id=session.id, device="d" * 64, attendee_id=1, at=house.live))
    privacy = privacy_of(session)
    held = await privacy.export(ADMIN, 1)
    assert held["check_ins"][0]["way"] == "qr"
    assert held["sessions"][0]["title"]
    assert NAME in json.dumps(held, ensure_ascii=False), "JSON through and through"
    for person, name in ((1, NAME), (4, "Đỗ Văn Dũng")):
        await privacy.erase(ADMIN, person, "theo yêu cầu", typed_name=name)
    await session.derive()
    after = await reports.session(PROVINCE, session.id)
    assert after.totals == before.totals
    assert after.units == before.units
    line = await reports.person(PROVINCE, session.id, 1)
    assert (line.name, line.code) == ("", None)
    async with house.database.reading() as tx:
        assert (await tx.scalars(select(PersonEvent).where(PersonEvent.attendee_id == 1))).all()
        assert not (await tx.scalars(select(CheckinDevice))).all()
        notice = (await tx.scalars(select(AbsenceNotice).where(AbsenceNotice.attendee_id == 4))).one()
        assert (notice.reason, notice.state) == ("", "approved")
    again = json.dumps(await privacy.export(ADMIN, 1), ensure_ascii=False)
    assert NAME not in again
    assert "CB1" not in again


async def test_what_is_handed_out_names_rooms_as_they_were_called(session: Session) -> None:
    async with session.house.database.transaction() as tx:
        await tx.execute(update(EndpointRow).where(EndpointRow.id == 2).values(name="Nhà văn hoá"))
    held = await privacy_of(session).export(ADMIN, 1)
    assert {one["room"] for one in held["sessions"]} == {"Hội trường tỉnh"}
    assert {one["room"] for one in held["check_ins"]} == {"Hội trường tỉnh"}


async def test_an_erasure_breaks_no_seal(session: Session) -> None:
    house = session.house
    seals = SealService(house.database, house.clock)
    house.move_to(2 * 3600)
    await seals.close(ADMIN, SessionId(session.id))
    await seals.finish_due()
    await privacy_of(session).erase(ADMIN, 4, "theo yêu cầu", typed_name="Đỗ Văn Dũng")
    found = await seals.verify(SessionId(session.id))
    assert found.holds, found.changed


async def test_an_erasure_needs_its_own_right_the_name_and_a_reason(session: Session) -> None:
    privacy = privacy_of(session)
    with pytest.raises(Forbidden):
        await privacy.erase(PROVINCE, 1, "theo yêu cầu", typed_name=NAME)
    with pytest.raises(ErasureUnconfirmed) as caught:
        await privacy.erase(ADMIN, 1, "theo yêu cầu", typed_name="An Thi Y")
    assert caught.value.field == "typed_name"


async def test_the_record_shows_sessions_to_those_who_may_read_reports(session: Session) -> None:
    histories = HistoryService(session.house.database, session.house.clock)
    found = await histories.of(PROVINCE, 1)
    assert found is not None
    (one,) = found.sessions
    assert (one.session_id, one.status, one.minutes) == (session.id, "present", 60)
    operator = Actor(AccountId(7), "Trực", "vi", (Grant(Role.OPERATOR, HA_HOA.grants[0].unit_id, "/1/2/"),))
    assert await histories.of(operator, 6) is None


async def test_retention_counts_from_the_last_session(session: Session) -> None:
    house = session.house
    retention = RetentionService(house.database, house.clock, privacy_of(session), attended)
    async with house.database.transaction() as tx:
        for row in await tx.scalars(select(AttendeeRow)):
            row.created_at = house.live - timedelta(days=4_000)
    await retention.set_limits(ADMIN, Retention(person_months=1))
    assert (await retention.preview(ADMIN)).people == 0, "they were here today"
    house.clock.advance(40 * 86_400)
    preview = await retention.preview(ADMIN)
    assert preview.people == 10
    assert preview.rows[0][1] >= house.live - timedelta(hours=1)
    assert (await retention.run(ADMIN)).people == 10


@pytest.mark.parametrize("by_retention", [False, True])
async def test_names_of_before_go_from_the_trail_too(session: Session, by_retention: bool) -> None:
    """Whoever was renamed is still called otherwise on the lists of their day, and in the trail of it."""
    house, old = session.house, "Ân Thị Yến"
    privacy = privacy_of(session)
    async with house.database.transaction() as tx:
        tx.add(
            FrozenPerson(
                attendee_id=1, code="CB1", name=old, position=None, sort_key="an", search_key="an", salt="s"
            )
        )
        record(tx, ADMIN, "sessions:session:edit", "session", 1, house.live, reason=f"Bà {old} quên quét mã")
        for row in await tx.scalars(select(AttendeeRow)):
            row.created_at = house.live - timedelta(days=4_000)
    if by_retention:
        house.clock.advance(40 * 86_400)
        retention = RetentionService(house.database, house.clock, privacy, attended)
        await retention.set_limits(ADMIN, Retention(person_months=1))
        assert (await retention.run(ADMIN)).people == 10
    else:
        await privacy.erase(ADMIN, 1, "theo yêu cầu", typed_name=NAME)
    async with house.database.reading() as tx:
        (row,) = await tx.scalars(select(AuditRow).where(AuditRow.action == "sessions:session:edit"))
        assert row.details == {"reason": "Bà [erased] quên quét mã"}
