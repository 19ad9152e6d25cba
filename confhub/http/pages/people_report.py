"""A session's report down to the person, corrections, closing."""

from __future__ import annotations

from aiohttp import web

routes = web.RouteTableDef()
