"""The hub's web application: middlewares, both doors' routes, static files."""

from __future__ import annotations

from aiohttp import web

from confhub.http import (
    bodies,
    event_stream,
    metrics,
    operations,
    pages,
    render,
    shedding,
    stream_guard,
    turns,
)
from confhub.http.context import SERVICES, Services
from confhub.http.errors import error_middleware
from confhub.http.language import language_middleware
from confhub.http.language_choice import routes as language_routes
from confhub.http.login import login_middleware
from confhub.http.peer import peer_middleware
from confhub.http.rooms import gateway
from confhub.http.security import add_security_headers, csrf_middleware
from confhub.http.shedding import shedding_middleware
from confhub.http.uploads import upload_middleware
from confhub.kernel.http_server import answered


def build_app(services: Services) -> web.Application:
    """The application over ready services. Starts no task and opens no port."""
    app = web.Application(
        client_max_size=bodies.UPLOAD.max_bytes,
        middlewares=[
            peer_middleware,
            error_middleware,
            shedding_middleware,
            bodies.bodies_middleware,
            login_middleware,
            language_middleware,
            upload_middleware,
            csrf_middleware,
        ],
    )
    app[SERVICES] = services
    render.install(app)
    bodies.install(app)
    turns.install(app)
    shedding.install(app)
    event_stream.install(app)
    stream_guard.install(app)
    gateway.install(app)
    app.on_response_prepare.append(add_security_headers)
    app.on_response_prepare.append(answered)
    for table in (*pages.ROUTES, *operations.ROUTES, language_routes, metrics.routes):
        app.add_routes(_patient(route) for route in table)
    app.router.add_static("/static/", render.web_dir() / "static", append_version=False)
    return app


def _patient(route: web.AbstractRouteDef) -> web.RouteDef:
    """The route, whose body is asked for by whoever reads it."""
    assert isinstance(route, web.RouteDef), "tables hold routes with handlers of their own"
    kwargs = {**route.kwargs, "expect_handler": bodies.expected}
    return web.RouteDef(route.method, route.path, route.handler, kwargs)
