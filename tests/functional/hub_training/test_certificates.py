"""Certificates: issued once each, revoked, issued again, verified by anybody."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from confhub.accounts.errors import TooManyAttempts
from confhub.kernel.errors import Forbidden
from confhub.people.models import AttendeeRow
from confhub.training import errors
from confhub.training.certificates import CertificateService
from confhub.training.limits import LOOKUPS_PER_MINUTE
from confhub.training.models import CertificateRow
from confhub.training.values import CourseInput
from tests.functional.hub_training.conftest import DISTRICT, PROVINCE, School


@pytest.fixture
async def certificates(school: School) -> CertificateService:
    """Persons 1 and 2 have completed, 3 has not, 4 never came."""
    for session in (1, 2, 3):
        await school.was_there(session, {1: 60, 2: 60, 3: 10, 4: 0})
    return CertificateService(school.house.database, school.house.clock)


async def test_a_preview_says_what_issuing_does(school: School, certificates: CertificateService) -> None:
    preview = await certificates.preview(PROVINCE, school.course)
    assert (preview.due, preview.first_number, preview.last_number) == (2, "0001/2026/GCN", "0002/2026/GCN")
    assert (len(preview.unsealed), preview.signer_missing) == (3, True)
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
    school: School, certificates: CertificateService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    first = (await certificates.list(PROVINCE, school.course)).certificates[1]
    with pytest.raises(errors.ReasonMissing) as missing:
        await certificates.revoke(PROVINCE, first.id, "  ")
    assert missing.value.field == "reason"
    await certificates.revoke(PROVINCE, first.id, "Cấp nhầm người")
    with pytest.raises(errors.CertificateRevoked):
        await certificates.revoke(PROVINCE, first.id, "Cấp nhầm người")
    assert (await certificates.verify(first.token)).state == "revoked"
    assert await certificates.issue(PROVINCE, school.course) == 0
    new = await certificates.reissue(PROVINCE, first.id, "Viết sai tên")
    assert (new.number, new.attendee_id) == ("0003/2026/GCN", first.attendee_id)
    assert (await certificates.verify(new.token)).state == "valid"
    assert (await certificates.verify(first.token)).state == "revoked"


async def test_what_is_not_completed_any_more_is_not_issued_anew(
    school: School, certificates: CertificateService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    first = (await certificates.list(PROVINCE, school.course)).certificates[0]
    await school.was_there(1, {1: 0})
    with pytest.raises(errors.NotCompleted):
        await certificates.reissue(PROVINCE, first.id, "Viết sai tên")
    assert (await certificates.verify(first.token)).state == "valid"


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
    school: School, certificates: CertificateService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    first = (await certificates.list(PROVINCE, school.course)).certificates[1]
    found = await certificates.verify_number(" 0001 / 2026 / gcn ", "203.0.113.5")
    assert found == await certificates.verify(first.token)
    assert (found.state, found.name, found.course) == ("valid", "Nguyễn Văn An", "Quản trị chính quyền số")
    assert set(found.__slots__) == {"state", "number", "name", "course", "agency", "issued_at", "revoked_at"}
    assert (await certificates.verify("no such token")).state == "unknown"


async def test_numbers_cannot_be_tried_one_by_one(school: School, certificates: CertificateService) -> None:
    for number in range(10):
        assert (await certificates.verify_number(f"{number}/1999", "203.0.113.5")).state == "unknown"
    with pytest.raises(TooManyAttempts):
        await certificates.verify_number("0001/2026/GCN", "203.0.113.5")
    assert (await certificates.verify_number("0001/2026/GCN", "203.0.113.99")).state == "unknown"


async def test_names_cannot_be_harvested(school: School, certificates: CertificateService) -> None:
    await certificates.issue(PROVINCE, school.course)
    for _ in range(LOOKUPS_PER_MINUTE):
        await certificates.verify_number("0001/2026/GCN", "203.0.113.5")
    with pytest.raises(errors.LookupsTooMany):
        await certificates.verify_number("0001/2026/GCN", "203.0.113.5")
    school.house.clock.advance(61)
    assert (await certificates.verify_number("0001/2026/GCN", "203.0.113.5")).state == "valid"


async def test_an_erased_person_goes_and_the_number_stays(
    school: School, certificates: CertificateService
) -> None:
    await certificates.issue(PROVINCE, school.course)
    first = (await certificates.list(PROVINCE, school.course)).certificates[1]
    async with school.house.database.transaction() as tx:
        (await tx.get_one(AttendeeRow, first.attendee_id)).erased_at = school.house.clock.now()
    assert await certificates.forget_erased() == 1
    assert await certificates.forget_erased() == 0
    found = await certificates.verify(first.token)
    assert (found.state, found.number, found.name) == ("valid", "0001/2026/GCN", "")
