"""Personal data: who looked, export, erasure, retention."""

from __future__ import annotations

from aiohttp import web

routes = web.RouteTableDef()
