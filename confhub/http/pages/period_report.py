"""A unit over a period, and sessions compared."""

from __future__ import annotations

from aiohttp import web

routes = web.RouteTableDef()
