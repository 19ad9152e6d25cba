"""People: list, one person, add, change, merge."""

from __future__ import annotations

from aiohttp import web

routes = web.RouteTableDef()
