"""The room operator's tablet page."""

from __future__ import annotations

from aiohttp import web

routes = web.RouteTableDef()
