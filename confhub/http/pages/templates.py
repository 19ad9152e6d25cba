"""Templates of sessions: the list, a session by one of them, a session kept as one."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from pydantic import Field

from confhub.access.rules import require_anywhere
from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.pages.sessions import refused
from confhub.http.pages.sessions_form import house_zone
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import SessionId
from confhub.kernel.local_time import local_moment
from confhub.kernel.permissions import Permission

routes = web.RouteTableDef()


class UseForm(FormModel):
    """When the session begins, in the house's zone."""

    starts_at: datetime


class KeepForm(FormModel):
    """What the template is called."""

    name: str = Field("", max_length=5_000)


@routes.get("/templates")
async def listing(request: web.Request) -> web.StreamResponse:
    """Each with the form of a session by it."""
    return await _listing(request)


async def _listing(
    request: web.Request, error: DomainError | None = None, wanted: int = 0
) -> web.StreamResponse:
    """`wanted`: the template whose form was refused."""
    require_anywhere(actor(request), Permission.SESSION_EDIT)
    again = refusal(request, error)
    return await render(
        request,
        "sessions/templates.html",
        status=again.status,
        problem=again.problem,
        wanted=wanted,
        typed=(await read_form(request)).get("starts_at") if error else "",
        templates=await services(request).templates.templates(actor(request)),
    )


@routes.post(r"/templates/{id:\d+}/use")
async def use(request: web.Request) -> web.StreamResponse:
    """A new draft, opened in its form."""
    template_id = path_id(request)
    try:
        typed = (await parse_form(request, UseForm)).starts_at
        starts_at = local_moment(typed, house_zone(request), "starts_at")
        made = await services(request).templates.use(actor(request), template_id, starts_at)
    except FORM_ERRORS as error:
        return await _listing(request, error, template_id)
    return see_other(f"/sessions/{made.session.id}/edit", "added")


@routes.post(r"/templates/{id:\d+}/delete")
async def delete(request: web.Request) -> web.StreamResponse:
    """Forget it."""
    await services(request).templates.remove(actor(request), path_id(request))
    return see_other("/templates", "deleted")


@routes.post(r"/sessions/{id:\d+}/template")
async def keep(request: web.Request) -> web.StreamResponse:
    """Keep the session as a template of its unit."""
    session_id = SessionId(path_id(request))
    try:
        name = (await parse_form(request, KeepForm)).name
        await services(request).templates.keep(actor(request), session_id, name)
    except FORM_ERRORS as error:
        return await refused(request, session_id, error)
    return see_other("/templates", "added")
