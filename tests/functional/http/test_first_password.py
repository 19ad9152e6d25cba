"""A password that somebody else chose opens nothing but its own change; one's own needs the old one."""

from __future__ import annotations

import re

from aiohttp.test_utils import TestServer

from confhub.http.context import Services
from tests.plugins.website import PASSWORD, Reader

OWN = "hoang hon mau tim 7 con meo"
OPEN = {
    "/first-password",
    "/logout",
    "/language",
    "/login",
    "/login/code",
    "/api/v1/me",
    "/api/v1/me/password",
}


async def _given(admin: Reader) -> int:
    status, made = await admin.call(
        "POST",
        "/api/v1/accounts",
        {
            "username": "moi",
            "display_name": "Người mới",
            "password": PASSWORD,
            "language": "en",
            "grants": [{"role": "administrator", "unit_id": None}],
        },
    )
    assert status == 201, made
    return int(made["id"])


async def test_before_it_is_changed_every_door_is_closed(admin: Reader, server: TestServer) -> None:
    await _given(admin)
    await admin.post("/logout")
    await admin.log_in("moi")
    page = await admin.get("/")
    assert (page.status, page.location) == (303, "/first-password")
    shut = 0
    for route in server.app.router.routes():
        resource = route.resource
        assert resource is not None
        path = resource.canonical
        # A room's and a phone's doors and the clock look at no login; a file of the pages is everybody's.
        if path in OPEN or path.startswith(
            ("/static", "/api/v1/endpoint/", "/api/v1/phone/", "/api/v1/time")
        ):
            continue
        real = re.sub(r"\{[^}]*\}", "1", path)
        answer = await admin.client.request(
            route.method,
            real,
            allow_redirects=False,
            headers={**admin.headers, "X-CSRF-Token": admin.token},
        )
        if real.startswith("/api/"):
            assert answer.status == 403, (route.method, path)
        else:
            assert (answer.status, answer.headers.get("Location")) == (303, "/first-password"), path
        shut += 1
    assert shut > 200


async def test_after_the_change_everything_is_open(admin: Reader) -> None:
    await _given(admin)
    await admin.post("/logout")
    await admin.get("/login")
    answer = await admin.post("/login", {"username": "moi", "password": PASSWORD})
    assert answer.status == 303
    page = await admin.get("/first-password")
    assert "somebody else" in page.text
    same = await admin.post("/first-password", {"old": PASSWORD, "new": PASSWORD, "again": PASSWORD})
    assert "the password that you were given" in same.text
    weak = await admin.post(
        "/first-password", {"old": PASSWORD, "new": "nguoimoi20262026", "again": "nguoimoi20262026"}
    )
    assert (weak.status, "easy to guess" in weak.text) == (422, True)
    done = await admin.post("/first-password", {"old": PASSWORD, "new": OWN, "again": OWN})
    assert (done.status, done.location) == (303, "/")
    assert (await admin.get("/")).status == 200
    assert (await admin.get("/first-password")).location == "/profile"


async def test_ones_own_password_needs_the_old_one_at_every_door(admin: Reader, services: Services) -> None:
    _, me = await admin.call("GET", "/api/v1/me")
    status, told = await admin.call("PUT", f"/api/v1/accounts/{me['id']}/password", {"password": OWN})
    assert (status, told["error"]["code"]) == (403, "own_password")
    page = await admin.post(f"/accounts/{me['id']}/password", {"password": OWN})
    assert page.status == 403
    status, told = await admin.call("PUT", "/api/v1/me/password", {"old": "not it at all", "new": OWN})
    assert (status, told["error"]["code"]) == (403, "password_wrong")
    assert (await admin.call("PUT", "/api/v1/me/password", {"old": PASSWORD, "new": OWN}))[0] == 204
    assert (await admin.call("GET", "/api/v1/me"))[0] == 200  # this browser stays logged in
    await services.accounts.log_in("admin", OWN, "127.0.0.1")


async def test_the_audit_trail_tells_the_address_of_failed_logins_and_forged_forms(
    admin: Reader, services: Services
) -> None:
    await admin.post("/logout")
    await admin.get("/login")
    assert (await admin.post("/login", {"username": "admin", "password": "wrong"})).status == 401
    assert (await admin.post("/login", {"csrf_token": "x", "username": "a", "password": "b"})).status == 403
    await admin.log_in("admin")
    await services.refusals.write()
    status, told = await admin.call("GET", "/api/v1/audit")
    assert status == 200
    rows = {one["action"]: one for one in told["entries"]}
    for action in ("accounts:login:fail", "http:request:forge", "accounts:login:open"):
        assert rows[action]["address"] == "127.0.0.1", action
    assert rows["http:request:forge"]["subject_id"] == "/login"
    page = await admin.get("/audit")
    assert "127.0.0.1" in page.text


async def test_a_login_that_has_to_wait_says_when_to_come_back(admin: Reader) -> None:
    await admin.post("/logout")
    await admin.get("/login")
    for _ in range(5):
        await admin.post("/login", {"username": "nobody", "password": "wrong"})
    answer = await admin.post("/login", {"username": "nobody", "password": "wrong"})
    assert (answer.status, answer.headers["Retry-After"]) == (429, "5")
    assert "Wait 5 s " in answer.text


async def test_a_link_from_the_terminal_logs_in_once_and_opening_it_uses_nothing_up(
    admin: Reader, services: Services
) -> None:
    from confhub.access.rules import SYSTEM

    [account] = await services.accounts.accounts(SYSTEM)
    code = await services.accounts.issue_code(SYSTEM, account.id)
    await admin.post("/logout")
    for _ in range(2):
        page = await admin.get(f"/login/code?code={code}")
        assert (page.status, code in page.text) == (200, True)
    done = await admin.post("/login/code", {"code": code})
    assert (done.status, done.location) == (303, "/")
    await admin.get("/profile")
    await admin.post("/logout")
    await admin.get("/login")
    again = await admin.post("/login/code", {"code": code})
    assert (again.status, "already been used" in again.text) == (401, True)
