"""What the form's picker of rooms shows: the reader's units and the rooms in them, as JSON values."""

from __future__ import annotations

from datetime import date
from typing import Any

from aiohttp import web

from confhub.access.rules import allows
from confhub.http.context import actor, services
from confhub.i18n.folding import fold
from confhub.kernel.permissions import Permission
from confhub.org.values import Unit
from confhub.registry.values import Endpoint, EndpointKind


async def picker(request: web.Request, day: date | None) -> dict[str, Any]:
    """What the reader may choose from on `day`, in the tree's and in Vietnamese order.

    `units`: [id, parent id or null, name], parents first; `rooms`: [id, unit id, name, code, folded words];
    `chairs`: as rooms, studios first.
    """
    who, hub = actor(request), services(request)
    units = await hub.org.tree(who, day)
    known = {unit.id for unit in units}
    under = await hub.registry.under(who, roots(units))
    endpoints = [endpoint for endpoint in under if endpoint.unit_id in known]
    chairs = sorted(endpoints, key=lambda endpoint: endpoint.kind is not EndpointKind.STUDIO)
    known = {unit.id for unit in units}
    return {
        "units": [
            [unit.id, unit.parent_id if unit.parent_id in known else None, unit.name] for unit in units
        ],
        "rooms": [_entry(endpoint) for endpoint in endpoints if endpoint.kind is EndpointKind.ROOM],
        "chairs": [_entry(endpoint) for endpoint in chairs],
    }


def roots(units: list[Unit]) -> list[Any]:
    """Ids of the units whose parent the reader does not see."""
    known = {unit.id for unit in units}
    return [unit.id for unit in units if unit.parent_id not in known]


def _entry(endpoint: Endpoint) -> list[Any]:
    words = fold(f"{endpoint.name} {endpoint.code} {endpoint.unit_name}")
    return [endpoint.id, endpoint.unit_id, endpoint.name, endpoint.code, words]


async def organizing_units(request: web.Request) -> list[Unit]:
    """The units in whose name the reader may plan sessions, in the tree's order."""
    who = actor(request)
    units = await services(request).org.tree(who)
    return [unit for unit in units if allows(who, Permission.SESSION_EDIT, unit.path)]
