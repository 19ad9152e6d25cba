"""Outgoing post: what could not be delivered, to be sent again or given up."""

from __future__ import annotations

from aiohttp import web

from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_filters
from confhub.http.paging import Paged
from confhub.http.redirect import see_other
from confhub.http.render import render
from confhub.http.wishes.post import ParcelFilters
from confhub.kernel.limits import PAGE_SIZE
from confhub.kernel.paging import page_count
from confhub.post.values import State

routes = web.RouteTableDef()


class PostQuery(ParcelFilters, Paged, FormModel):
    """Filters of the list."""


@routes.get("/post")
async def listing(request: web.Request) -> web.StreamResponse:
    """What could not be delivered, or, by its state, all there is."""
    wanted = parse_filters(request, PostQuery)
    found = await services(request).post.parcels(
        actor(request), state=wanted.state, search=wanted.search, page=wanted.page, size=PAGE_SIZE
    )
    return await render(
        request,
        "post.html",
        parcels=found.parcels,
        total=found.total,
        page=wanted.page,
        pages=page_count(found.total, PAGE_SIZE),
        wanted=wanted,
        states=list(State),
    )


@routes.post(r"/post/{id:\d+}/again")
async def again(request: web.Request) -> web.StreamResponse:
    """Send it at once."""
    await services(request).post.send_again(actor(request), path_id(request))
    return see_other("/post", "saved")


@routes.post(r"/post/{id:\d+}/give-up")
async def give_up(request: web.Request) -> web.StreamResponse:
    """Try it no more."""
    await services(request).post.give_up(actor(request), path_id(request))
    return see_other("/post", "saved")
