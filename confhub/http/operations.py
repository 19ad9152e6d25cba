"""Every operation that speaks JSON: the API's, and those of the rooms' door; with the document of them."""

from __future__ import annotations

from aiohttp import web

from confhub.http import api, openapi
from confhub.http.api_decorator import Api
from confhub.http.rooms import door

APIS: list[Api] = [*api.APIS, door.api]
"""What is served and stands in the OpenAPI document."""

ROUTES: list[web.RouteTableDef] = [*(one.routes for one in APIS), *api.EXTRA, openapi.routes_for(APIS)]
"""Everything served but pages."""
