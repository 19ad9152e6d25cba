"""Endpoints: list, one room's page, add, change, take out of use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.access.rules import Actor, allows
from confhub.checkin.values import TabletSlip
from confhub.http.addresses import hub_address
from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_filters, parse_form, parse_query, read_form
from confhub.http.pages.choices import KIND_NAMES, PROFILE_NAMES, named, tree_options
from confhub.http.paging import Paged
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, NOT_REFUSED, Refusal, refusal
from confhub.http.render import render
from confhub.http.seen import labelled, seen_now, version_sent
from confhub.http.shapes import RowId
from confhub.http.wishes.endpoints import EndpointFields, EndpointFilters
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import EndpointId, UnitId
from confhub.kernel.paging import page_count
from confhub.kernel.permissions import Permission
from confhub.registry.values import Endpoint, PairingSlip, WaitingMachine

routes = web.RouteTableDef()


class ListQuery(EndpointFilters, Paged, FormModel):
    """Filters of the list."""

    sort: str = Field("", max_length=20)
    """A column, a minus before it for the other way round; nothing: by name."""


class NewQuery(FormModel):
    unit_id: RowId | None = None


class EndpointForm(EndpointFields, FormModel):
    """An endpoint's fields as typed."""


@dataclass(frozen=True, slots=True)
class ScreenCode:
    """The code on a screen as typed, what is wrong with it, or the machine that shows it."""

    typed: str
    error: str = ""
    waiting: WaitingMachine | None = None


@routes.get("/endpoints")
async def listing(request: web.Request) -> web.StreamResponse:
    """One page of the list."""
    who = actor(request)
    wanted = parse_filters(request, ListQuery)
    found = await services(request).registry.endpoints(
        who,
        search=wanted.search,
        unit_id=UnitId(wanted.unit_id) if wanted.unit_id else None,
        kind=wanted.kind,
        retired=wanted.retired,
        sort=wanted.sort,
        page=wanted.page,
    )
    return await render(
        request,
        "endpoints/list.html",
        found=found,
        pages=page_count(found.total, found.size),
        wanted=wanted,
        units=await tree_options(request),
        kinds=named(request, KIND_NAMES),
        profiles=dict(named(request, PROFILE_NAMES)),
    )


async def _form(
    request: web.Request,
    endpoint: Endpoint | None,
    values: dict[str, Any],
    refused: Refusal = NOT_REFUSED,
    error: DomainError | None = None,
) -> web.StreamResponse:
    seen = None
    if endpoint is not None:
        shown = labelled(
            request,
            ("Name", endpoint.name),
            ("Code", endpoint.code),
            ("Org unit", endpoint.unit_name),
            ("Kind", dict(named(request, KIND_NAMES))[endpoint.kind.value]),
            ("Line", dict(named(request, PROFILE_NAMES))[endpoint.bandwidth_profile.value]),
            ("Operator", endpoint.operator_name),
            ("Operator’s phone", endpoint.operator_phone),
        )
        seen = seen_now(endpoint.draft, shown, await read_form(request) if error else None, error)
    return await render(
        request,
        "endpoints/edit.html",
        status=refused.status,
        seen=seen,
        endpoint=endpoint,
        values=values,
        errors=refused.errors,
        units=await tree_options(request),
        kinds=named(request, KIND_NAMES),
        profiles=named(request, PROFILE_NAMES),
    )


@routes.get("/endpoints/new")
async def new(request: web.Request) -> web.StreamResponse:
    """An empty form."""
    actor(request)
    unit_id = parse_query(request, NewQuery).unit_id
    return await _form(request, None, {"unit_id": unit_id or ""})


@routes.post("/endpoints/new")
async def create(request: web.Request) -> web.StreamResponse:
    """Add the endpoint, and show its page."""
    who = actor(request)
    try:
        typed = await parse_form(request, EndpointForm)
        made = await services(request).registry.create_endpoint(who, typed.draft())
    except FORM_ERRORS as error:
        values = (await read_form(request)).values()
        return await _form(request, None, dict(values), refusal(request, error))
    return see_other(f"/endpoints/{made.id}", "added")


async def show_endpoint(
    request: web.Request,
    who: Actor,
    endpoint_id: EndpointId,
    slip: PairingSlip | None = None,
    tablet_slip: TabletSlip | None = None,
    screen: ScreenCode | None = None,
    status: int = 200,
) -> web.StreamResponse:
    """One room's page; a slip is a code that was issued just now and is shown this once.

    `screen`: what was typed as the code on the room's screen, and what came of it.
    """
    found = services(request)
    endpoint = await found.registry.endpoint(who, endpoint_id)
    presence = None if endpoint.retired_at else await found.fleet.row(who, endpoint_id)
    return await render(
        request,
        "endpoints/detail.html",
        status=status,
        screen=screen,
        endpoint=endpoint,
        presence=presence,
        pairing=await found.pairing.state(who, endpoint_id),
        slip=slip,
        tablet_slip=tablet_slip,
        tablets=await found.tablets.list(who, endpoint_id)
        if allows(who, Permission.CHECKIN_RUN, endpoint.path)
        else None,
        hub=hub_address(request),
        kinds=dict(named(request, KIND_NAMES)),
        profiles=dict(named(request, PROFILE_NAMES)),
    )


@routes.get(r"/endpoints/{id:\d+}")
async def detail(request: web.Request) -> web.StreamResponse:
    """One room."""
    return await show_endpoint(request, actor(request), EndpointId(path_id(request)))


@routes.get(r"/endpoints/{id:\d+}/edit")
async def edit(request: web.Request) -> web.StreamResponse:
    """The room's form."""
    endpoint = await services(request).registry.endpoint(actor(request), EndpointId(path_id(request)))
    values = {
        "code": endpoint.code,
        "name": endpoint.name,
        "unit_id": endpoint.unit_id,
        "kind": endpoint.kind.value,
        "bandwidth_profile": endpoint.bandwidth_profile.value,
        "operator_name": endpoint.operator_name or "",
        "operator_phone": endpoint.operator_phone or "",
    }
    return await _form(request, endpoint, values)


@routes.post(r"/endpoints/{id:\d+}/edit")
async def update(request: web.Request) -> web.StreamResponse:
    """Change the room."""
    who = actor(request)
    registry = services(request).registry
    endpoint = await registry.endpoint(who, EndpointId(path_id(request)))
    try:
        typed = await parse_form(request, EndpointForm)
        seen = version_sent(await read_form(request))
        await registry.update_endpoint(who, endpoint.id, typed.draft(), seen=seen)
    except FORM_ERRORS as error:
        values = dict((await read_form(request)).values())
        now = await registry.endpoint(who, endpoint.id)
        return await _form(request, now, values, refusal(request, error), error)
    return see_other(f"/endpoints/{endpoint.id}", "saved")


@routes.post(r"/endpoints/{id:\d+}/retire")
async def retire(request: web.Request) -> web.StreamResponse:
    """Take the room out of use."""
    endpoint_id = EndpointId(path_id(request))
    await services(request).registry.retire_endpoint(actor(request), endpoint_id)
    return see_other(f"/endpoints/{endpoint_id}", "retired")


@routes.post(r"/endpoints/{id:\d+}/restore")
async def restore(request: web.Request) -> web.StreamResponse:
    """Bring the room back."""
    endpoint_id = EndpointId(path_id(request))
    await services(request).registry.restore_endpoint(actor(request), endpoint_id)
    return see_other(f"/endpoints/{endpoint_id}", "restored")
