"""What lies in another branch answers as what is nowhere: by no route can one's neighbours be counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.agenda.values import DocumentDraft
from confhub.http.context import Services
from confhub.kernel.ids import UnitId
from confhub.kernel.permissions import Role
from confhub.people.values import PersonDraft
from confhub.registry.values import Endpoint
from confhub.sessions.values import SessionInput
from confhub.training.values import CourseInput
from tests import pdfs
from tests.functional.merged import standing_merge
from tests.plugins.website import PASSWORD, Province, Reader

NOWHERE = 987_654_321

ROLES = (Role.TRAINING_OFFICER, Role.ORGANIZER, Role.OPERATOR)


async def officer(server: TestServer, services: Services, unit_id: UnitId) -> Reader:
    """Somebody who may do everything but administer, in one branch."""
    grants = [GrantWish(role, unit_id) for role in (*ROLES, Role.ADMINISTRATOR)]
    await services.accounts.create_account(SYSTEM, "neighbour", PASSWORD, "Láng giềng", grants, "en")
    reader = Reader(TestClient(server, cookie_jar=CookieJar(unsafe=True)), headers={"Accept-Language": "en"})
    await reader.log_in("neighbour")
    return reader


def filled(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    """Something of this shape."""
    if "$ref" in schema:
        return filled(components[schema["$ref"].rsplit("/", 1)[-1]], components)
    if "default" in schema:
        return schema["default"]
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "anyOf" in schema:
        return filled(schema["anyOf"][0], components)
    kind = schema.get("type")
    if kind == "object":
        names = schema.get("required", [])
        return {name: filled(schema["properties"][name], components) for name in names}
    if kind == "array":
        return [filled(schema["items"], components)] * schema.get("minItems", 0)
    if kind in ("integer", "number"):
        return min(max(7_777, schema.get("minimum", 1)), schema.get("maximum", 7_777))
    if schema.get("format") == "date-time":
        return "2026-11-22T01:00:00Z"
    if schema.get("format") == "date":
        return "2026-11-22"
    return {"boolean": False}.get(str(kind), "x" * max(1, schema.get("minLength", 1)))


async def neighbours_things(services: Services, room: Endpoint, unit_id: UnitId) -> dict[str, int]:
    """Path → the number of a thing that lies in the unit."""
    first = await services.people.add(SYSTEM, PersonDraft("Lê Thị Kín", unit_id))
    second = await services.people.add(SYSTEM, PersonDraft("Lê Thị Kín", unit_id), despite_namesake=True)
    await services.merges.merge(SYSTEM, first.id, second.id)
    merge = await standing_merge(services.merges, SYSTEM, first.id, second.id)
    start = services.clock.now() + timedelta(days=1)
    session = await services.sessions.create(
        SYSTEM, SessionInput("Họp kín", "meeting", unit_id, start, 60, room.id)
    )
    course = await services.courses.create(SYSTEM, CourseInput("Lớp kín", unit_id))
    await services.tablets.issue(SYSTEM, room.id)
    (tablet,) = await services.tablets.list(SYSTEM, room.id)
    paper = DocumentDraft("Tờ trình kín")
    document = await services.documents.add(SYSTEM, session.session.id, paper, pdfs.plain())
    template = await services.templates.keep(SYSTEM, session.session.id, "Mẫu kín")
    return {
        "/templates/{id}": template,
        "/documents/{id}": document,
        "/people/merges/{id}": merge.id,
        "/people/{id}": first.id,
        "/sessions/{id}": session.session.id,
        "/courses/{id}": course,
        "/tablets/{id}": tablet.id,
        "/endpoints/{id}": room.id,
        "/units/{id}": unit_id,
    }


def told(answer: tuple[int, Any]) -> tuple[int, str]:
    status, body = answer
    return status, body["error"]["code"] if isinstance(body, dict) and "error" in body else ""


@pytest.fixture
async def things(admin: Reader, services: Services, province: Province) -> dict[str, int]:
    assert admin.token, "the house is set up"
    return await neighbours_things(services, province.right_room, province.right.id)


async def test_no_route_tells_a_neighbours_thing_from_nothing(
    server: TestServer, services: Services, province: Province, things: dict[str, int]
) -> None:
    reader = await officer(server, services, province.left.id)
    _, openapi = await reader.call("GET", "/api/v1/openapi.json")
    components = openapi["components"]["schemas"]
    tried, telling = 0, []
    for path, methods in openapi["paths"].items():
        prefix = next((one for one in things if path.startswith(f"/api/v1{one}")), None)
        if prefix is None:
            continue
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            body = content.get("example") or (filled(content["schema"], components) if content else None)
            asked = {"there": things[prefix], "nowhere": NOWHERE}
            answers = {}
            for what, number in asked.items():
                where = path.replace("{id}", str(number))
                where = where.replace("{", "").replace("}", "") if "{" in where else where
                query = {
                    one["name"]: filled(one["schema"], components)
                    for one in operation.get("parameters", ())
                    if one["in"] == "query" and one.get("required")
                }
                asking = "&".join(f"{name}={value}" for name, value in query.items())
                answers[what] = told(await reader.call(method.upper(), f"{where}?{asking}", body))
            tried += 1
            if answers["there"] != answers["nowhere"] or answers["there"][0] < 400:
                telling.append((method, path, answers))
    await reader.client.close()
    assert tried > 60
    assert telling == [], "\n".join(map(str, telling))


async def test_a_revoked_tablet_elsewhere_is_as_unknown_as_a_standing_one(
    server: TestServer, services: Services, province: Province, things: dict[str, int]
) -> None:
    reader = await officer(server, services, province.left.id)
    here = f"/api/v1/tablets/{things['/tablets/{id}']}"
    standing = told(await reader.call("DELETE", here))
    await services.tablets.revoke(SYSTEM, things["/tablets/{id}"])
    revoked = told(await reader.call("DELETE", here))
    unknown = told(await reader.call("DELETE", f"/api/v1/tablets/{NOWHERE}"))
    await reader.client.close()
    assert standing == revoked == unknown == (404, "tablet_not_found")


async def test_a_tablet_that_leaves_ends_its_token_everywhere(
    server: TestServer, services: Services, province: Province
) -> None:
    slip = await services.tablets.issue(SYSTEM, province.left_room.id)
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
        tablet = Reader(client, headers={"Accept-Language": "en"})
        await tablet.get("/tablet")
        assert (await tablet.post("/tablet", {"code": slip.code, "name": "máy 1"})).status == 303
        await tablet.get("/tablet")
        copied = next(c.value for c in client.session.cookie_jar if "tablet" in c.key)
        bearer = {"Authorization": f"Bearer {copied}"}
        assert (await tablet.call("GET", "/api/v1/tablet/sessions", **bearer))[0] == 200
        assert (await tablet.post("/tablet/leave")).status == 303
        assert told(await tablet.call("GET", "/api/v1/tablet/sessions", **bearer))[0] == 403


async def test_a_new_code_ends_the_one_before(services: Services, province: Province) -> None:
    from confhub.checkin.errors import TabletCodeUnknown

    room = province.left_room.id
    old = await services.tablets.issue(SYSTEM, room)
    new = await services.tablets.issue(SYSTEM, room)
    with pytest.raises(TabletCodeUnknown):
        await services.tablets.enter(old.code, "máy cũ", "127.0.0.1")
    token, _ = await services.tablets.enter(new.code, "máy mới", "127.0.0.1")
    (sheet, *_) = await services.tablets.issue_sheet(SYSTEM, province.left.id)
    assert await services.tablets.principal_of(token) is not None, "tablets at work stay"
    again = await services.tablets.issue_sheet(SYSTEM, province.left.id)
    with pytest.raises(TabletCodeUnknown):
        await services.tablets.enter(sheet.code, "tờ cũ", "127.0.0.1")
    await services.tablets.enter(again[0].code, "tờ mới", "127.0.0.1")
