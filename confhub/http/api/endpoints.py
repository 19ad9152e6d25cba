"""Endpoints and their pairing in the API."""

from __future__ import annotations

import datetime as dt

from aiohttp import web
from pydantic import Field

from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, peer, services
from confhub.http.paging import Sized
from confhub.http.seen import if_match, tell_version
from confhub.http.shapes import ApiModel
from confhub.http.wishes.endpoints import EndpointFields, EndpointFilters
from confhub.kernel.errors import Conflict, Forbidden, NotFound, TooMany, ValidationErrors
from confhub.kernel.ids import EndpointId, UnitId
from confhub.registry.errors import EndpointNotFound, EndpointRetired, ScreenCodeTaken, ScreenCodeUnknown
from confhub.registry.rules import SCREEN_CODE_MAX_CHARS
from confhub.registry.values import BandwidthProfile, Endpoint, EndpointKind

api = Api("Endpoints")


class EndpointOut(ApiModel):
    """A conference room; `paired` says whether a machine holds a credential."""

    id: int
    code: str
    name: str
    unit_id: int
    unit_name: str
    kind: EndpointKind
    bandwidth_profile: BandwidthProfile
    operator_name: str | None
    operator_phone: str | None
    retired_at: dt.datetime | None
    paired: bool


class EndpointsOut(ApiModel):
    endpoints: list[EndpointOut]
    total: int
    page: int
    size: int


class EndpointIn(EndpointFields, ApiModel):
    """An endpoint's fields."""


class ListQuery(EndpointFilters, Sized, ApiModel):
    """Which rooms, and which page of them."""


class PairingCodeOut(ApiModel):
    """A pairing code, shown this once."""

    endpoint_id: int
    code: str
    expires_at: dt.datetime


class ScreenCodeIn(ApiModel):
    """The code on a machine's screen, as it was typed."""

    code: str = Field(min_length=1, max_length=SCREEN_CODE_MAX_CHARS)


class WaitingOut(ApiModel):
    """A machine that shows a code and waits."""

    code: str
    address: str
    machine: str
    version: str
    asked_at: dt.datetime
    expires_at: dt.datetime


_SCREEN_CODE_ERRORS = (
    Forbidden,
    EndpointNotFound,
    EndpointRetired,
    ScreenCodeUnknown,
    ScreenCodeTaken,
    TooMany,
)

_EXAMPLE = {
    "code": "H44.01.02.01",
    "name": "Hội trường huyện Lâm Thao",
    "unit_id": 14,
    "bandwidth_profile": "full",
    "operator_phone": "0210 3825 123",
}
_ERRORS = (Forbidden, NotFound, Conflict, ValidationErrors)


def endpoint_out(endpoint: Endpoint) -> EndpointOut:
    """A room as the API writes it."""
    return EndpointOut(
        id=endpoint.id,
        code=endpoint.code,
        name=endpoint.name,
        unit_id=endpoint.unit_id,
        unit_name=endpoint.unit_name,
        kind=endpoint.kind,
        bandwidth_profile=endpoint.bandwidth_profile,
        operator_name=endpoint.operator_name,
        operator_phone=endpoint.operator_phone,
        retired_at=endpoint.retired_at,
        paired=endpoint.paired,
    )


@api("GET", "/api/v1/endpoints", summary="List endpoints", query=ListQuery, response=EndpointsOut)
async def listing(request: web.Request, query: ListQuery) -> EndpointsOut:
    """One page in Vietnamese order; `search` works without diacritics, `unit_id` keeps a branch."""
    found = await services(request).registry.endpoints(
        actor(request),
        search=query.search,
        unit_id=UnitId(query.unit_id) if query.unit_id else None,
        kind=query.kind,
        retired=query.retired,
        page=query.page,
        size=query.size,
    )
    rows = [endpoint_out(row) for row in found.rows]
    return EndpointsOut(endpoints=rows, total=found.total, page=found.page, size=found.size)


@api(
    "GET", r"/api/v1/endpoints/{id:\d+}", summary="Read an endpoint", response=EndpointOut, errors=(NotFound,)
)
async def endpoint(request: web.Request) -> EndpointOut:
    """One room of the asker's branches."""
    found = await services(request).registry.endpoint(actor(request), EndpointId(path_id(request)))
    tell_version(request, found.draft)
    return endpoint_out(found)


@api(
    "POST",
    "/api/v1/endpoints",
    summary="Add an endpoint",
    request=EndpointIn,
    response=EndpointOut,
    status=201,
    errors=_ERRORS,
    example=_EXAMPLE,
)
async def create(request: web.Request, body: EndpointIn) -> EndpointOut:
    """Add a room to a unit."""
    return endpoint_out(await services(request).registry.create_endpoint(actor(request), body.draft()))


