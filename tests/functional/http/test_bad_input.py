"""Whatever arrives, the answer is a sentence: never a traceback, never a 500."""

from __future__ import annotations

import io

import pytest
from aiohttp import FormData

from confhub.http import bodies
from confhub.http.pages import (
    accounts,
    audit,
    badges,
    endpoints,
    fleet,
    home,
    imports,
    login,
    pairing,
    people,
    people_merge,
    privacy,
    profile,
    setup,
    units,
)
from tests.plugins.website import Province, Reader

HUGE = "9" * 400
FIELDS = (
    "code", "name", "tier_id", "parent_id", "valid_from", "valid_to", "last_day", "unit_id", "kind",
    "bandwidth_profile", "operator_name", "operator_phone", "username", "display_name", "password",
    "language", "role", "branch", "token", "old", "new", "again", "everyone", "complete", "next", "back",
    "position", "birth_date", "phone", "email", "typed_name", "reason", "first", "second", "other", "person",
    "endpoint_id", "contact_months", "person_months", "looks_months", "is_on",
)  # fmt: skip
VALUES = {
    "empty": "",
    "NUL": "a\x00b",
    "control": "a\x1b[2Jb",
    "huge number": str(10**30),
    "very huge number": HUGE,
    "negative": "-1",
    "markup": "<script>alert(1)</script>",
    "long": "Ặ" * 2000,
    "template": "{{ 7*7 }} %(name)s {0} %s",
    "odd": "\u202e\ufeff\U0001f600",
    "year 0": "0000-00-00",
    "far year": "9999-12-31",
}
MODULES = (
    accounts, audit, badges, endpoints, fleet, home, imports, login, pairing, people, people_merge, privacy,
    profile, setup, units,
)  # fmt: skip
OWN_PASSWORD = r"/accounts/{id:\d+}/password"
"""Set for oneself, it ends one's own login: tried last."""
POSTS = sorted(
    {route.path for module in MODULES for route in module.routes if route.method == "POST"} - {"/logout"},
    key=lambda path: (path == OWN_PASSWORD, path),
)
GETS = sorted({route.path for module in MODULES for route in module.routes if route.method == "GET"})


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
async def test_no_form_breaks_on_any_value(admin: Reader, province: Province, value: str) -> None:
    for path in POSTS:
        target = path.replace(r"{id:\d+}", "1")
        answer = await admin.post(target, dict.fromkeys(FIELDS, value))
        assert answer.status < 500, (target, answer.text[-300:])
        assert "Traceback" not in answer.text
        assert "<script>alert(1)" not in answer.text
        assert path == OWN_PASSWORD or (await admin.get("/profile")).status == 200, "still logged in"


@pytest.mark.parametrize("value", ["10**30", "0", "-1", str(10**30), HUGE, "x", "%00", "%ff%fe", "1" * 19])
async def test_no_address_breaks_on_any_id_or_query(admin: Reader, province: Province, value: str) -> None:
    for path in GETS:
        target = path.replace(r"{id:\d+}", value)
        query = "&".join(
            f"{name}={value}"
            for name in ("page", "unit_id", "kind", "search", "on", "state", "before", "parent", "size")
        )
        for sent in {target, f"{path}?{query}" if "{" not in path else target}:
            answer = await admin.get(sent)
            assert answer.status < 500, (sent, answer.text[-300:])


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"name=\xff\xfe&code=%ff%fe"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(6000))),
        ("application/x-www-form-urlencoded; charset=no-such", b"name=a"),
        ("multipart/form-data", b"nothing"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nabc"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Encoding: gzip\r\n\r\nabc\r\n--x--',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n'
            b"Content-Transfer-Encoding: y\r\n\r\nabc\r\n--x--",
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 3000 + b"\r\nabc\r\n--x--"),
        ("multipart/form-data; boundary=" + "y" * 300, b"--x"),
        ("multipart/mixed; boundary=x", b"--x--"),
        ("text/plain", b"name=a"),
        ("application/json", b"{"),
    ],
)
async def test_broken_bodies_are_refused_in_words(
    admin: Reader, province: Province, content_type: str, body: bytes
) -> None:
    for path in ("/units/new", "/import"):
        response = await admin.client.post(
            path, data=body, headers={"Content-Type": content_type, "X-CSRF-Token": admin.token}
        )
        text = await response.text()
        assert 400 <= response.status < 500, text[-300:]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b'{"name": NaN}',
        b"[" * 100_000,
        b'{"name": "\\ud800", "code": "a", "tier_id": 1}',
        b'{"name": "a\\u0000", "code": "a", "tier_id": 1}',
        b'{"name": "a", "code": "a", "tier_id": 1' + b"0" * 30 + b"}",
        b'{"name": "a", "code": "a", "tier_id": 1' + b"0" * 5000 + b"}",
        b'{"name": "a", "code": "a", "tier_id": "1"}',
        b'{"name": "a", "code": "a", "tier_id": true}',
        b'{"name": ["a"], "code": {}, "tier_id": 1.5}',
        b'{"name": "a", "code": "a", "tier_id": 1, "more": 1}',
        b'{"name": "a", "code": "a", "tier_id": 1, "valid_from": "tomorrow"}',
        b'{"name": "a", "code": "a", "tier_id": 999999}',
    ],
)
async def test_broken_json_is_refused_with_a_code_and_a_sentence(
    admin: Reader, province: Province, body: bytes
) -> None:
    response = await admin.client.post(
        "/api/v1/units",
        data=body,
        headers={"Content-Type": "application/json", "X-CSRF-Token": admin.token},
    )
    answer = await response.json()
    assert 400 <= response.status < 500
    assert answer["error"]["code"]
    assert answer["error"]["message"]


async def test_a_body_that_is_too_large_is_413(admin: Reader) -> None:
    form = FormData({"csrf_token": admin.token})
    form.add_field("file", io.BytesIO(b"x" * (13 * 2**20)), filename="big.csv")
    answer = await admin.post("/import", form, **{"X-CSRF-Token": admin.token})
    assert answer.status == 413
    assert "too large" in answer.text.lower()
    response = await admin.client.post(
        "/api/v1/units",
        data=io.BytesIO(b" " * (bodies.JSON.max_bytes + 1)),
        headers={"X-CSRF-Token": admin.token},
    )
    assert (response.status, (await response.json())["error"]["code"]) == (413, "too_large")


async def test_errors_are_told_in_the_reader_s_language(admin: Reader, province: Province) -> None:
    answer = await admin.post("/units/new", {"name": "", "code": "", "tier_id": "x"})
    assert answer.status == 422
    assert "The text is too short" in answer.text
    admin.client.session.cookie_jar.update_cookies({"confhub_language": "vi"})
    answer = await admin.post("/units/new", {"name": "", "code": "", "tier_id": "x"})
    assert "Cần nhập số nguyên." in answer.text
