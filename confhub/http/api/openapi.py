"""The OpenAPI 3.1 document of the JSON API."""

from __future__ import annotations

from aiohttp import web

routes = web.RouteTableDef()
