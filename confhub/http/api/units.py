"""The tree in the API."""

from __future__ import annotations

import datetime as dt

from aiohttp import web

from confhub.http.api.shapes.units import LetterheadOut, PaperSettingsOut
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.seen import if_match, tell_version
from confhub.http.shapes import ApiModel
from confhub.http.wishes.units import PapersFields, UnitFields, UnitMoveFields
from confhub.kernel.errors import Conflict, Forbidden, NotFound, ValidationErrors
from confhub.kernel.ids import UnitId
from confhub.org.values import Tier, Unit
from confhub.rosters.unit_moves import UnitMove

api = Api("Units")


class TierOut(ApiModel):
    """A tier of administration; `rank` 1 is the top."""

    id: int
    code: str
    name: str
    name_en: str
    rank: int


class TiersOut(ApiModel):
    tiers: list[TierOut]


class UnitOut(ApiModel):
    """A node of the tree. `path` holds the ids from the root to the unit, e.g. `/1/14/`."""

    id: int
    code: str
    name: str
    tier_id: int
    parent_id: int | None
    path: str
    valid_from: dt.date | None
    valid_to: dt.date | None


class UnitsOut(ApiModel):
    units: list[UnitOut]


class UnitIn(UnitFields, ApiModel):
    """A unit's fields; both days are included, null is open."""


class RetireIn(ApiModel):
    last_day: dt.date


class UnitMoveIn(UnitMoveFields, ApiModel):
    """What is moved where. `dry_run`: only say what would be moved."""

    dry_run: bool = False


class UnitMoveOut(ApiModel):
    """How many of each kind. `listed`: places on standing lists that go with the rooms; `sessions`: planned
    ones that keep the rooms; `units_below` stay. `id` is null for a dry run."""

    id: int | None
    unit_id: int
    to_unit_id: int
    rooms: int
    people: int
    roles: int
    lists: int
    listed: int
    sessions: int
    units_below: int
    at: dt.datetime | None
    undone_at: dt.datetime | None


class UnitMovesOut(ApiModel):
    moves: list[UnitMoveOut]


class PapersIn(PapersFields, ApiModel):
    """What a unit says of its official papers."""


class PapersOut(ApiModel):
    """What the unit says itself, and what stands on its papers."""

    said: PaperSettingsOut
    letterhead: LetterheadOut


class TreeQuery(ApiModel):
    on: dt.date | None = None


_EXAMPLE = {"code": "H44.01.02", "name": "UBND huyện Lâm Thao", "tier_id": 2, "parent_id": 1}


def _out(unit: Unit) -> UnitOut:
    return UnitOut(
        id=unit.id,
        code=unit.code,
        name=unit.name,
        tier_id=unit.tier_id,
        parent_id=unit.parent_id,
        path=unit.path,
        valid_from=unit.valid_from,
        valid_to=unit.valid_to,
    )


def _tier(tier: Tier) -> TierOut:
    return TierOut(id=tier.id, code=tier.code, name=tier.name, name_en=tier.name_en, rank=tier.rank)


@api("GET", "/api/v1/tiers", summary="List the tiers", response=TiersOut)
async def tiers(request: web.Request) -> TiersOut:
    """All tiers by rank."""
    found = await services(request).org.tiers(actor(request))
    return TiersOut(tiers=[_tier(tier) for tier in found])


@api("GET", "/api/v1/units", summary="List the tree", query=TreeQuery, response=UnitsOut)
async def tree(request: web.Request, query: TreeQuery) -> UnitsOut:
    """Parents before children, siblings in Vietnamese order; with `on`, only what exists on that day."""
    found = await services(request).org.tree(actor(request), query.on)
    return UnitsOut(units=[_out(unit) for unit in found])


@api("GET", r"/api/v1/units/{id:\d+}", summary="Read a unit", response=UnitOut, errors=(NotFound,))
async def unit(request: web.Request) -> UnitOut:
    """One unit of the asker's branches."""
    found = await services(request).org.unit(actor(request), UnitId(path_id(request)))
    tell_version(request, found.draft)
    return _out(found)


@api(
    "POST",
    "/api/v1/units",
    summary="Add a unit",
    request=UnitIn,
    response=UnitOut,
    status=201,
    errors=(Forbidden, NotFound, Conflict, ValidationErrors),
    example=_EXAMPLE,
)
async def create(request: web.Request, body: UnitIn) -> UnitOut:
    """Add a unit below its parent."""
    return _out(await services(request).org.create_unit(actor(request), body.draft()))


