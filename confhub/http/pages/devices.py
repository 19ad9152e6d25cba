"""Devices and codes that checked people in, what stands out among them, and taking back all of one."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.checkin.errors import NothingToUndo
from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, NOT_REFUSED, Refusal, refusal
from confhub.http.render import render
from confhub.kernel.ids import SessionId

routes = web.RouteTableDef()


class UndoForm(FormModel):
    """One source, and why it is taken back. `keep`: its tablet stays admitted."""

    source: str = Field(min_length=1, max_length=80)
    reason: str = Field("", max_length=2_000)
    keep: bool = False


@routes.get(r"/desk/sessions/{id:\d+}/devices")
async def devices(request: web.Request) -> web.StreamResponse:
    """Codes that stand out first, then tablets and accounts."""
    return await _page(request, {})


@routes.post(r"/desk/sessions/{id:\d+}/devices")
async def undo(request: web.Request) -> web.StreamResponse:
    """Take back everything of one device or code."""
    session_id = SessionId(path_id(request))
    try:
        typed = await parse_form(request, UndoForm)
        await services(request).undoing.undo(
            actor(request), session_id, typed.source, typed.reason, shut_out=not typed.keep
        )
    except NothingToUndo:  # a second click, or a colleague
        return see_other(f"/desk/sessions/{session_id}/devices")
    except FORM_ERRORS as error:
        values = (await read_form(request)).values()
        return await _page(request, values, refusal(request, error))
    return see_other(f"/desk/sessions/{session_id}/devices", "saved")


async def _page(
    request: web.Request, values: dict[str, str], refused: Refusal = NOT_REFUSED
) -> web.StreamResponse:
    who, session_id = actor(request), SessionId(path_id(request))
    view = (await services(request).sessions.get(who, session_id)).session
    found, undone = await services(request).undoing.sources(who, session_id)
    return await render(
        request, "desk/devices.html", status=refused.status, session=view, sources=found, undone=undone,
        values=values, errors=refused.errors,
    )  # fmt: skip
