"""Two people change one thing: the second is told what changed, and nothing is lost unknowingly."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from confhub.access.rules import SYSTEM
from confhub.people.values import PersonDraft
from confhub.sessions.values import Participants, SessionInput
from confhub.training.values import CourseInput


@dataclass
class Edited:
    """A form over a stored thing: where it is opened and sent, and two people's wishes for one field."""

    page: str
    action: str
    field: str
    first: str
    second: str
    api: str
    label: str


@pytest.fixture(params=["unit", "endpoint", "account", "person", "course", "session", "policy", "limits"])
async def edited(request: Any, admin: Any, services: Any, province: Any) -> Edited:
    unit = province.left
    match request.param:
        case "unit":
            here = f"/units/{unit.id}"
            return Edited(here, here, "name", "Huyện Một", "Huyện Hai", f"/api/v1/units/{unit.id}", "Name")
        case "endpoint":
            here = f"/endpoints/{province.left_room.id}"
            return Edited(f"{here}/edit", f"{here}/edit", "name", "Một", "Hai", f"/api/v1{here}", "Name")
        case "account":
            who = (await services.accounts.accounts(SYSTEM, ""))[0]
            here = f"/accounts/{who.id}"
            return Edited(here, here, "display_name", "Một", "Hai", f"/api/v1{here}", "Full name")
        case "person":
            person = await services.people.add(SYSTEM, PersonDraft("Nguyễn An", unit.id))
            here = f"/people/{person.id}"
            return Edited(
                f"{here}/edit", f"{here}/edit", "position", "Một", "Hai", f"/api/v1{here}", "Position"
            )
        case "course":
            made = await services.courses.create(SYSTEM, CourseInput("Lớp", unit.id))
            here = f"/courses/{made}"
            return Edited(f"{here}/edit", f"{here}/edit", "title", "Một", "Hai", f"/api/v1{here}", "Title")
        case "limits":
            api = "/api/v1/privacy/retention"
            return Edited(
                "/privacy", "/privacy", "looks_months", "12", "24", api, "Log of who looked: months"
            )
    starts_at = datetime(2027, 1, 15, 1, 0, tzinfo=UTC)
    wanted = SessionInput("Giao ban", "meeting", province.top.id, starts_at, 90, None, Participants())
    session = (await services.sessions.create(SYSTEM, wanted)).session.id
    here = f"/sessions/{session}"
    if request.param == "policy":
        api = f"/api/v1{here}/checkin/plan"
        label = "Margin for late scans, seconds"
        return Edited(f"{here}/checkin", f"{here}/checkin", "scan_margin_s", "30", "40", api, label)
    return Edited(f"{here}/edit", f"{here}/edit", "title", "Một", "Hai", f"/api/v1{here}", "Title")


def fields(page: str, action: str) -> dict[str, Any]:
    """What a browser would send of the form as it stands."""
    [form] = re.findall(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.S)
    form = re.sub(r"<template>.*?</template>", "", form, flags=re.S)
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        named = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        ticked = named.get("type") != "checkbox" or re.search(r"\schecked\b", tag)
        if "name" in named and ticked:
            sent[named["name"]] = html.unescape(named.get("value", ""))
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        sent[name] = chosen[1] if chosen else ""
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        sent[name] = html.unescape(inner)
    return sent


async def test_the_second_is_told_what_the_first_changed_and_may_overwrite_knowingly(
    admin: Any, edited: Edited
) -> None:
    opened = fields((await admin.get(edited.page)).text, edited.action)
    assert opened["version"]
    first = await admin.post(edited.action, opened | {edited.field: edited.first})
    assert first.status == 303, first.text
    second = await admin.post(edited.action, opened | {edited.field: edited.second})
    assert second.status == 412
    told = html.unescape(re.sub(r"<[^>]+>", " ", second.text.split("data-changed-meanwhile", 1)[1][:1500]))
    assert re.search(rf"{edited.label}:\s+\S.*→\s+{edited.first}\b", told), told
    again = fields(second.text, edited.action)
    assert again[edited.field] == edited.second  # what was typed is still there
    knowingly = await admin.post(edited.action, again)
    assert knowingly.status == 303, knowingly.text
    assert fields((await admin.get(edited.page)).text, edited.action)[edited.field] == edited.second


async def test_a_form_with_another_fault_keeps_the_version_it_was_opened_with(
    admin: Any, province: Any
) -> None:
    here = f"/units/{province.left.id}"
    opened = fields((await admin.get(here)).text, here)
    assert (await admin.post(here, opened | {"name": "Huyện Một"})).status == 303
    wrong = await admin.post(here, opened | {"code": "có dấu", "name": "Huyện Hai"})
    assert wrong.status == 422
    assert fields(wrong.text, here)["version"] == opened["version"]


async def test_a_program_overwrites_nothing_that_it_has_not_read(admin: Any, edited: Edited) -> None:
    answer = await admin.client.get(edited.api)
    tag = answer.headers["ETag"]
    opened = fields((await admin.get(edited.page)).text, edited.action)
    assert (await admin.post(edited.action, opened | {edited.field: edited.first})).status == 303
    assert (await admin.client.get(edited.api)).headers["ETag"] != tag


async def test_if_match_of_an_older_version_is_412_and_of_the_present_one_is_taken(
    admin: Any, province: Any
) -> None:
    path = f"/api/v1/units/{province.left.id}"
    body = {
        "code": "H44.01",
        "name": "Huyện Một",
        "tier_id": province.left.tier_id,
        "parent_id": province.top.id,
    }
    old = (await admin.client.get(path)).headers["ETag"]
    assert (await admin.call("PUT", path, body, **{"If-Match": old}))[0] == 200
    status, said = await admin.call("PUT", path, body | {"name": "Huyện Hai"}, **{"If-Match": old})
    assert (status, said["error"]["code"]) == (412, "changed_meanwhile")
    now = (await admin.client.get(path)).headers["ETag"]
    assert (await admin.call("PUT", path, body | {"name": "Huyện Hai"}, **{"If-Match": now}))[0] == 200
