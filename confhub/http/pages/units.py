"""The tree of units: look, search, add, change, close."""

from __future__ import annotations

import datetime as dt

from aiohttp import web

from confhub.http.context import actor, language, path_id, services
from confhub.http.forms import FormModel, parse_filters, parse_form, parse_query, read_form
from confhub.http.pages.choices import today, unit_options
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, NOT_REFUSED, Refusal, refusal
from confhub.http.render import render
from confhub.http.seen import labelled, seen_now, version_sent
from confhub.http.shapes import RowId
from confhub.http.wishes.units import UnitFields
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import UnitId
from confhub.org.values import Unit

routes = web.RouteTableDef()


class TreeQuery(FormModel):
    """How the tree is looked at."""

    on: dt.date | None = None
    all: bool = False


class NewQuery(FormModel):
    parent: RowId | None = None


class UnitForm(UnitFields, FormModel):
    """A unit's fields as typed."""


class RetireForm(FormModel):
    last_day: dt.date


@routes.get("/units")
async def tree(request: web.Request) -> web.StreamResponse:
    """The tree as it is on a day; all units ever with `all=1`."""
    who = actor(request)
    wanted = parse_filters(request, TreeQuery)
    org = services(request).org
    day = wanted.on or today(request)
    units = await org.tree(who, None if wanted.all else day)
    return await render(
        request,
        "units/list.html",
        units=units,
        tiers={tier.id: tier for tier in await org.tiers(who)},
        top=min((unit.depth for unit in units), default=0),
        day=day,
        everything=wanted.all,
    )


async def _form(
    request: web.Request,
    unit: Unit | None,
    values: dict[str, object],
    refused: Refusal = NOT_REFUSED,
    error: DomainError | None = None,
) -> web.StreamResponse:
    org, who = services(request).org, actor(request)
    units = await org.tree(who)
    tiers = await org.tiers(who)
    seen = None
    if unit is not None:
        names = dict(unit_options(request, units))
        kinds = {one.id: one.name_en if language(request) == "en" else one.name for one in tiers}
        shown = labelled(
            request,
            ("Name", unit.name),
            ("Code", unit.code),
            ("Tier", kinds.get(unit.tier_id)),
            ("Belongs to", names.get(unit.parent_id, "").strip() if unit.parent_id else None),
            ("Valid from", unit.valid_from),
            ("Last day", unit.valid_to),
        )
        seen = seen_now(unit.draft, shown, await read_form(request) if error else None, error)
    below = unit.path if unit else None
    parents = [one for one in units if below is None or not one.path.startswith(below)]
    return await render(
        request,
        "units/edit.html",
        status=refused.status,
        unit=unit,
        values=values,
        errors=refused.errors,
        parents=unit_options(request, parents),
        tiers=tiers,
        today=today(request),
        seen=seen,
    )


USUAL_TIERS = (
    ("province", "Cấp tỉnh", "Province", 1),
    ("department", "Sở, ban, ngành, đoàn thể tỉnh", "Provincial body", 2),
    ("commune", "Cấp xã", "Commune", 3),
)
"""Code, names and rank of the tiers that every province has since July 2025."""


@routes.post("/units/tiers")
async def usual_tiers(request: web.Request) -> web.StreamResponse:
    """Add the usual tiers to a hub that has none, so that the first unit can be added by hand."""
    who, org = actor(request), services(request).org
    known = {tier.code for tier in await org.tiers(who)}
    for code, name, name_en, rank in USUAL_TIERS:
        if code not in known:
            await org.add_tier(who, code, name, name_en, rank)
    return see_other("/units/new", "added")


@routes.get("/units/new")
async def new(request: web.Request) -> web.StreamResponse:
    """An empty form, below `parent` where given."""
    actor(request)
    parent = parse_query(request, NewQuery).parent
    return await _form(request, None, {"parent_id": parent or ""})


@routes.post("/units/new")
async def create(request: web.Request) -> web.StreamResponse:
    """Add the unit."""
    who = actor(request)
    try:
        typed = await parse_form(request, UnitForm)
        await services(request).org.create_unit(who, typed.draft())
    except FORM_ERRORS as error:
        values: dict[str, object] = dict((await read_form(request)).values())
        return await _form(request, None, values, refusal(request, error))
    return see_other("/units", "added")


@routes.get(r"/units/{id:\d+}")
async def edit(request: web.Request) -> web.StreamResponse:
    """The unit's form."""
    unit = await services(request).org.unit(actor(request), UnitId(path_id(request)))
    values: dict[str, object] = {
        "code": unit.code,
        "name": unit.name,
        "tier_id": unit.tier_id,
        "parent_id": unit.parent_id or "",
        "valid_from": unit.valid_from or "",
        "valid_to": unit.valid_to or "",
    }
    return await _form(request, unit, values)


@routes.post(r"/units/{id:\d+}")
async def update(request: web.Request) -> web.StreamResponse:
    """Change the unit."""
    who = actor(request)
    org = services(request).org
    unit = await org.unit(who, UnitId(path_id(request)))
    try:
        typed = await parse_form(request, UnitForm)
        await org.update_unit(who, unit.id, typed.draft(), seen=version_sent(await read_form(request)))
    except FORM_ERRORS as error:
        values: dict[str, object] = dict((await read_form(request)).values())
        now = await org.unit(who, unit.id)
        return await _form(request, now, values, refusal(request, error), error)
    return see_other("/units", "saved")


@routes.post(r"/units/{id:\d+}/retire")
async def retire(request: web.Request) -> web.StreamResponse:
    """Close the unit after its last day."""
    who = actor(request)
    org = services(request).org
    unit = await org.unit(who, UnitId(path_id(request)))
    try:
        last_day = (await parse_form(request, RetireForm)).last_day
        await org.retire_unit(who, unit.id, last_day)
    except FORM_ERRORS as error:
        values: dict[str, object] = {
            "code": unit.code,
            "name": unit.name,
            "tier_id": unit.tier_id,
            "parent_id": unit.parent_id or "",
        }
        return await _form(request, unit, values, refusal(request, error))
    return see_other("/units", "retired")
