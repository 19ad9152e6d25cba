"""What the form's picker of rooms shows: the reader's units and the rooms in them, as JSON values."""

from __future__ import annotations

from datetime import date
from typing import Any

from aiohttp import web

from confhub.access.rules import allows
from confhub.http.context import actor, language, services
from confhub.http.forms import FormModel, parse_query
from confhub.http.pages.standing import words_of
from confhub.i18n.folding import fold
from confhub.kernel.permissions import Permission
from confhub.org.values import Unit
from confhub.registry.values import Endpoint, EndpointKind

routes = web.RouteTableDef()


class DayQuery(FormModel):
    """The form's day."""

    day: date


@routes.get("/sessions/picker")
async def on_another_day(request: web.Request) -> web.StreamResponse:
    """The picker as it is on another day, for the form whose date is changed."""
    return web.json_response(await picker(request, parse_query(request, DayQuery).day))


async def picker(request: web.Request, day: date | None) -> dict[str, Any]:
    """What the reader may choose from on `day`, in the tree's and in Vietnamese order.

    `units`: [id, parent id or null, name, tier id], parents first; `tiers`: [id, name] from the top;
    `rooms`: [id, unit id, name, code, folded words]; `chairs`: as rooms, studios first; `left_out`: what to
    tell of rooms whose unit does not exist on that day, empty where there is none.
    """
    who, hub = actor(request), services(request)
    units = await hub.org.tree(who, day)
    known = {unit.id for unit in units}
    under = await hub.registry.under(who, roots(units))
    endpoints = [endpoint for endpoint in under if endpoint.unit_id in known]
    chairs = sorted(endpoints, key=lambda endpoint: endpoint.kind is not EndpointKind.STUDIO)
    english = language(request) == "en"
    return {
        "units": [
            [unit.id, unit.parent_id if unit.parent_id in known else None, unit.name, unit.tier_id]
            for unit in units
        ],
        "tiers": [[tier.id, tier.name_en if english else tier.name] for tier in await hub.org.tiers(who)],
        "rooms": [entry_of(endpoint) for endpoint in endpoints if endpoint.kind is EndpointKind.ROOM],
        "chairs": [entry_of(endpoint) for endpoint in chairs],
        "left_out": words_of(request, await hub.registry.standing(who, day), day) if day else "",
    }


def roots(units: list[Unit]) -> list[Any]:
    """Ids of the units whose parent the reader does not see."""
    known = {unit.id for unit in units}
    return [unit.id for unit in units if unit.parent_id not in known]


def entry_of(endpoint: Endpoint) -> list[Any]:
    """A room as the scripts take it."""
    words = fold(f"{endpoint.name} {endpoint.code} {endpoint.unit_name}")
    return [endpoint.id, endpoint.unit_id, endpoint.name, endpoint.code, words]


async def organizing_units(request: web.Request) -> list[Unit]:
    """The units in whose name the reader may plan sessions, in the tree's order."""
    who = actor(request)
    units = await services(request).org.tree(who)
    return [unit for unit in units if allows(who, Permission.SESSION_EDIT, unit.path)]
