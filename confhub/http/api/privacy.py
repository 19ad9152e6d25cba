"""Retention of people's data: limits, what they would remove, applying them."""

from __future__ import annotations

import datetime as dt

from aiohttp import web

from confhub.http.api.people import PersonRecordOut, person_out
from confhub.http.api.shapes.people import RetentionOut, RetentionRunOut
from confhub.http.api_decorator import Api
from confhub.http.context import actor, services
from confhub.http.paging import Sized
from confhub.http.seen import if_match, tell_version
from confhub.http.shapes import ApiModel
from confhub.http.wishes.privacy import RetentionFields
from confhub.people import errors
from confhub.people.values import Retention, RetentionPreview

api = Api("Personal data")


class RetentionIn(RetentionFields, ApiModel):
    """Months; null keeps the data. `is_on`: applied every day."""


class GoingOut(ApiModel):
    """A person who would lose contact data, or (`whole`) be erased."""

    person: PersonRecordOut
    last_at: dt.datetime
    whole: bool


class RetentionPreviewOut(ApiModel):
    """What would be deleted now: counts, and one page of the people concerned."""

    contacts: int
    people: int
    looks: int
    going: list[GoingOut]
    total: int
    page: int
    size: int


class PageQuery(Sized, ApiModel):
    """Which page."""


@api("GET", "/api/v1/privacy/retention", summary="Retention limits", response=RetentionOut)
async def limits(request: web.Request) -> RetentionOut:
    """For those who may erase people in the whole organization."""
    found = await services(request).retention.limits(actor(request))
    tell_version(request, found)
    return RetentionOut.of(found)


@api(
    "PUT",
    "/api/v1/privacy/retention",
    summary="Set the retention limits",
    request=RetentionIn,
    response=RetentionOut,
    errors=(errors.RetentionInvalid,),
)
async def set_limits(request: web.Request, body: RetentionIn) -> RetentionOut:
    """Nothing goes before the next daily round, or `run`. If-Match with the ETag of what was read: 412 where
    it has changed."""
    wanted = Retention(body.contact_months, body.person_months, body.looks_months, body.is_on)
    made = await services(request).retention.set_limits(actor(request), wanted, seen=if_match(request))
    tell_version(request, made)
    return RetentionOut.of(made)


@api(
    "GET",
    "/api/v1/privacy/retention/preview",
    summary="What the limits would remove now",
    query=PageQuery,
    response=RetentionPreviewOut,
)
async def preview(request: web.Request, query: PageQuery) -> RetentionPreviewOut:
    """Exactly what `run` would let go."""
    found: RetentionPreview = await services(request).retention.preview(
        actor(request), page=query.page, size=query.size
    )
    return RetentionPreviewOut(
        contacts=found.contacts,
        people=found.people,
        looks=found.looks,
        going=[GoingOut(person=person_out(who), last_at=at, whole=whole) for who, at, whole in found.rows],
        total=found.total,
        page=found.page,
        size=found.size,
    )


@api("POST", "/api/v1/privacy/retention/run", summary="Apply the limits now", response=RetentionRunOut)
async def run(request: web.Request) -> RetentionRunOut:
    """It cannot be undone."""
    return RetentionRunOut.of(await services(request).retention.run(actor(request)))
