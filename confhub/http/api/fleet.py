"""The fleet in the API: list, counts, and changes as server-sent events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.access.rules import Actor
from confhub.http.api_decorator import Api
from confhub.http.context import actor, language, services
from confhub.http.event_stream import EventStream, json_line
from confhub.http.paging import Searched
from confhub.http.render import ENVIRONMENTS
from confhub.http.shapes import ApiModel, RowId
from confhub.kernel.events import OVERFLOW, Event
from confhub.kernel.ids import UnitId
from confhub.registry.events import EndpointChanged, FleetChanged
from confhub.registry.values import FleetFilter, FleetRow

api = Api("Fleet")


class FleetRowOut(ApiModel):
    """A room and its machine's last word. `online`: a heartbeat came in the last 45 s."""

    endpoint_id: int
    code: str
    name: str
    unit_id: int
    online: bool
    online_since: dt.datetime | None
    last_seen_at: dt.datetime | None
    version: str | None
    mode: str | None
    state: str | None
    session_id: int | None


class FleetOut(ApiModel):
    """`by_state` and `by_version` count rooms that are online."""

    total: int
    online: int
    paired: int
    by_state: dict[str, int]
    by_version: dict[str, int]
    rooms: list[FleetRowOut]


class FleetQuery(Searched, ApiModel):
    unit_id: RowId | None = None
    online: bool | None = None
    state: str | None = Field(None, max_length=20)
    version: str | None = Field(None, max_length=64)


def _out(row: FleetRow) -> FleetRowOut:
    return FleetRowOut(
        endpoint_id=row.endpoint.id,
        code=row.endpoint.code,
        name=row.endpoint.name,
        unit_id=row.endpoint.unit_id,
        online=row.online,
        online_since=row.online_since,
        last_seen_at=row.last_seen_at,
        version=row.version,
        mode=row.mode,
        state=row.state,
        session_id=row.session_id,
    )


@api("GET", "/api/v1/fleet", summary="List the fleet", query=FleetQuery, response=FleetOut)
async def fleet(request: web.Request, query: FleetQuery) -> FleetOut:
    """The rooms that fit the filters; counts are over all rooms of the asker's branches."""
    who, found = actor(request), services(request).fleet
    wanted = FleetFilter(
        query.search,
        UnitId(query.unit_id) if query.unit_id else None,
        query.online,
        query.state,
        query.version,
    )
    summary = await found.summary(who)
    return FleetOut(
        total=summary.total,
        online=summary.online,
        paired=summary.paired,
        by_state=summary.by_state,
        by_version=summary.by_version,
        rooms=[_out(row) for row in await found.list(who, wanted)],
    )


@api(
    "GET",
    "/api/v1/fleet/events",
    summary="Follow the fleet",
    content_type="text/event-stream",
)
async def events(request: web.Request) -> web.StreamResponse:
    """Server-sent events: `counts` (JSON) and `rows` (JSON with the HTML of changed table rows)."""
    who = actor(request)
    bus = services(request).bus
    stream = EventStream(request)
    with bus.subscribe(FleetChanged, EndpointChanged) as subscription:
        async with stream:
            await stream.send("counts", json_line(await counts(request, who)))
            async for batch in stream.batches(subscription):
                everything = OVERFLOW in batch
                await _tell(request, who, stream, None if everything else _rooms_of(batch))
    return stream.response


def _rooms_of(batch: Sequence[Event]) -> set[int | None]:
    return {event.endpoint_id for event in batch if isinstance(event, FleetChanged | EndpointChanged)}


async def _tell(request: web.Request, who: Actor, stream: EventStream, keys: set[int | None] | None) -> None:
    """Send the rows with these endpoint ids (all where None), and the counts."""
    rows = await services(request).fleet.list(who)
    changed = [row for row in rows if keys is None or row.endpoint.id in keys]
    if changed:
        template = request.app[ENVIRONMENTS][language(request)].get_template("partials/fleet_row.html")
        html = "".join(template.render(row=row) for row in changed)
        await stream.send("rows", json_line({"html": html}))
    await stream.send("counts", json_line(await counts(request, who, rows)))


async def counts(request: web.Request, who: Actor, rows: list[FleetRow] | None = None) -> dict[str, Any]:
    """Rooms online, by state and by tier."""
    found = services(request)
    if rows is None:
        rows = await found.fleet.list(who)
    tier_of = {unit.id: unit.tier_id for unit in await found.org.tree(who)}
    by_tier: dict[str, int] = {}
    by_state: dict[str, int] = {}
    for row in rows:
        tier = str(tier_of.get(row.endpoint.unit_id, 0))
        by_tier[tier] = by_tier.get(tier, 0) + row.online
        if row.online and row.state:
            by_state[row.state] = by_state.get(row.state, 0) + 1
    return {
        "total": len(rows),
        "online": sum(row.online for row in rows),
        "by_state": by_state,
        "online_by_tier": by_tier,
    }
