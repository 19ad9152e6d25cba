"""The JSON door. Each module has `api` (an `Api`): append it to APIS; bare routes go into EXTRA."""

from __future__ import annotations

from aiohttp import web

from confhub.http.api import (
    accounts,
    agenda,
    attendance,
    audit,
    calendar,
    certificates,
    checkin,
    checkin_phone,
    checkin_screen,
    checkin_tablet,
    clock,
    courses,
    endpoints,
    engine_webhook,
    fleet,
    floor,
    live,
    people,
    post,
    privacy,
    quality,
    registration,
    reports,
    room_settings,
    rosters,
    series,
    sessions,
    templates,
    units,
    webhooks,
    weekly,
)
from confhub.http.api_decorator import Api

APIS: list[Api] = [
    clock.api,
    accounts.api,
    audit.api,
    units.api,
    endpoints.api,
    fleet.api,
    sessions.api,
    series.api,
    calendar.api,
    agenda.api,
    weekly.api,
    templates.api,
    webhooks.api,
    room_settings.api,
    floor.api,
    live.api,
    quality.api,
    people.api,
    privacy.api,
    rosters.api,
    registration.api,
    checkin.api,
    checkin_tablet.api,
    checkin_phone.api,
    checkin_screen.api,
    attendance.api,
    courses.api,
    certificates.api,
    reports.api,
    post.api,
]
"""What is served and stands in the OpenAPI document."""

EXTRA: list[web.RouteTableDef] = [engine_webhook.routes, floor.routes, live.routes]
"""What is served and has no place in the document (streams, webhooks)."""
