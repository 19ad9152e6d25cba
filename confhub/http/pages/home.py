"""The first page: today's sessions, rooms online, what needs attention."""

from __future__ import annotations

from aiohttp import web

from confhub.http.context import actor
from confhub.http.render import render

routes = web.RouteTableDef()


@routes.get("/")
async def home(request: web.Request) -> web.StreamResponse:
    """The dashboard."""
    actor(request)
    return await render(request, "home.html")
