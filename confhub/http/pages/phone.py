"""The phone's check-in page: small, without frameworks."""

from __future__ import annotations

from aiohttp import web

routes = web.RouteTableDef()
