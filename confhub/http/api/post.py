"""What leaves the hub, and could not be delivered, in the API."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.paging import Sized
from confhub.http.shapes import Answer, ApiModel
from confhub.http.wishes.post import GiveUpFields, ParcelFilters
from confhub.kernel.errors import Forbidden
from confhub.post import errors
from confhub.post.values import State

api = Api("Post")


class ParcelsQuery(ParcelFilters, Sized, ApiModel):
    """Which consignments, and which page of them."""


class GiveUpIn(GiveUpFields, ApiModel):
    """Why; empty: what the receiver said stays the reason."""


class ParcelOut(Answer):
    """A letter, a statement. `kind`: report | learning; `about`: what caused it, as `session:12`; `address`:
    who still has to get it, empty where the kind itself knows; `due_at`: when it is tried next; `last_error`:
    why it did not go."""

    id: int
    kind: str
    about: str
    unit_name: str | None
    address: str
    title: str
    state: State
    attempts: int
    last_error: str
    made_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    given_up_at: datetime | None


class ParcelPageOut(Answer):
    """One page; `total` counts all pages."""

    parcels: list[ParcelOut]
    total: int
    page: int
    size: int


@api(
    "GET",
    "/api/v1/post",
    summary="List what could not be delivered",
    query=ParcelsQuery,
    response=ParcelPageOut,
    errors=(Forbidden,),
)
async def listing(request: web.Request, query: ParcelsQuery) -> ParcelPageOut:
    """Letters and statements of the asker's branches."""
    return ParcelPageOut.of(
        await services(request).post.parcels(
            actor(request), state=query.state, search=query.search, page=query.page, size=query.size
        )
    )


@api(
    "POST",
    "/api/v1/post/{id}/again",
    summary="Send it again",
    status=204,
    errors=(errors.ParcelUnknown, errors.ParcelSent),
)
async def again(request: web.Request) -> None:
    """At once, and with all tries before it."""
    await services(request).post.send_again(actor(request), path_id(request))


@api(
    "POST",
    "/api/v1/post/{id}/give-up",
    summary="Give it up",
    request=GiveUpIn,
    status=204,
    errors=(errors.ParcelUnknown, errors.ParcelSent, errors.ParcelGivenUp),
)
async def give_up(request: web.Request, body: GiveUpIn) -> None:
    """It is tried no more."""
    await services(request).post.give_up(actor(request), path_id(request), body.reason)
