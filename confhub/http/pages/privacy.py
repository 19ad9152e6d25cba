"""Personal data: the purpose notice, retention limits, what would go, letting it go."""

from __future__ import annotations

from aiohttp import web

from confhub.access.rules import ROOT_PATH, allows, require_anywhere
from confhub.http.context import actor, services
from confhub.http.forms import FormModel, check_fields, parse_filters, read_form
from confhub.http.paging import Paged
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.seen import labelled, seen_now, version_sent
from confhub.http.wishes.privacy import RetentionFields
from confhub.kernel.errors import DomainError
from confhub.kernel.limits import PAGE_SIZE
from confhub.kernel.paging import page_count
from confhub.kernel.permissions import Permission
from confhub.people.values import RetentionRun

routes = web.RouteTableDef()


class PageQuery(Paged, FormModel):
    """Which page of the preview."""


class LimitsForm(RetentionFields, FormModel):
    """Months; an empty field keeps the data."""


MONTHS = ("contact_months", "person_months", "looks_months")


async def _page(
    request: web.Request,
    *,
    typed: dict[str, object] | None = None,
    error: DomainError | None = None,
    gone: RetentionRun | None = None,
) -> web.StreamResponse:
    who, hub = actor(request), services(request)
    require_anywhere(who, Permission.PERSON_VIEW)
    keeps = allows(who, Permission.PERSON_ERASE, ROOT_PATH)
    limits = preview = seen = None
    if keeps:
        page = parse_filters(request, PageQuery).page if request.method == "GET" else 1
        limits = await hub.retention.limits(who)
        shown = labelled(
            request,
            ("Phone, e-mail, date of birth: months", limits.contact_months),
            ("The person as a whole: months", limits.person_months),
            ("Log of who looked: months", limits.looks_months),
            ("Apply the limits every day", limits.is_on),
        )
        seen = seen_now(limits, shown, await read_form(request) if typed else None, error)
        preview = await hub.retention.preview(who, page=page)
    again = refusal(request, error)
    return await render(
        request,
        "privacy/privacy.html",
        status=again.status,
        limits=limits,
        seen=seen,
        values=typed or ({name: getattr(limits, name) for name in (*MONTHS, "is_on")} if limits else {}),
        preview=preview,
        pages=page_count(preview.total, PAGE_SIZE) if preview else 1,
        errors=again.errors,
        gone=gone,
    )


@routes.get("/privacy")
async def show(request: web.Request) -> web.StreamResponse:
    """The notice for everybody who works with people; limits and preview for administrators of the house."""
    return await _page(request)


@routes.post("/privacy")
async def set_limits(request: web.Request) -> web.StreamResponse:
    """Set the limits; nothing goes by that alone before the next daily round."""
    who = actor(request)
    form = await read_form(request)
    try:
        sent = check_fields(form, LimitsForm)
        await services(request).retention.set_limits(who, sent.wanted(), seen=version_sent(form))
    except FORM_ERRORS as error:
        typed: dict[str, object] = {name: form.get(name) for name in MONTHS}
        return await _page(request, typed={**typed, "is_on": bool(form.get("is_on"))}, error=error)
    return see_other("/privacy", "saved")


@routes.post("/privacy/run")
async def run(request: web.Request) -> web.StreamResponse:
    """Let go what the preview shows."""
    try:
        gone = await services(request).retention.run(actor(request))
    except FORM_ERRORS as error:
        return await _page(request, error=error)
    return await _page(request, gone=gone)


@routes.get("/privacy/run")
async def ran(request: web.Request) -> web.StreamResponse:
    """A reload after the run: back to the page, nothing goes twice."""
    actor(request)
    return see_other("/privacy")