@api(
    "PUT",
    r"/api/v1/units/{id:\d+}",
    summary="Change a unit",
    request=UnitIn,
    response=UnitOut,
    errors=(Forbidden, NotFound, Conflict, ValidationErrors),
    example=_EXAMPLE,
)
async def update(request: web.Request, body: UnitIn) -> UnitOut:
    """A new parent moves the whole branch. If-Match with the ETag of what was read: 412 where it is
    another by now."""
    unit_id = UnitId(path_id(request))
    made = await services(request).org.update_unit(
        actor(request), unit_id, body.draft(), seen=if_match(request)
    )
    tell_version(request, made.draft)
    return _out(made)


@api(
    "POST",
    r"/api/v1/units/{id:\d+}/retire",
    summary="Close a unit",
    request=RetireIn,
    response=UnitOut,
    errors=(Forbidden, NotFound, Conflict, ValidationErrors),
    example={"last_day": "2025-06-30"},
)
async def retire(request: web.Request, body: RetireIn) -> UnitOut:
    """Refused while valid units or endpoints hang below it."""
    unit_id = UnitId(path_id(request))
    return _out(await services(request).org.retire_unit(actor(request), unit_id, body.last_day))


@api(
    "GET",
    r"/api/v1/units/{id:\d+}/papers",
    summary="Who issues a unit's papers",
    response=PapersOut,
    errors=(NotFound,),
)
async def papers(request: web.Request) -> PapersOut:
    """Issuer, place, abbreviation and signer, said by the unit or following from those above."""
    said, made = await services(request).papers.of(actor(request), UnitId(path_id(request)))
    tell_version(request, said)
    return PapersOut(said=PaperSettingsOut.of(said), letterhead=LetterheadOut.of(made))


@api(
    "PUT",
    r"/api/v1/units/{id:\d+}/papers",
    summary="Say who issues a unit's papers",
    request=PapersIn,
    response=PapersOut,
    errors=(Forbidden, NotFound, Conflict, ValidationErrors),
    example={"agency": "Sở Nội vụ", "symbol": "SNV", "place": "Phú Thọ", "office": "Giám đốc"},
)
async def change_papers(request: web.Request, body: PapersIn) -> PapersOut:
    """All of it anew; what is left out follows from the units above. If-Match with the ETag of what was
    read: 412 where it has changed."""
    found, who, unit_id = services(request).papers, actor(request), UnitId(path_id(request))
    await found.change(who, unit_id, body.settings(), seen=if_match(request))
    said, made = await found.of(who, unit_id)
    tell_version(request, said)
    return PapersOut(said=PaperSettingsOut.of(said), letterhead=LetterheadOut.of(made))


def _move(found: UnitMove) -> UnitMoveOut:
    return UnitMoveOut(
        id=found.id,
        unit_id=found.unit.id,
        to_unit_id=found.to.id,
        rooms=found.rooms,
        people=found.people,
        roles=found.roles,
        lists=found.lists,
        listed=found.listed,
        sessions=found.sessions,
        units_below=found.units_below,
        at=found.at,
        undone_at=found.undone_at,
    )


@api(
    "POST",
    r"/api/v1/units/{id:\d+}/move",
    summary="Move all that belongs to a unit to another one",
    request=UnitMoveIn,
    response=UnitMoveOut,
    errors=(Forbidden, NotFound, Conflict, ValidationErrors),
    example={"to_unit_id": 20, "dry_run": True},
)
async def move(request: web.Request, body: UnitMoveIn) -> UnitMoveOut:
    """Rooms, people and roles of the unit itself, in one transaction; the rights are asked at both units.
    Sessions whose lobby has opened keep the units of their day."""
    service, who, unit_id = services(request).unit_moves, actor(request), UnitId(path_id(request))
    if body.dry_run:
        return _move(await service.preview(who, unit_id, body.wish()))
    return _move(await service.move(who, unit_id, body.wish()))


@api(
    "GET",
    r"/api/v1/units/{id:\d+}/moves",
    summary="List a unit's moves",
    response=UnitMovesOut,
    errors=(NotFound,),
)
async def moves(request: web.Request) -> UnitMovesOut:
    """The newest first, away from the unit and to it."""
    found = await services(request).unit_moves.moves(actor(request), UnitId(path_id(request)))
    return UnitMovesOut(moves=[_move(one) for one in found])


@api(
    "POST",
    r"/api/v1/units/moves/{id:\d+}/undo",
    summary="Take a move back",
    response=UnitMoveOut,
    errors=(Forbidden, NotFound, Conflict),
)
async def undo_move(request: web.Request) -> UnitMoveOut:
    """What of it is still at the new unit returns; the numbers say how much that was."""
    return _move(await services(request).unit_moves.undo(actor(request), path_id(request)))
