"""The HTML door. Each module has `routes`; append yours to ROUTES."""

from __future__ import annotations

from aiohttp import web

from confhub.http.pages import (
    accounts,
    audit,
    endpoints,
    fleet,
    home,
    imports,
    login,
    pairing,
    profile,
    setup,
    units,
)

ROUTES: list[web.RouteTableDef] = [
    home.routes,
    login.routes,
    setup.routes,
    units.routes,
    endpoints.routes,
    pairing.routes,
    imports.routes,
    accounts.routes,
    profile.routes,
    fleet.routes,
    audit.routes,
]
