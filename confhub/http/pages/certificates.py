"""Certificates: issue, print, revoke; and the public verification page."""

from __future__ import annotations

from aiohttp import web

routes = web.RouteTableDef()
