"""Names in the audit trail go with their person, whoever lets the person go: an officer, or retention."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from confhub.access.rules import SYSTEM
from confhub.audit import erasing
from confhub.audit.erasing import Trail, forget_names
from confhub.audit.models import AuditRow
from confhub.audit.service import record
from confhub.people.models import AttendeeRow
from confhub.people.values import Retention, RetentionRun
from tests.plugins.people import ADMIN, Register

pytestmark = pytest.mark.both_databases

DAY = 86_400
NAME, PHONE, MAIL = "Nguyễn Thị Giao", "0912345678", "giao@hahoa.vn"


async def said(register: Register, subject_id: str = "1", **details: Any) -> None:
    """Somebody wrote this into the trail."""
    async with register.database.transaction() as tx:
        record(tx, SYSTEM, "sessions:session:edit", "session", subject_id, register.clock.now(), **details)


async def trail(register: Register) -> list[tuple[str, dict[str, Any]]]:
    async with register.database.reading() as tx:
        query = select(AuditRow).where(AuditRow.action == "sessions:session:edit").order_by(AuditRow.id)
        return [(row.subject_id, row.details) for row in await tx.scalars(query)]


async def write_about(register: Register) -> None:
    await said(register, reason=f"Bà {NAME}, số {PHONE}, {MAIL}, xin đổi phòng")
    await said(register, changes={"title": [f"Họp {NAME}", ["khác", f"{NAME}_2"]]}, ways=["Giao"])
    await said(register, f"{NAME}.xlsx")
    await said(register, reason=f"Bà {NAME}g và số 1{PHONE}")


FORGOTTEN = [
    ("1", {"reason": "Bà [erased], số [erased], [erased], xin đổi phòng"}),
    ("1", {"changes": {"title": ["Họp [erased]", ["khác", "[erased]_2"]]}, "ways": ["Giao"]}),
    ("[erased]", {}),
    ("1", {"reason": f"Bà {NAME}g và số 1{PHONE}"}),
]


async def test_an_erasure_takes_whole_words_out(register: Register) -> None:
    person = await register.add(NAME, phone=PHONE, email=MAIL)
    await write_about(register)
    await register.privacy.erase(ADMIN, person.id, "theo yêu cầu", typed_name=NAME)
    assert await trail(register) == FORGOTTEN


@pytest.mark.parametrize("at_once", [200, 1])
async def test_retention_takes_out_the_same(
    register: Register, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """In one step or in several, read at once or in parts."""
    monkeypatch.setattr("confhub.people.retention.ERASE_AT_ONCE", at_once)
    monkeypatch.setattr(erasing, "READ_AT_ONCE", 3)
    monkeypatch.setattr(erasing, "CHANGED_AT_ONCE", 2)
    await register.add(NAME, phone=PHONE, email=MAIL)
    other = await register.add("Lê Văn Bốn")
    kept = await register.add("Trần Văn Năm", phone="0987654321")
    await write_about(register)
    await said(register, reason="Ông Lê Văn Bốn và ông Trần Văn Năm đổi chỗ")
    dropped = await register.add("Lê Văn Tư", twin=True)
    await register.merges.merge(ADMIN, other.id, dropped.id)
    await said(register, reason="Ông Lê Văn Tư nay là Lê Văn Bốn")
    register.clock.advance(800 * DAY)
    await register.retention.set_limits(ADMIN, Retention(person_months=24))
    async with register.database.transaction() as tx:  # registered again lately
        (await tx.get_one(AttendeeRow, kept.id)).created_at = register.clock.now()
    assert await register.retention.run(ADMIN) == RetentionRun(0, 2, 0)
    assert await trail(register) == [
        *FORGOTTEN,
        ("1", {"reason": "Ông [erased] và ông Trần Văn Năm đổi chỗ"}),
        ("1", {"reason": "Ông [erased] nay là [erased]"}),
    ]


async def test_a_limit_for_contact_takes_number_and_address_out_and_leaves_the_name(
    register: Register,
) -> None:
    await register.add(NAME, phone=PHONE, email=MAIL)
    await said(register, reason=f"Bà {NAME}, số {PHONE}, {MAIL}")
    register.clock.advance(800 * DAY)
    await register.retention.set_limits(ADMIN, Retention(contact_months=24))
    assert await register.retention.run(ADMIN) == RetentionRun(1, 0, 0)
    assert await trail(register) == [("1", {"reason": f"Bà {NAME}, số [erased], [erased]"})]


async def test_what_is_written_while_the_run_goes_on_is_found_too(register: Register) -> None:
    await said(register, reason=f"Bà {NAME}")
    read = Trail([NAME])
    async with register.database.reading() as tx:
        await read.read_on(tx)
    await said(register, reason=f"Lại bà {NAME} và ông Trần Văn Năm")
    async with register.database.transaction() as tx:
        await read.forget(tx, [NAME, "Trần Văn Năm", "--"])
    assert [details["reason"] for _, details in await trail(register)] == [
        "Bà [erased]", "Lại bà [erased] và ông [erased]",
    ]  # fmt: skip


async def test_a_name_of_one_word_is_no_other_s_value(register: Register) -> None:
    """A guest may be called as anything that the trail says by a word."""
    await said(register, "tablet", ways=["tablet", "qr"], reason="tablet đến trễ")
    async with register.database.transaction() as tx:
        await forget_names(tx, ["tablet", "", "…"])
    assert await trail(register) == [("tablet", {"ways": ["tablet", "qr"], "reason": "[erased] đến trễ"})]
