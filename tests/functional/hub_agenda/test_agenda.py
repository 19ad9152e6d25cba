"""Agendas: items in order with their hours, rooms that speak, rights, and what two people do at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.agenda import errors
from confhub.agenda.documents import DocumentService
from confhub.agenda.limits import ITEMS_MAX, PIECE_BYTES
from confhub.agenda.service import AgendaService
from confhub.agenda.values import DocumentDraft, ItemDraft, Readers
from confhub.http.context import Services
from confhub.kernel.errors import ValidationErrors
from confhub.kernel.ids import EndpointId
from confhub.kernel.permissions import Role
from confhub.kernel.versions import ChangedMeanwhile, version_of
from confhub.org.values import UnitDraft
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.values import Participants, SessionInput
from tests import pdfs
from tests.plugins.scheduling import Desk, at
from tests.plugins.sessions import ORGANIZER
from tests.plugins.website import PASSWORD, Province, Reader

DAY = date(2026, 4, 6)
REPORT = ItemDraft("Báo cáo kinh tế – xã hội", 20, "Bà Trần Thị Bình, Chánh Văn phòng", (EndpointId(3),))


@pytest.mark.both_databases
async def test_items_stand_one_after_the_other_and_follow_their_moves(desk: Desk) -> None:
    agendas = AgendaService(desk.db, desk.clock)
    session = await desk.single(DAY)
    for draft in (REPORT, ItemDraft("Thảo luận", 30), ItemDraft("Kết luận", 10)):
        await agendas.add(ORGANIZER, session, draft)
    found = await agendas.agenda(ORGANIZER, session)
    assert [(one.title, one.starts_at) for one in found.items] == [
        (REPORT.title, at(DAY)),
        ("Thảo luận", at(DAY) + timedelta(minutes=20)),
        ("Kết luận", at(DAY) + timedelta(minutes=50)),
    ]
    assert [room.id for room in found.items[0].rooms] == [3]
    assert (found.minutes, found.planned_min) == (60, 60)
    report, talk, end = (one.id for one in found.items)
    await agendas.move(ORGANIZER, session, end, 0)
    await agendas.move(ORGANIZER, session, report, 99)
    assert [one.id for one in (await agendas.agenda(ORGANIZER, session)).items] == [end, talk, report]
    await agendas.remove(ORGANIZER, session, talk)
    left = await agendas.agenda(ORGANIZER, session)
    assert [(one.id, one.starts_at) for one in left.items] == [
        (end, at(DAY)), (report, at(DAY) + timedelta(minutes=10)),
    ]  # fmt: skip


@pytest.mark.both_databases
async def test_a_document_comes_back_byte_for_byte_in_each_version(desk: Desk) -> None:
    documents = DocumentService(desk.db, desk.clock)
    session = await desk.single(DAY)
    padding = b"%" + b"x" * (2 * PIECE_BYTES) + b"\n"
    first, second = pdfs.plain(pages=3) + padding, pdfs.plain("Bản 2")
    made = await documents.add(ORGANIZER, session, DocumentDraft("Tờ trình"), first)
    with pytest.raises(errors.SameVersion):
        await documents.renew(ORGANIZER, made, first)
    assert await documents.renew(ORGANIZER, made, second) == 2
    for number, content in ((1, first), (2, second)):
        opened = await documents.opened(ORGANIZER, made, number)
        pieces = [piece async for piece in documents.pieces(opened)]
        assert (b"".join(pieces), opened.size) == (content, len(content))
        assert max(map(len, pieces)) <= PIECE_BYTES
    with pytest.raises(errors.DocumentUnknown):
        await documents.opened(ORGANIZER, made, 3)
    agendas = AgendaService(desk.db, desk.clock)
    (shown,) = (await agendas.agenda(ORGANIZER, session)).documents
    assert [(one.number, one.pages, one.added_by) for one in shown.versions] == [
        (2, 1, ORGANIZER.name), (1, 3, ORGANIZER.name),
    ]  # fmt: skip
    await documents.remove(ORGANIZER, made)
    assert (await agendas.agenda(ORGANIZER, session)).documents == ()


async def test_an_item_that_goes_leaves_its_documents_to_the_session(desk: Desk) -> None:
    agendas, documents = AgendaService(desk.db, desk.clock), DocumentService(desk.db, desk.clock)
    session = await desk.single(DAY)
    item = await agendas.add(ORGANIZER, session, REPORT)
    made = await documents.add(ORGANIZER, session, DocumentDraft("Phụ lục", item_id=item), pdfs.plain())
    assert [one.id for one in (await agendas.agenda(ORGANIZER, session)).items[0].documents] == [made]
    await agendas.remove(ORGANIZER, session, item)
    assert [one.id for one in (await agendas.agenda(ORGANIZER, session)).documents] == [made]


async def test_two_who_change_one_item_do_not_undo_each_other(desk: Desk) -> None:
    agendas = AgendaService(desk.db, desk.clock)
    session = await desk.single(DAY)
    item = await agendas.add(ORGANIZER, session, REPORT)
    seen = version_of(REPORT)
    await agendas.change(ORGANIZER, session, item, replace(REPORT, minutes=25), seen=seen)
    with pytest.raises(ChangedMeanwhile):
        await agendas.change(ORGANIZER, session, item, replace(REPORT, title="Khác"), seen=seen)
    assert (await agendas.agenda(ORGANIZER, session)).items[0].draft == replace(REPORT, minutes=25)


async def test_an_agenda_is_taken_over_with_the_rooms_that_take_part(desk: Desk) -> None:
    agendas = AgendaService(desk.db, desk.clock)
    source, target = await desk.single(DAY), await desk.single(DAY + timedelta(days=1))
    other = Participants(include_endpoints=(EndpointId(4),))
    await desk.sessions.update(ORGANIZER, target, desk.form(DAY + timedelta(days=1), participants=other))
    await agendas.add(ORGANIZER, source, replace(REPORT, rooms=(EndpointId(3), EndpointId(4))))
    assert await agendas.take_over(ORGANIZER, target, source) == 1
    (came,) = (await agendas.agenda(ORGANIZER, target)).items
    assert (came.title, [room.id for room in came.rooms]) == (REPORT.title, [4])
    with pytest.raises(SessionUnknown):
        await agendas.take_over(ORGANIZER, target, 999_999)


async def test_what_is_wrong_with_an_item_is_named_and_nothing_is_stored(desk: Desk) -> None:
    agendas = AgendaService(desk.db, desk.clock)
    session = await desk.single(DAY)
    with pytest.raises(ValidationErrors) as caught:
        await agendas.add(ORGANIZER, session, ItemDraft("  ", 0, "x" * 201))
    assert [one.field for one in caught.value.errors] == ["title", "presenter", "minutes"]
    with pytest.raises(errors.SpeakingRoomElsewhere):
        await agendas.add(ORGANIZER, session, replace(REPORT, rooms=(EndpointId(999),)))
    with pytest.raises(errors.TooManySpeakingRooms):
        await agendas.add(ORGANIZER, session, replace(REPORT, rooms=tuple(map(EndpointId, range(1, 40)))))
    assert (await agendas.agenda(ORGANIZER, session)).items == ()
    for n in range(ITEMS_MAX):
        await agendas.add(ORGANIZER, session, ItemDraft(f"Mục {n}", 1))
    with pytest.raises(errors.TooManyItems):
        await agendas.add(ORGANIZER, session, REPORT)


async def test_a_room_that_was_withdrawn_stays_with_its_item(desk: Desk) -> None:
    agendas = AgendaService(desk.db, desk.clock)
    session = await desk.single(DAY)
    item = await agendas.add(ORGANIZER, session, REPORT)
    without = Participants(include_endpoints=(EndpointId(4),))
    await desk.sessions.update(ORGANIZER, session, desk.form(DAY, participants=without))
    await agendas.change(ORGANIZER, session, item, replace(REPORT, minutes=5))
    assert [room.id for room in (await agendas.agenda(ORGANIZER, session)).items[0].rooms] == [3]


async def test_a_cancelled_session_s_agenda_and_documents_stay(desk: Desk) -> None:
    agendas, documents = AgendaService(desk.db, desk.clock), DocumentService(desk.db, desk.clock)
    session = await desk.single(DAY)
    item = await agendas.add(ORGANIZER, session, REPORT)
    made = await documents.add(ORGANIZER, session, DocumentDraft("Tờ trình"), pdfs.plain())
    await desk.sessions.cancel(ORGANIZER, session)
    with pytest.raises(errors.AgendaClosed):
        await agendas.remove(ORGANIZER, session, item)
    for refused in (documents.remove(ORGANIZER, made), documents.renew(ORGANIZER, made, pdfs.plain("2"))):
        with pytest.raises(errors.DocumentsClosed):
            await refused
    found = await agendas.agenda(ORGANIZER, session)
    assert (len(found.items), len(found.documents), found.may_edit, found.may_file) == (1, 1, False, False)


async def test_a_branch_is_a_wall_and_an_invited_room_is_a_window(
    admin: Reader, services: Services, province: Province
) -> None:
    """The right district's room is invited to the left one's session; the top sees all, others nothing."""
    start = services.clock.now() + timedelta(days=1)
    invited = Participants(include_endpoints=(province.right_room.id,))
    form = SessionInput("Họp", "meeting", province.left.id, start, 60, province.left_room.id, invited)
    session = (await services.sessions.create(SYSTEM, form)).session.id
    await services.sessions.schedule(SYSTEM, session)
    item = await services.agendas.add(SYSTEM, session, ItemDraft("Mục 1", 5))
    open_, closed = [
        await services.documents.add(SYSTEM, session, DocumentDraft(title, readers), pdfs.plain())
        for title, readers in (("Mời", Readers.PARTICIPANTS), ("Nội bộ", Readers.BRANCH))
    ]
    outside = UnitDraft("H44.03", "Huyện Tân Sơn", province.tiers[1].id, province.top.id)
    elsewhere = (await services.org.create_unit(SYSTEM, outside)).id
    for name, unit_id, role in (
        ("trai", province.left.id, Role.ORGANIZER),
        ("phai", province.right.id, Role.ORGANIZER),
        ("ngoai", elsewhere, Role.ADMINISTRATOR),
    ):
        grants = [GrantWish(role, unit_id)]
        await services.accounts.create_account(SYSTEM, name, PASSWORD, name, grants, "en")
    seen = {}
    for name in ("trai", "phai", "ngoai"):
        await admin.post("/logout")
        await admin.log_in(name)
        status, agenda = await admin.call("GET", f"/api/v1/sessions/{session}/agenda")
        titles = [one["title"] for one in agenda["documents"]] if status == 200 else None
        statuses = [
            (await admin.client.get(f"/documents/{document}/versions/1")).status
            for document in (open_, closed)
        ]
        body = {"title": "Đổi", "minutes": 6}
        changed, _ = await admin.call("PUT", f"/api/v1/sessions/{session}/agenda/items/{item}", body)
        removed, _ = await admin.call("DELETE", f"/api/v1/documents/{closed}")
        seen[name] = (status, titles, statuses, changed, removed)
    assert seen == {
        "trai": (200, ["Mời", "Nội bộ"], [200, 200], 204, 204),
        "phai": (200, ["Mời"], [200, 404], 403, 404),
        "ngoai": (404, None, [404, 404], 404, 404),
    }
