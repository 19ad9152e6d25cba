"""The JSON door: its document, its shapes, its errors."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

from openapi_spec_validator import validate

from confhub.access.rules import SYSTEM
from confhub.http.context import Services
from confhub.http.event_stream import STREAMS
from confhub.http.operations import APIS
from confhub.registry.values import EndpointPrincipal
from confhub.sessions.values import SessionInput
from tests.plugins.website import PASSWORD, Province, Reader


async def test_the_openapi_document_is_valid_and_names_every_operation(admin: Reader) -> None:
    status, document = await admin.call("GET", "/api/v1/openapi.json")
    assert status == 200
    assert document["openapi"].startswith("3.1")
    validate(document)
    described = sum(len(operations) for operations in document["paths"].values())
    assert described == sum(len(api.operations) for api in APIS) > 20


async def test_every_api_route_is_in_the_document_or_left_out_on_purpose(admin: Reader) -> None:
    _, document = await admin.call("GET", "/api/v1/openapi.json")
    app = admin.client.app
    assert app is not None
    served = {
        (route.method, resource.canonical)
        for resource in app.router.resources()
        for route in resource
        if resource.canonical.startswith("/api/v1/") and route.method != "HEAD"
    }
    described = {
        (method.upper(), path) for path, operations in document["paths"].items() for method in operations
    }
    undescribed = {path for _, path in served - described}
    assert all(path.endswith(("/ws", "/events", "openapi.json", "/webhook")) for path in undescribed), (
        undescribed
    )


async def test_units_go_in_and_come_out_alike(admin: Reader, province: Province) -> None:
    body = {
        "code": "H44.03",
        "name": "Huyện Thanh Thuỷ",
        "tier_id": province.tiers[1].id,
        "parent_id": province.top.id,
        "valid_to": "2025-06-30",
    }
    status, made = await admin.call("POST", "/api/v1/units", body)
    assert status == 201
    assert {key: made[key] for key in body} == body
    status, read = await admin.call("GET", f"/api/v1/units/{made['id']}")
    assert (status, read) == (200, made)
    _, listed = await admin.call("GET", "/api/v1/units?on=2025-07-01")
    assert made["id"] not in [unit["id"] for unit in listed["units"]]


async def test_an_unknown_id_is_404_with_a_code(admin: Reader, province: Province) -> None:
    status, error = await admin.call("GET", "/api/v1/endpoints/999999")
    assert status == 404
    assert error["error"]["code"]
    assert set(error["error"]) >= {"code", "message", "field", "remedy"}


async def test_several_wrong_fields_are_named_one_by_one(admin: Reader, province: Province) -> None:
    status, answer = await admin.call("POST", "/api/v1/endpoints", {"code": "", "name": "x" * 999})
    assert status == 422
    assert {error["field"] for error in answer["errors"]} == {"code", "name", "unit_id"}


async def test_nobody_gets_in_without_a_login(reader: Reader, province: Province) -> None:
    for path in ("/api/v1/units", "/api/v1/endpoints", "/api/v1/accounts", "/api/v1/fleet", "/api/v1/me"):
        status, answer = await reader.call("GET", path)
        assert (status, answer["error"]["code"]) == (401, "unauthenticated")


async def test_an_operator_sees_his_branch_and_nothing_else(admin: Reader, province: Province) -> None:
    grants = [{"role": "operator", "unit_id": province.left.id}]
    body = {"username": "op", "display_name": "Vận hành", "password": PASSWORD, "grants": grants}
    assert (await admin.call("POST", "/api/v1/accounts", body))[0] == 201
    await admin.post("/logout")
    await admin.log_in("op")
    await admin.get("/first-password")
    own = {"old": PASSWORD, "new": PASSWORD + " khác"}
    assert (await admin.call("PUT", "/api/v1/me/password", own))[0] == 204
    await admin.get("/profile")
    _, listed = await admin.call("GET", "/api/v1/endpoints")
    assert [row["id"] for row in listed["endpoints"]] == [province.left_room.id]
    assert (await admin.call("GET", f"/api/v1/endpoints/{province.right_room.id}"))[0] == 404
    inside = await admin.call("POST", f"/api/v1/endpoints/{province.left_room.id}/pairing-code")
    outside = await admin.call("POST", f"/api/v1/endpoints/{province.right_room.id}/pairing-code")
    assert (inside[0], outside[0]) == (201, 404)
    change = {"code": "X", "name": "X", "unit_id": province.left.id}
    assert (await admin.call("PUT", f"/api/v1/endpoints/{province.left_room.id}", change))[0] == 403


async def _pair(services: Services, admin: Reader, endpoint_id: int) -> EndpointPrincipal:
    _, slip = await admin.call("POST", f"/api/v1/endpoints/{endpoint_id}/pairing-code")
    principal, _credential = await services.pairing.redeem(slip["code"], "127.0.0.1", "0.1.0", "NUC")
    return principal


async def test_the_fleet_page_is_told_of_a_room_that_comes_online(
    admin: Reader, services: Services, province: Province
) -> None:
    principal = await _pair(services, admin, province.left_room.id)
    response = await admin.client.get("/api/v1/fleet/events")
    assert response.content_type == "text/event-stream"
    events: list[tuple[str, dict[str, object]]] = []

    async def read_until(wanted: str) -> dict[str, object]:
        name = ""
        async for line in response.content:
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                name = text.removeprefix("event: ")
            elif text.startswith("data: "):
                events.append((name, json.loads(text.removeprefix("data: "))))
                if name == wanted:
                    return events[-1][1]
        raise AssertionError(events)

    async with asyncio.timeout(10):
        first = await read_until("counts")
        assert first["online"] == 0
        services.fleet.connected(principal, "0.1.0", "kiosk", "idle")
        await services.fleet.flush()
        rows = await read_until("rows")
        assert f'id="room-{province.left_room.id}"' in str(rows["html"])
        counts = await read_until("counts")
    assert counts["online"] == 1
    assert counts["online_by_tier"] == {str(province.tiers[1].id): 1}
    app = admin.client.app
    assert app is not None
    assert len(app[STREAMS]) == 1
    response.close()


async def test_a_list_goes_on_by_its_cursor_and_by_no_other_text(
    admin: Reader, services: Services, province: Province
) -> None:
    start = services.clock.now() + timedelta(days=1)
    for n in range(3):
        form = SessionInput(f"Họp {n}", "meeting", province.left.id, start, 60, province.left_room.id)
        await services.sessions.create(SYSTEM, form)
    _, first = await admin.call("GET", "/api/v1/sessions?size=2")
    status, second = await admin.call("GET", f"/api/v1/sessions?size=2&cursor={first['next_cursor']}")
    assert (status, [one["title"] for one in second["sessions"]], second["next_cursor"]) == (
        200, ["Họp 0"], None,
    )  # fmt: skip
    for wrong in ("x", "%00", "9" * 201):
        status, told = await admin.call("GET", f"/api/v1/sessions?cursor={wrong}")
        assert (status, '"cursor"' in json.dumps(told)) == (422, True), wrong
