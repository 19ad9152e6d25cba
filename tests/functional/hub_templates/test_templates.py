"""Templates and copies: a session planned again with its rooms, settings and agenda, by whoever may."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.agenda.service import AgendaService
from confhub.agenda.values import ItemDraft
from confhub.http.context import Services
from confhub.kernel.errors import ValidationErrors
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.permissions import Role
from confhub.sessions.values import Participants, SessionInput, SessionState
from confhub.templates import errors
from confhub.templates.service import TemplateService
from tests.plugins.scheduling import Desk, at
from tests.plugins.sessions import ORGANIZER
from tests.plugins.website import PASSWORD, Province, Reader

DAY = date(2026, 4, 6)
ITEMS = [
    ItemDraft("Báo cáo", 20, "Bà Trần Thị Bình", (EndpointId(4), EndpointId(3))),
    ItemDraft("Kết luận", 10),
]


async def with_agenda(desk: Desk) -> SessionId:
    """A session with late margin 7 and two items."""
    session = await desk.single(DAY, late_min=7)
    for item in ITEMS:
        await AgendaService(desk.db, desk.clock).add(ORGANIZER, session, item)
    return session


async def drafts(desk: Desk, session: SessionId) -> list[ItemDraft]:
    agenda = await AgendaService(desk.db, desk.clock).agenda(ORGANIZER, session)
    return [one.draft for one in agenda.items]


@pytest.mark.both_databases
async def test_a_session_by_a_template_has_everything_but_the_hour(desk: Desk) -> None:
    templates = TemplateService(desk.db, desk.clock, desk.sessions)
    session = await with_agenda(desk)
    kept = await templates.keep(ORGANIZER, session, "  Giao ban   tuần ")
    (shown,) = await templates.templates(ORGANIZER)
    assert (shown.id, shown.name, shown.items, shown.made_by) == (kept, "Giao ban tuần", 2, ORGANIZER.name)
    await desk.sessions.cancel(ORGANIZER, session)
    made = await templates.use(ORGANIZER, kept, at(DAY, 14))
    assert made.session.state is SessionState.DRAFT
    assert replace(made.input, starts_at=at(DAY)) == desk.form(DAY, late_min=7)
    assert made.session.starts_at == at(DAY, 14)
    assert await drafts(desk, made.session.id) == ITEMS
    with pytest.raises(errors.TemplateNameTaken):
        await templates.keep(ORGANIZER, made.session.id, "Giao ban tuần")
    await templates.remove(ORGANIZER, kept)
    assert await templates.templates(ORGANIZER) == []
    with pytest.raises(errors.TemplateUnknown):
        await templates.use(ORGANIZER, kept, at(DAY))


@pytest.mark.both_databases
async def test_a_copy_is_a_draft_with_the_same_rooms_and_agenda_at_another_hour(desk: Desk) -> None:
    session = await with_agenda(desk)
    templates = TemplateService(desk.db, desk.clock, desk.sessions)
    copy = await templates.copy(ORGANIZER, session, at(DAY + timedelta(days=7)))
    assert copy.session.state is SessionState.DRAFT
    assert replace(copy.input, starts_at=at(DAY)) == desk.form(DAY, late_min=7)
    assert await drafts(desk, copy.session.id) == ITEMS


async def test_what_is_no_longer_right_is_named_and_nothing_is_made(desk: Desk) -> None:
    templates = TemplateService(desk.db, desk.clock, desk.sessions)
    kept = await templates.keep(ORGANIZER, await with_agenda(desk), "Cũ")
    before = (await desk.sessions.list(ORGANIZER)).total
    with pytest.raises(ValidationErrors) as caught:
        await templates.use(ORGANIZER, kept, desk.clock.now() - timedelta(days=1))
    assert [one.field for one in caught.value.errors] == ["starts_at"]
    assert (await desk.sessions.list(ORGANIZER)).total == before


async def test_an_item_s_room_that_takes_part_no_longer_is_left_out(desk: Desk) -> None:
    templates = TemplateService(desk.db, desk.clock, desk.sessions)
    session = await with_agenda(desk)
    fewer = desk.form(DAY, participants=Participants(include_endpoints=(EndpointId(4),)))
    await desk.sessions.update(ORGANIZER, session, fewer)
    copy = await templates.copy(ORGANIZER, session, at(DAY, 16))
    assert [one.rooms for one in await drafts(desk, copy.session.id)] == [(4,), ()]


async def test_templates_by_pages_and_by_the_json_door_stay_in_their_branch(
    admin: Reader, services: Services, province: Province
) -> None:
    start = services.clock.now() + timedelta(days=1)
    form = SessionInput("Họp <b>tuần</b>", "meeting", province.left.id, start, 60, province.left_room.id)
    session = (await services.sessions.create(SYSTEM, form)).session.id
    assert "No template yet" in (await admin.get("/templates")).text
    await admin.get(f"/sessions/{session}")
    assert (await admin.post(f"/sessions/{session}/template", {"name": " "})).status == 422
    assert (await admin.post(f"/sessions/{session}/template", {"name": "Mẫu"})).status == 303
    assert (await admin.post(f"/sessions/{session}/template", {"name": "Mẫu"})).status == 409
    page = (await admin.get("/templates")).text
    assert ("Họp &lt;b&gt;tuần" in page, "<b>tuần" in page) == (True, False)
    (template,) = (await admin.call("GET", "/api/v1/templates"))[1]
    wrong = await admin.post(f"/templates/{template['id']}/use", {"starts_at": "tuần sau"})
    assert (wrong.status, "tuần sau" in wrong.text) == (422, True)
    made = await admin.post(f"/templates/{template['id']}/use", {"starts_at": "04/03/2026 08:30"})
    assert (made.status, made.location.split("?")[0].endswith("/edit")) == (303, True)
    status, body = await admin.call(
        "POST", f"/api/v1/templates/{template['id']}/sessions", {"starts_at": "2026-03-05T08:30:00+07:00"}
    )
    assert (status, body["session"]["title"]) == (201, "Họp <b>tuần</b>")
    status, kept = await admin.call("POST", f"/api/v1/sessions/{session}/template", {"name": "Mẫu 2"})
    assert status == 201
    grants = [GrantWish(Role.ORGANIZER, province.right.id)]
    await services.accounts.create_account(SYSTEM, "phai", PASSWORD, "Phải", grants, "en")
    await admin.post("/logout")
    await admin.log_in("phai")
    assert (await admin.call("GET", "/api/v1/templates"))[1] == []
    here = f"/api/v1/templates/{kept['id']}"
    assert (await admin.call("DELETE", here))[0] == 404
    wish = {"starts_at": "2026-03-05T08:30:00+07:00"}
    assert (await admin.call("POST", f"{here}/sessions", wish))[0] == 404
    assert (await admin.post(f"/templates/{kept['id']}/use", {"starts_at": "04/03/2026 08:30"})).status == 404
    assert (await admin.post(f"/templates/{kept['id']}/delete")).status == 404
    assert (await admin.call("POST", f"/api/v1/sessions/{session}/template", {"name": "X"}))[0] == 404
    await admin.post("/logout")
    await admin.log_in("admin")
    assert (await admin.call("DELETE", here))[0] == 204
    assert (await admin.post(f"/templates/{template['id']}/delete")).status == 303
    assert (await admin.call("GET", "/api/v1/templates"))[1] == []
