"""Forged requests, headers and cookies at the door."""

from __future__ import annotations

import pytest

from confhub.http.context import Services
from tests.plugins.website import PASSWORD, Province, Reader

NEW_UNIT = {"code": "H45", "name": "Tỉnh Khác", "tier_id": "1"}


async def test_a_form_without_the_page_s_token_is_refused(admin: Reader, province: Province) -> None:
    answer = await admin.post("/units/new", {**NEW_UNIT, "csrf_token": "wrong"})
    assert answer.status == 403
    assert "did not come from an open page" in answer.text
    assert "Tỉnh Khác" not in (await admin.get("/units")).text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_from_another_origin_is_refused_even_with_the_token(
    admin: Reader, province: Province, headers: dict[str, str]
) -> None:
    assert (await admin.post("/units/new", dict(NEW_UNIT), **headers)).status == 403


async def test_the_same_form_from_our_own_page_is_taken(admin: Reader, province: Province) -> None:
    origin = str(admin.client.make_url("")).rstrip("/")
    answer = await admin.post(
        "/units/new", dict(NEW_UNIT), **{"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status == 303
    assert "Tỉnh Khác" in (await admin.get("/units")).text


async def test_the_api_with_the_login_cookie_wants_the_token_too(admin: Reader, province: Province) -> None:
    body = {"code": "H45", "name": "Tỉnh Khác", "tier_id": province.tiers[0].id}
    status, answer = await admin.call("POST", "/api/v1/units", body, **{"X-CSRF-Token": "wrong"})
    assert (status, answer["error"]["code"]) == (403, "csrf_failed")
    status, answer = await admin.call("POST", "/api/v1/units", body)
    assert (status, answer["name"]) == (201, "Tỉnh Khác")


async def test_the_log_in_form_wants_its_token_as_well(reader: Reader, services: Services) -> None:
    answer = await reader.post("/login", {"username": "a", "password": PASSWORD})
    assert answer.status == 403


async def test_every_answer_carries_the_security_headers(admin: Reader) -> None:
    for path in ("/", "/nope", "/api/v1/nope", "/static/css/app.css"):
        headers = (await admin.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "camera=(self)" in headers["Permissions-Policy"]


async def test_pages_are_not_kept_and_static_files_are(admin: Reader) -> None:
    assert (await admin.get("/")).headers["Cache-Control"] == "no-store"
    assert "immutable" in (await admin.get("/static/css/app.css?v=1")).headers["Cache-Control"]
    assert (await admin.get("/static/js/base.js")).headers["Cache-Control"] == "no-cache"


async def test_the_login_cookie_is_closed_to_scripts_and_other_sites(admin: Reader) -> None:
    await admin.post("/logout")
    await admin.get("/login")
    answer = await admin.post("/login", {"username": "admin", "password": PASSWORD})
    cookie = next(value for value in answer.headers.getall("Set-Cookie") if value.startswith("confhub_login"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie  # this test speaks plain HTTP


async def test_after_logging_out_the_old_cookie_opens_nothing(admin: Reader) -> None:
    cookies = {
        cookie.key: cookie.value
        for cookie in admin.client.session.cookie_jar
        if cookie.key == "confhub_login"
    }
    assert cookies
    await admin.post("/logout")
    admin.client.session.cookie_jar.update_cookies(cookies)
    assert (await admin.get("/")).location == "/login"


async def test_forwarded_headers_from_anybody_are_not_believed(admin: Reader) -> None:
    answer = await admin.get("/", **{"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"})
    assert "Strict-Transport-Security" not in answer.headers
