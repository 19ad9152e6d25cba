"""Moving all that belongs to a unit to another one: chosen, looked at, done, taken back."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.access.rules import allows
from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.pages.choices import today, unit_options
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.wishes.units import UnitMoveFields
from confhub.kernel.errors import DomainError, NotFound
from confhub.kernel.ids import UnitId
from confhub.kernel.permissions import Permission
from confhub.org.dissolved import is_over
from confhub.rosters.unit_moves import UnitMove

routes = web.RouteTableDef()


class MoveForm(UnitMoveFields, FormModel):
    """What is moved where; `seen` is of the preview that is confirmed."""

    rooms: bool = False
    people: bool = False
    roles: bool = False
    seen: str = Field("", max_length=64)


@routes.get(r"/units/{id:\d+}/move")
async def form(request: web.Request) -> web.StreamResponse:
    """Where to, and what; below it the moves that were made."""
    return await _show(request, {"rooms": "1", "people": "1", "roles": "1"})


@routes.post(r"/units/{id:\d+}/move")
async def move(request: web.Request) -> web.StreamResponse:
    """The preview; with what the preview showed, the move itself."""
    who, unit_id = actor(request), UnitId(path_id(request))
    service = services(request).unit_moves
    values = {key: str(value) for key, value in dict((await read_form(request)).values()).items()}
    try:
        typed = await parse_form(request, MoveForm)
        if not typed.seen:
            return await _show(request, values, await service.preview(who, unit_id, typed.wish()))
        await service.move(who, unit_id, typed.wish(), seen=typed.seen)
    except (*FORM_ERRORS, NotFound) as error:
        return await _show(request, values, error=error)
    return see_other(f"/units/{unit_id}/move", "moved")


@routes.post(r"/units/{id:\d+}/moves/{move:\d+}/undo")
async def undo(request: web.Request) -> web.StreamResponse:
    """Take a move back."""
    unit_id = path_id(request)
    try:
        await services(request).unit_moves.undo(actor(request), path_id(request, "move"))
    except FORM_ERRORS as error:
        return await _show(request, {"rooms": "1", "people": "1", "roles": "1"}, error=error)
    return see_other(f"/units/{unit_id}/move", "undone")


async def _show(
    request: web.Request,
    values: dict[str, str],
    plan: UnitMove | None = None,
    error: DomainError | None = None,
) -> web.StreamResponse:
    hub, who, unit_id = services(request), actor(request), UnitId(path_id(request))
    unit = await hub.org.unit(who, unit_id)
    day = today(request)
    others = [one for one in await hub.org.tree(who) if one.id != unit.id and not is_over(one.valid_to, day)]
    chosen = plan.to.id if plan else None
    rooms = await hub.registry.under(who, [chosen]) if chosen else []
    again = refusal(request, error)
    return await render(
        request,
        "units/move.html",
        status=again.status,
        unit=unit,
        units=unit_options(request, others),
        rooms=[(room.id, f"{room.name} ({room.code})") for room in rooms if room.unit_id == chosen],
        values=values,
        plan=plan,
        moves=await hub.unit_moves.moves(who, unit_id),
        errors=again.errors,
        may={
            "rooms": allows(who, Permission.ENDPOINT_EDIT, unit.path),
            "people": allows(who, Permission.PERSON_EDIT, unit.path),
            "roles": allows(who, Permission.ACCOUNT_EDIT, unit.path),
        },
    )
