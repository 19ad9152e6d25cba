"""Scheduled reports: one's own list, planning one, pausing, deleting."""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web
from pydantic import Field

from confhub.http.context import actor, language, path_id, services
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.pages.choices import tree_options
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, NOT_REFUSED, Refusal, refusal
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.kernel.ids import UnitId
from confhub.reports.mailing.rules import Every, Format
from confhub.reports.mailing.schedules import ScheduleDraft
from confhub.settings import LANGUAGES

routes = web.RouteTableDef()

RECIPIENTS_MAX_CHARS = 6_000
"""Twenty addresses of the longest kind."""


class ScheduleForm(FormModel):
    """A scheduled report as typed."""

    unit_id: RowId
    every: Every = Every.SESSION
    formats: list[Format] = Field(default_factory=list, max_length=len(Format))
    language: Literal["vi", "en"] = "vi"
    recipients: str = Field("", max_length=RECIPIENTS_MAX_CHARS)

    def draft(self) -> ScheduleDraft:
        """The same, as the service takes it."""
        return ScheduleDraft(
            UnitId(self.unit_id), self.every, tuple(self.formats), self.language, self.recipients
        )


async def _page(
    request: web.Request, values: dict[str, Any], refused: Refusal = NOT_REFUSED
) -> web.StreamResponse:
    found = services(request).schedules
    return await render(
        request,
        "schedules/list.html",
        status=refused.status,
        schedules=await found.mine(actor(request)),
        can_send=found.can_send,
        units=await tree_options(request),
        values=values,
        errors=refused.errors,
        tongues=LANGUAGES,
    )


@routes.get("/reports/schedules")
async def listing(request: web.Request) -> web.StreamResponse:
    """One's own scheduled reports, and the form for one more."""
    return await _page(request, {"every": "session", "formats": ["pdf"], "language": language(request)})


@routes.post("/reports/schedules")
async def add(request: web.Request) -> web.StreamResponse:
    """Plan one more."""
    try:
        typed = await parse_form(request, ScheduleForm)
        await services(request).schedules.add(actor(request), typed.draft())
    except FORM_ERRORS as error:
        form = await read_form(request)
        values = {**form.values(), "formats": form.all("formats")}
        return await _page(request, values, refusal(request, error))
    return see_other("/reports/schedules", "added")


@routes.post(r"/reports/schedules/{id:\d+}/pause")
async def pause(request: web.Request) -> web.StreamResponse:
    """Stop sending it."""
    await services(request).schedules.pause(actor(request), path_id(request), paused=True)
    return see_other("/reports/schedules", "saved")


@routes.post(r"/reports/schedules/{id:\d+}/resume")
async def resume(request: web.Request) -> web.StreamResponse:
    """Go on sending it."""
    await services(request).schedules.pause(actor(request), path_id(request), paused=False)
    return see_other("/reports/schedules", "saved")


@routes.post(r"/reports/schedules/{id:\d+}/delete")
async def delete(request: web.Request) -> web.StreamResponse:
    """Forget it."""
    await services(request).schedules.delete(actor(request), path_id(request))
    return see_other("/reports/schedules", "deleted")
