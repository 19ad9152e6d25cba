"""Notices of absence of a session: entered ahead with a reason, decided by the unit's officer."""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web
from pydantic import Field

from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_filters, parse_form, read_form
from confhub.http.paging import Paged, Searched
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.kernel.errors import DomainError
from confhub.kernel.limits import NAME_MAX_CHARS, PAGE_SIZE
from confhub.kernel.paging import page_count
from confhub.rosters.limits import NOTICES_AT_ONCE

routes = web.RouteTableDef()

TEXT_MAX_CHARS = 5_000
"""A shape's cap only; the service knows the real bound and names it."""


class AbsencesQuery(Searched, Paged, FormModel):
    """Filters of the notices; `q`: who is to be entered."""

    state: Literal["", "pending", "approved", "refused", "withdrawn"] = ""
    q: str = Field("", max_length=NAME_MAX_CHARS)


class EnterForm(FormModel):
    """A person who will not come."""

    attendee: RowId
    reason: str = Field("", max_length=TEXT_MAX_CHARS)
    approve: bool = False


class DecideForm(FormModel):
    """Notices that are decided alike."""

    notices: list[RowId] = Field(default_factory=list, max_length=10 * NOTICES_AT_ONCE)
    note: str = Field("", max_length=TEXT_MAX_CHARS)


class WithdrawForm(FormModel):
    notice: RowId


async def show(
    request: web.Request,
    wanted: AbsencesQuery,
    error: DomainError | None = None,
    values: dict[str, Any] | None = None,
) -> web.StreamResponse:
    """The notices, and the form for one more."""
    who, session_id, found = actor(request), path_id(request), services(request).absences
    page = await found.page(
        who, session_id, state=wanted.state or None, words=wanted.search, page=wanted.page, size=PAGE_SIZE
    )
    candidates = []
    if page.may_enter and wanted.q.strip():
        candidates = await found.candidates(who, session_id, wanted.q)
    again = refusal(request, error)
    return await render(
        request,
        "rosters/absences.html",
        status=again.status,
        errors=again.errors,
        found=page,
        candidates=candidates,
        wanted=wanted,
        values=values or {},
        pages=page_count(page.total, page.size),
    )


@routes.get(r"/sessions/{id:\d+}/absences")
async def listing(request: web.Request) -> web.StreamResponse:
    """Those to be decided first."""
    return await show(request, parse_filters(request, AbsencesQuery))


@routes.post(r"/sessions/{id:\d+}/absences")
async def enter(request: web.Request) -> web.StreamResponse:
    """Somebody will not come."""
    session_id = path_id(request)
    try:
        form = await parse_form(request, EnterForm)
        await services(request).absences.enter(
            actor(request), session_id, form.attendee, form.reason, approve=form.approve
        )
    except FORM_ERRORS as error:
        sent = (await read_form(request)).values()
        again = AbsencesQuery.model_validate({"q": sent.get("q", "")[:NAME_MAX_CHARS]})
        return await show(request, again, error, sent)
    return see_other(f"/sessions/{session_id}/absences", "added")


@routes.post(r"/sessions/{id:\d+}/absences/{what:approve|refuse|withdraw}")
async def decide(request: web.Request) -> web.StreamResponse:
    """Approve or refuse the chosen notices, or take one back."""
    who, session_id, found = actor(request), path_id(request), services(request).absences
    what = request.match_info["what"]
    try:
        if what == "withdraw":
            await found.withdraw(who, session_id, (await parse_form(request, WithdrawForm)).notice)
        else:
            form = await parse_form(request, DecideForm)
            await found.decide(who, session_id, form.notices, approve=what == "approve", note=form.note)
    except FORM_ERRORS as error:
        return await show(request, AbsencesQuery.model_validate({}), error)
    return see_other(f"/sessions/{session_id}/absences", "saved")
