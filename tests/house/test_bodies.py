"""Every route that changes something states what its body may be."""

from __future__ import annotations

from typing import cast

from aiohttp import web

from confhub.http import operations, pages
from confhub.http.bodies import BOUNDS, DOCUMENT, DOCUMENT_FORM, FILE, STRANGER, UPLOAD, stated
from confhub.http.language_choice import routes as language_routes
from confhub.http.uploads import right_of

SAFE = {"GET", "HEAD", "OPTIONS"}


def unsafe() -> list[web.RouteDef]:
    tables = (*pages.ROUTES, *operations.ROUTES, language_routes)
    routes = [cast(web.RouteDef, route) for table in tables for route in table]
    return [route for route in routes if route.method not in SAFE]


def test_each_unsafe_route_has_a_bound_of_the_table_with_its_reason() -> None:
    assert len(unsafe()) > 100
    assert {stated(route.handler) for route in unsafe()} <= set(BOUNDS)
    assert all(bound.reason for bound in BOUNDS)


def test_files_are_taken_on_these_routes_alone_and_after_a_login() -> None:
    files = {
        route.path for route in unsafe() if stated(route.handler) in (UPLOAD, FILE, DOCUMENT, DOCUMENT_FORM)
    }
    assert files == {
        "/import",
        "/people/import",
        r"/sessions/{id:\d+}/checkin/file",
        "/api/v1/people/import",
        r"/sessions/{id:\d+}/documents",
        r"/documents/{id:\d+}/versions",
        "/api/v1/sessions/{id}/documents",
        "/api/v1/documents/{id}/versions",
    }
    assert all(right_of(route.handler) for route in unsafe() if route.path in files)
    assert not any(bound.multipart for bound in BOUNDS if bound not in (UPLOAD, DOCUMENT_FORM))


def test_a_stranger_s_bound_is_small() -> None:
    assert (STRANGER.max_bytes, STRANGER.multipart) == (64 * 1024, False)
    assert STRANGER.max_fields < 100
