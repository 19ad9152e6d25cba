"""The fleet page at hundreds of rooms: pages of the whole list, sorted as a whole."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from confhub.access.rules import SYSTEM
from confhub.http.context import Services
from confhub.http.pages.fleet import COLUMNS
from confhub.http.paging import ordered
from confhub.kernel.ids import EndpointId
from confhub.kernel.limits import PAGE_SIZE
from confhub.registry.values import Endpoint, EndpointDraft, FleetRow
from tests.plugins.website import Province, Reader

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


def names(page: str) -> list[str]:
    return re.findall(r'class="row-link" href="/endpoints/\d+">([^<]+)<', page)


async def test_a_long_fleet_comes_in_pages_sorted_as_one_list(
    admin: Reader, services: Services, province: Province
) -> None:
    for number in range(PAGE_SIZE):
        draft = EndpointDraft(f"H44.09.{number:02}", f"Phòng {number:02}", province.left.id)
        await services.registry.create_endpoint(SYSTEM, draft)
    first = names((await admin.get("/fleet?sort=name")).text)
    second = names((await admin.get("/fleet?sort=name&page=2")).text)
    assert (len(first), len(second)) == (PAGE_SIZE, 2)
    turned = names((await admin.get("/fleet?sort=-name")).text) + names(
        (await admin.get("/fleet?sort=-name&page=2")).text
    )
    assert turned == [*first, *second][::-1]
    assert names((await admin.get("/fleet?page=99")).text), "past the end is the last page"


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", [1, 2, 3, 4]),
        ("state", [3, 2, 4, 1]),
        ("-state", [1, 4, 2, 3]),
        ("since", [2, 3, 1, 4]),
        ("-since", [1, 3, 2, 4]),
        ("version", [3, 1, 2, 4]),
    ],
)
def test_rooms_in_trouble_stand_first_and_what_a_room_lacks_last(
    province: Province, sort: str, expected: list[int]
) -> None:
    def row(number: int, **values: object) -> FleetRow:
        given: dict[str, object] = {
            "online": False, "online_since": None, "last_seen_at": None, "version": None, "mode": None,
            "state": None, "session_id": None, **values,
        }  # fmt: skip
        room: Endpoint = province.left_room
        return FleetRow(endpoint=_numbered(room, number), **given)  # type: ignore[arg-type]

    rows = [
        row(1, online=True, online_since=NOON, version="0.2", state="joined"),
        row(2, last_seen_at=NOON - timedelta(hours=2), version="0.3"),
        row(3, online=True, online_since=NOON - timedelta(hours=1), version="0.1", state="lost"),
        row(4),
    ]
    assert [one.endpoint.id for one in ordered(rows, COLUMNS, sort)] == expected


def _numbered(room: Endpoint, number: int) -> Endpoint:
    return replace(room, id=EndpointId(number))
