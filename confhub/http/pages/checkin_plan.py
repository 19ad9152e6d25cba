"""A session's check-in: policy, breaks, prompts, tablets."""

from __future__ import annotations

from aiohttp import web

routes = web.RouteTableDef()
