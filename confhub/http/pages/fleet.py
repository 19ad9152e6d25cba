"""The fleet: which rooms are online, since when, with which version; kept fresh by server-sent events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.http.context import actor, language, services
from confhub.http.forms import FormModel, parse_filters
from confhub.http.pages.choices import unit_options
from confhub.http.paging import Paged, Searched, sheet
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.i18n.collation import sort_key
from confhub.kernel.ids import UnitId
from confhub.kernel.limits import PAGE_SIZE
from confhub.org.values import Tier, Unit
from confhub.registry.values import FleetFilter, FleetRow

routes = web.RouteTableDef()

STATES = ("online", "offline", "idle", "called", "joined", "lost")
"""What the state filter offers."""


class FleetQuery(Searched, Paged, FormModel):
    """Filters of the page."""

    unit_id: RowId | None = None
    state: str | None = Field(None, max_length=20)
    version: str | None = Field(None, max_length=64)
    sort: str = Field("", max_length=20)
    """One of COLUMNS, a minus before it for the other way round; nothing: as the tree is read."""

    def filter(self) -> FleetFilter:
        """The same, as the service takes it."""
        online = {"online": True, "offline": False}.get(self.state or "")
        state = self.state if self.state in STATES[2:] else None
        return FleetFilter(
            search=self.search,
            unit_id=UnitId(self.unit_id) if self.unit_id else None,
            online=online if state is None else True,
            state=state,
            version=self.version,
        )


_TROUBLE_FIRST = {
    state: place for place, state in enumerate(("lost", "offline", "never", "called", "joined", "idle"))
}


COLUMNS: dict[str, Callable[[FleetRow], Any]] = {
    "name": lambda row: sort_key(row.endpoint.name),
    "state": lambda row: _TROUBLE_FIRST.get(row.shown_state, len(_TROUBLE_FIRST)),
    "since": lambda row: row.shown_since,
    "version": lambda row: row.version or None,
}
"""What the page sorts by."""


@dataclass(frozen=True, slots=True)
class TierFigures:
    """Rooms of one tier."""

    tier_id: int
    name: str
    total: int
    online: int


def tier_figures(
    rows: list[FleetRow], units: list[Unit], tiers: list[Tier], language: str
) -> list[TierFigures]:
    """Rooms and rooms online of each tier that has any, by rank."""
    tier_of = {unit.id: unit.tier_id for unit in units}
    total = Counter(tier_of.get(row.endpoint.unit_id) for row in rows)
    online = Counter(tier_of.get(row.endpoint.unit_id) for row in rows if row.online)
    return [
        TierFigures(tier.id, tier.name_en if language == "en" else tier.name, total[tier.id], online[tier.id])
        for tier in tiers
        if total[tier.id]
    ]


@routes.get("/fleet")
async def fleet(request: web.Request) -> web.StreamResponse:
    """The rooms that fit the filters, and counts over all."""
    who = actor(request)
    wanted = parse_filters(request, FleetQuery)
    found = services(request)
    everything = await found.fleet.list(who)
    plain = wanted.filter() == FleetFilter()
    fitting = everything if plain else await found.fleet.list(who, wanted.filter())
    units = await found.org.tree(who)
    return await render(
        request,
        "fleet.html",
        sheet=sheet(fitting, COLUMNS, wanted.sort, wanted.page, PAGE_SIZE),
        summary=await found.fleet.summary(who),
        tiers=tier_figures(everything, units, await found.org.tiers(who), language(request)),
        tier_of={unit.id: unit.tier_id for unit in units},
        units=unit_options(request, units),
        wanted=wanted,
        states=STATES,
    )