@api(
    "PUT",
    r"/api/v1/endpoints/{id:\d+}",
    summary="Change an endpoint",
    request=EndpointIn,
    response=EndpointOut,
    errors=_ERRORS,
    example=_EXAMPLE,
)
async def update(request: web.Request, body: EndpointIn) -> EndpointOut:
    """Change a room; a new unit moves it. If-Match with the ETag of what was read: 412 where it is
    another by now."""
    endpoint_id = EndpointId(path_id(request))
    made = await services(request).registry.update_endpoint(
        actor(request), endpoint_id, body.draft(), seen=if_match(request)
    )
    tell_version(request, made.draft)
    return endpoint_out(made)


@api(
    "POST",
    r"/api/v1/endpoints/{id:\d+}/retire",
    summary="Take an endpoint out of use",
    response=EndpointOut,
    errors=(Forbidden, NotFound, Conflict),
)
async def retire(request: web.Request) -> EndpointOut:
    """Its codes and credentials are revoked."""
    endpoint_id = EndpointId(path_id(request))
    return endpoint_out(await services(request).registry.retire_endpoint(actor(request), endpoint_id))


@api(
    "POST",
    r"/api/v1/endpoints/{id:\d+}/restore",
    summary="Bring an endpoint back into use",
    response=EndpointOut,
    errors=(Forbidden, NotFound, Conflict),
)
async def restore(request: web.Request) -> EndpointOut:
    """It has to be paired anew."""
    endpoint_id = EndpointId(path_id(request))
    return endpoint_out(await services(request).registry.restore_endpoint(actor(request), endpoint_id))


@api(
    "POST",
    r"/api/v1/endpoints/{id:\d+}/pairing-code",
    summary="Issue a pairing code",
    response=PairingCodeOut,
    status=201,
    errors=(Forbidden, NotFound, Conflict),
)
async def issue_code(request: web.Request) -> PairingCodeOut:
    """A one-time code, valid for ten days; older unused codes of the room are revoked."""
    slip = await services(request).pairing.issue(actor(request), EndpointId(path_id(request)))
    return PairingCodeOut(endpoint_id=slip.endpoint_id, code=slip.code, expires_at=slip.expires_at)


@api(
    "DELETE",
    r"/api/v1/endpoints/{id:\d+}/pairing-code",
    summary="Revoke the unused pairing code",
    status=204,
    errors=(Forbidden, NotFound),
)
async def revoke_code(request: web.Request) -> None:
    """The code does not work any more."""
    await services(request).pairing.revoke_code(actor(request), EndpointId(path_id(request)))


@api(
    "DELETE",
    r"/api/v1/endpoints/{id:\d+}/credential",
    summary="Revoke the machine's credential",
    status=204,
    errors=(Forbidden, NotFound),
)
async def revoke_credential(request: web.Request) -> None:
    """The machine leaves running sessions and has to be paired anew."""
    await services(request).pairing.revoke_credentials(actor(request), EndpointId(path_id(request)))


@api(
    "POST",
    r"/api/v1/endpoints/{id:\d+}/screen-code",
    summary="Look at the machine that shows a code",
    request=ScreenCodeIn,
    response=WaitingOut,
    errors=_SCREEN_CODE_ERRORS,
    example={"code": "BKTR-WQNX"},
)
async def find_machine(request: web.Request, body: ScreenCodeIn) -> WaitingOut:
    """Which machine it is, and from where it asked: for the question whether it is this room's."""
    endpoint_id, address = EndpointId(path_id(request)), peer(request).address
    found = await services(request).asking.find(actor(request), endpoint_id, body.code, address)
    return WaitingOut(
        code=found.user_code,
        address=found.address,
        machine=found.machine,
        version=found.version,
        asked_at=found.asked_at,
        expires_at=found.expires_at,
    )


@api(
    "POST",
    r"/api/v1/endpoints/{id:\d+}/screen-code/approve",
    summary="Pair the machine that shows a code",
    request=ScreenCodeIn,
    status=204,
    errors=_SCREEN_CODE_ERRORS,
    example={"code": "BKTR-WQNX"},
)
async def approve_machine(request: web.Request, body: ScreenCodeIn) -> None:
    """The machine gets its credential when it asks next; the machine the room had is revoked with that."""
    endpoint_id, address = EndpointId(path_id(request)), peer(request).address
    await services(request).asking.approve(actor(request), endpoint_id, body.code, address)


@api(
    "POST",
    r"/api/v1/endpoints/{id:\d+}/screen-code/refuse",
    summary="Refuse the machine that shows a code",
    request=ScreenCodeIn,
    status=204,
    errors=_SCREEN_CODE_ERRORS,
    example={"code": "BKTR-WQNX"},
)
async def refuse_machine(request: web.Request, body: ScreenCodeIn) -> None:
    """The machine is told so."""
    endpoint_id, address = EndpointId(path_id(request)), peer(request).address
    await services(request).asking.refuse(actor(request), endpoint_id, body.code, address)
