"""Rosters: of a room, a session, a course."""

from __future__ import annotations

from aiohttp import web

routes = web.RouteTableDef()
