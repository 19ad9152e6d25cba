"""The HTML door. Each module has `routes`; append yours to ROUTES."""

from __future__ import annotations

from aiohttp import web

from confhub.http.pages import home, login

ROUTES: list[web.RouteTableDef] = [
    home.routes,
    login.routes,
]
