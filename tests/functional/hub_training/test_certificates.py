"""Certificates: issued once each, revoked, issued again, verified by anybody."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from confhub.accounts.errors import TooManyAttempts
from confhub.kernel.errors import Forbidden
from confhub.people.models import AttendeeRow
from confhub.people.rules import badge_text
from confhub.training import errors
from confhub.training.certificates import CertificateService
from confhub.training.limits import LOOKUPS_PER_MINUTE
from confhub.training.models import CertificateRow
from confhub.training.values import CompletionRule, CourseInput, LostWhy, Measure, Scope
from confhub.training.verifying import VerifyService
from tests.plugins.training import DISTRICT, PROVINCE, School

pytestmark = pytest.mark.both_databases

COURSE = CourseInput("Quản trị chính quyền số", 1)
TWO_OF_THREE = CompletionRule(Measure.PERCENT, Scope.ALL, 60, 0)


@pytest.fixture
async def certificates(school: School) -> CertificateService:
    """Persons 1 and 2 have completed, 3 has not, 4 never came."""
    for session in (1, 2, 3):
        await school.was_there(session, {1: 60, 2: 60, 3: 10, 4: 0})
        await school.seal(session)
    return CertificateService(school.house.database, school.house.clock)


@pytest.fixture
def verifier(school: School) -> VerifyService:
    return VerifyService(school.house.database, school.house.clock)


async def old_paper(school: School, certificates: CertificateService) -> str:
    """The first certificate as it was issued before there were codes: its token."""
    first = (await certificates.list(PROVINCE, school.course)).certificates[-1]
    async with school.house.database.transaction() as tx:
        row = await tx.get_one(CertificateRow, first.id)
        row.token = "Zk3-aB_9xQ7rT2mN5vLw0pYs"
        return row.token


async def test_a_preview_says_what_issuing_does(school: School, certificates: CertificateService) -> None:
    preview = await certificates.preview(PROVINCE, school.course)
    assert (preview.due, preview.first_number, preview.last_number) == (2, "0001/2026/GCN", "0002/2026/GCN")
    assert (preview.unsealed, preview.waiting, preview.signer_missing) == ((), 0, True)
    assert await certificates.issue(PROVINCE, school.course, expected=2) == 2
    page = await certificates.list(PROVINCE, school.course)
    assert [(one.number, one.name) for one in page.certificates] == [
        ("0002/2026/GCN", "Đỗ Thị Ánh"),
        ("0001/2026/GCN", "Nguyễn Văn An"),
    ]
    printed = page.certificates[1].printed
    assert (printed["sessions"], printed["minutes"], printed["unit"]) == (3, 180, "Xã Ấm Hạ")
    assert (printed["first_day"], printed["last_day"], printed["day"]) == ("2026-03-02",) * 3


async def test_nobody_gets_two_and_an_old_preview_is_refused(
    school: School, certificates: CertificateService
) -> None:
    with pytest.raises(errors.CountChanged):
        await certificates.issue(PROVINCE, school.course, expected=5)
    both = await asyncio.gather(*(certificates.issue(PROVINCE, school.course) for _ in range(2)))
    assert sorted(both) == [0, 2]
    async with school.house.database.reading() as tx:
        assert await tx.scalar(select(func.count()).select_from(CertificateRow)) == 2


async def test_two_courses_of_one_pattern_share_their_numbers(
    school: School, certificates: CertificateService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    await school.courses.remove_session(PROVINCE, school.course, 3)
    second = await school.courses.create(PROVINCE, CourseInput("Khoá 2", 1))
    await school.courses.add_session(PROVINCE, second, 3)
    await certificates.issue(PROVINCE, second)
    page = await certificates.list(PROVINCE, second)
    assert [one.number for one in page.certificates] == ["0004/2026/GCN", "0003/2026/GCN"]


async def test_revoked_stays_revoked_and_is_issued_anew_with_another_number(
    school: School, certificates: CertificateService, verifier: VerifyService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    first = (await certificates.list(PROVINCE, school.course)).certificates[1]
    with pytest.raises(errors.ReasonMissing) as missing:
        await certificates.revoke(PROVINCE, first.id, "  ")
    assert missing.value.field == "reason"
    await certificates.revoke(PROVINCE, first.id, "Cấp nhầm người")
    with pytest.raises(errors.CertificateRevoked):
        await certificates.revoke(PROVINCE, first.id, "Cấp nhầm người")
    assert (await verifier.scanned(first.token)).state == "revoked"
    assert await certificates.issue(PROVINCE, school.course) == 0
    new = await certificates.reissue(PROVINCE, first.id, "Viết sai tên")
    assert (new.number, new.attendee_id) == ("0003/2026/GCN", first.attendee_id)
    assert (await verifier.scanned(new.token)).state == "valid"
    assert (await verifier.scanned(first.token)).state == "revoked"


async def test_what_is_not_completed_any_more_is_not_issued_anew(
    school: School, certificates: CertificateService, verifier: VerifyService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    first = (await certificates.list(PROVINCE, school.course)).certificates[0]
    await school.was_there(1, {1: 0})
    with pytest.raises(errors.NotCompleted):
        await certificates.reissue(PROVINCE, first.id, "Viết sai tên")
    assert (await verifier.scanned(first.token)).state == "valid"


async def test_another_branch_sees_its_people_only_and_issues_nothing(
    school: School, certificates: CertificateService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    assert (await certificates.list(DISTRICT, school.course)).total == 2
    first = (await certificates.list(DISTRICT, school.course)).certificates[0]
    for change in (
        certificates.issue(DISTRICT, school.course),
        certificates.preview(DISTRICT, school.course),
        certificates.revoke(DISTRICT, first.id, "Không cho"),
    ):
        with pytest.raises(Forbidden):
            await change


async def test_the_public_page_tells_no_more_than_the_paper(
    school: School, certificates: CertificateService, verifier: VerifyService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    first = (await certificates.list(PROVINCE, school.course)).certificates[1]
    code = badge_text(first.token)
    assert re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code)
    found = await verifier.typed("203.0.113.5", code=f" {code.lower().replace('0', 'o')} ")
    assert found == await verifier.scanned(first.token)
    assert (found.state, found.name, found.course) == ("valid", "Nguyễn Văn An", "Quản trị chính quyền số")
    assert set(found.__slots__) == {"state", "number", "name", "course", "agency", "issued_at", "revoked_at"}
    assert (await verifier.scanned("no such token")).state == "unknown"


async def test_a_number_alone_tells_nothing_and_no_names_are_harvested(
    school: School, certificates: CertificateService, verifier: VerifyService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    for number in ("0001/2026/GCN", "0002/2026/GCN", "9999/2026/GCN"):
        with pytest.raises(errors.VerifyIncomplete):
            await verifier.typed("203.0.113.5", number=number)
    with_code = await verifier.typed("203.0.113.6", number="0001/2026/GCN", name="Nguyễn Văn An")
    assert with_code.state == "unknown"  # it has a code: that is asked for


async def test_a_paper_from_before_there_were_codes_is_found_by_number_and_name(
    school: School, certificates: CertificateService, verifier: VerifyService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    token = await old_paper(school, certificates)
    with pytest.raises(errors.VerifyIncomplete):
        await verifier.typed("203.0.113.5", number="0001/2026/GCN")
    found = await verifier.typed("203.0.113.5", number=" 0001 / 2026 / gcn ", name=" nguyễn  VĂN an")
    assert (found.state, found.name) == ("valid", "Nguyễn Văn An")
    assert found == await verifier.scanned(token)
    other = await verifier.typed("203.0.113.5", number="0001/2026/GCN", name="Nguyễn Văn Ân")
    assert (other.state, other.name, other.number) == ("unknown", "", "")


async def test_codes_and_names_cannot_be_tried_one_by_one(school: School, verifier: VerifyService) -> None:
    for number in range(10):
        code = f"0000-0000-0000-00{number:02}"
        assert (await verifier.typed("203.0.113.5", code=code)).state == "unknown"
    with pytest.raises(TooManyAttempts):
        await verifier.typed("203.0.113.5", code="0000-0000-0000-0099")
    assert (await verifier.typed("203.0.113.99", code="0000-0000-0000-0099")).state == "unknown"


async def test_lookups_are_bounded_right_ones_too(
    school: School, certificates: CertificateService, verifier: VerifyService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    code = (await certificates.list(PROVINCE, school.course)).certificates[0].token
    for _ in range(LOOKUPS_PER_MINUTE):
        await verifier.typed("203.0.113.5", code=code)
    with pytest.raises(errors.LookupsTooMany):
        await verifier.typed("203.0.113.5", code=code)
    school.house.clock.advance(61)
    assert (await verifier.typed("203.0.113.5", code=code)).state == "valid"


async def test_only_closed_attendance_gives_a_certificate(
    school: School, certificates: CertificateService
) -> None:
    await school.was_there(3, {1: 60, 2: 0, 3: 60, 4: 60})
    await school.courses.update(PROVINCE, school.course, replace(COURSE, rule=TWO_OF_THREE))
    await school.open_again(3)
    preview = await certificates.preview(PROVINCE, school.course)
    # 1 was there in the open one as well and waits; 2 has completed by the closed ones alone
    assert (preview.due, preview.waiting, preview.unsealed) == (1, 1, ("Học tập Nghị quyết – đợt 1",))
    assert await certificates.issue(PROVINCE, school.course) == 1
    (only,) = (await certificates.list(PROVINCE, school.course)).certificates
    assert only.attendee_id == 2
    await school.open_again(1)
    with pytest.raises(errors.BasisOpen):
        await certificates.reissue(PROVINCE, only.id, "Viết sai tên")
    await school.seal(1)
    await school.seal(3)
    assert await certificates.issue(PROVINCE, school.course) == 1


async def test_what_lost_its_basis_is_listed_and_revoked_by_one_decision(
    school: School, certificates: CertificateService, verifier: VerifyService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    assert await certificates.lost(PROVINCE, school.course) == ()
    await school.open_again(1)
    reopened = await certificates.lost(PROVINCE, school.course)
    assert {(one.why, one.titles) for one in reopened} == {
        (LostWhy.REOPENED, ("Học tập Nghị quyết – đợt 1",))
    }
    assert len(reopened) == 2
    with pytest.raises(errors.CountChanged):
        await certificates.revoke_lost(PROVINCE, school.course, "Điều chỉnh", expected=2)
    await school.was_there(1, {1: 0, 2: 60, 3: 10, 4: 0})
    await school.seal(1)
    (gone,) = await certificates.lost(PROVINCE, school.course)
    (told,) = await certificates.told(PROVINCE)
    assert (told.course_id, told.count) == (school.course, 1)
    assert await certificates.told(DISTRICT) == ()
    assert (gone.attendee_id, gone.why, gone.titles) == (1, LostWhy.NOT_COMPLETED, ())
    with pytest.raises(errors.ReasonMissing):
        await certificates.revoke_lost(PROVINCE, school.course, " ", expected=1)
    with pytest.raises(Forbidden):
        await certificates.lost(DISTRICT, school.course)
    assert await certificates.revoke_lost(PROVINCE, school.course, "Điểm danh sai", expected=1) == 1
    assert await certificates.lost(PROVINCE, school.course) == ()
    page = await certificates.list(PROVINCE, school.course)
    states = {one.attendee_id: (await verifier.scanned(one.token)).state for one in page.certificates}
    assert states == {1: "revoked", 2: "valid"}


async def test_an_erased_person_goes_and_the_number_stays(
    school: School, certificates: CertificateService, verifier: VerifyService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    first = (await certificates.list(PROVINCE, school.course)).certificates[1]
    async with school.house.database.transaction() as tx:
        (await tx.get_one(AttendeeRow, first.attendee_id)).erased_at = school.house.clock.now()
    assert await certificates.forget_erased() == 1
    assert await certificates.forget_erased() == 0
    found = await verifier.scanned(first.token)
    assert (found.state, found.number, found.name) == ("valid", "0001/2026/GCN", "")
