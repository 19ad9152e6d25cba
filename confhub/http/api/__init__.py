"""The JSON door. Each module has `api` (an `Api`); append its module to APIS, or bare routes to ROUTES."""

from __future__ import annotations

from aiohttp import web

from confhub.http.api import openapi
from confhub.http.api_decorator import Api

APIS: list[Api] = []
"""What stands in the OpenAPI document."""

ROUTES: list[web.RouteTableDef] = [*(api.routes for api in APIS), openapi.routes]
"""Everything served."""
