"""A session's registration, for its organizer: closing date, who answered, links, reminders, delegates."""

from __future__ import annotations

from datetime import datetime, timedelta

from aiohttp import web
from pydantic import Field

from confhub.access.rules import allows_anywhere
from confhub.http.addresses import hub_address
from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_filters, parse_form, read_form
from confhub.http.pages.people_import import show_plan
from confhub.http.pages.sessions_form import house_zone
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.invitations.limits import REMINDED_BEFORE_H
from confhub.invitations.values import Registration
from confhub.kernel.errors import DomainError
from confhub.kernel.local_time import local_moment
from confhub.kernel.permissions import Permission
from confhub.rosters.plan import ImportChoices

routes = web.RouteTableDef()

_HERE = r"/sessions/{id:\d+}/registration"
USUAL: timedelta = timedelta(days=1)
"""Before the start; what the form proposes as the closing date."""


class ClosingForm(FormModel):
    """Until when, in the house's zone."""

    closes_at: datetime


class ReminderForm(FormModel):
    """Hours before the start, those that were ticked."""

    hours: list[int] = Field(default_factory=list, max_length=len(REMINDED_BEFORE_H))


class ShownQuery(FormModel):
    """Which units are listed: those with this answer, or with none (`none`)."""

    answer: str = ""


async def _show(
    request: web.Request,
    *,
    link: str = "",
    of_unit: int = 0,
    error: DomainError | None = None,
    reminded: int = -1,
) -> web.StreamResponse:
    """`link`: made just now for `of_unit`, and shown this once. `reminded`: letters just written."""
    again = refusal(request, error)
    wanted = parse_filters(request, ShownQuery).answer
    found = await services(request).invitations.registrations.of(actor(request), path_id(request))
    typed = (await read_form(request)).get("closes_at") if error else ""
    return await render(
        request,
        "sessions/registration.html",
        status=again.status,
        found=found,
        shown=[
            one for one in found.units if wanted in ("", one.answer.choice.value if one.answer else "none")
        ],
        wanted=wanted,
        closing=typed or found.closes_at or _proposed(request, found),
        link=link,
        of_unit=of_unit,
        reminded=reminded,
        errors=again.errors,
        offered=REMINDED_BEFORE_H,
        hours=await services(request).invitations.reminders.of(actor(request), path_id(request)),
        can_take=allows_anywhere(actor(request), Permission.PERSON_EDIT),
    )


def _proposed(request: web.Request, found: Registration) -> datetime:
    """A day before, or half of the time that is left."""
    now = services(request).clock.now()
    return max(found.starts_at - USUAL, now + (found.starts_at - now) / 2)


@routes.get(_HERE)
async def page(request: web.Request) -> web.StreamResponse:
    """Who answered what, and who has not."""
    return await _show(request)


@routes.post(_HERE)
async def set_closing(request: web.Request) -> web.StreamResponse:
    """Open it, or move its end."""
    session = path_id(request)
    try:
        typed = (await parse_form(request, ClosingForm)).closes_at
        closes_at = local_moment(typed, house_zone(request), "closes_at")
        await services(request).invitations.registrations.set_closing(actor(request), session, closes_at)
    except FORM_ERRORS as error:
        return await _show(request, error=error)
    return see_other(f"/sessions/{session}/registration", "saved")


@routes.post(_HERE + "/close")
async def close(request: web.Request) -> web.StreamResponse:
    """Nobody answers any more."""
    session = path_id(request)
    try:
        await services(request).invitations.registrations.close(actor(request), session)
    except FORM_ERRORS as error:
        return await _show(request, error=error)
    return see_other(f"/sessions/{session}/registration", "saved")


@routes.post(_HERE + "/remind")
async def remind(request: web.Request) -> web.StreamResponse:
    """A letter to each unit that has not answered."""
    try:
        sent = await services(request).invitations.registrations.remind(actor(request), path_id(request))
    except FORM_ERRORS as error:
        return await _show(request, error=error)
    return await _show(request, reminded=sent)


@routes.post(_HERE + "/reminders")
async def set_reminders(request: web.Request) -> web.StreamResponse:
    """Letters so many hours before the start."""
    session = path_id(request)
    try:
        hours = (await parse_form(request, ReminderForm)).hours
        await services(request).invitations.reminders.set(actor(request), session, hours)
    except FORM_ERRORS as error:
        return await _show(request, error=error)
    return see_other(f"/sessions/{session}/registration", "saved")


@routes.post(_HERE + "/take")
async def take(request: web.Request) -> web.StreamResponse:
    """The delegates as a list, in the preview of the import into the session's lists."""
    who, hub, session = actor(request), services(request), path_id(request)
    try:
        hub.people_imports.may(who)
        content = await hub.invitations.registrations.delegates_file(who, session)
        choices = ImportChoices(roster="session", session_id=session)
        plan = await hub.people_imports.preview(who, f"registration-{session}.csv", content, choices)
    except FORM_ERRORS as error:
        return await _show(request, error=error)
    return await show_plan(request, plan)


@routes.get(_HERE + r"/{unit:\d+}")
async def unit(request: web.Request) -> web.StreamResponse:
    """All that one unit answered, and whom it names."""
    hub, who, session = services(request), actor(request), path_id(request)
    found = await hub.invitations.registrations.of(who, session)
    record = await hub.invitations.registrations.record_of(who, session, path_id(request, "unit"))
    return await render(request, "sessions/registration_unit.html", found=found, record=record)


@routes.post(_HERE + r"/{unit:\d+}/link")
async def link(request: web.Request) -> web.StreamResponse:
    """A link in place of those before."""
    unit_id = path_id(request, "unit")
    try:
        token = await services(request).invitations.registrations.renew_link(
            actor(request), path_id(request), unit_id
        )
    except FORM_ERRORS as error:
        return await _show(request, error=error)
    return await _show(request, link=f"{hub_address(request)}/r/{token}", of_unit=unit_id)


@routes.post(_HERE + r"/{unit:\d+}/revoke")
async def revoke(request: web.Request) -> web.StreamResponse:
    """No link of the unit's is valid any more."""
    session = path_id(request)
    await services(request).invitations.registrations.revoke_links(
        actor(request), session, path_id(request, "unit")
    )
    return see_other(f"/sessions/{session}/registration", "link_revoked")
