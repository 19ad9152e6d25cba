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
    kiosk,
    live,
    login,
    pairing,
    profile,
    report,
    session_room,
    sessions,
    sessions_form,
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
    sessions_form.routes,
    sessions.routes,
    session_room.routes,
    live.routes,
    report.routes,
    kiosk.routes,
]
