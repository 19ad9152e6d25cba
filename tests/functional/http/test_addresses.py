"""Addresses with filters that make no sense: the page comes without them, and says so."""

from __future__ import annotations

from typing import Any

import pytest

LONG = "a" * 201
LISTS = (
    "/accounts", "/sessions", "/people", "/people/duplicates", "/endpoints", "/fleet", "/courses", "/audit",
    "/units", "/privacy", "/calendar",
)  # fmt: skip
WRONG = {
    "/people/duplicates": "page=0", "/audit": f"subject={LONG}", "/units": "on=someday", "/privacy": "page=x",
    "/calendar": "view=year",
}  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_is_there_without_a_filter_that_makes_no_sense(admin: Any, path: str) -> None:
    usual = await admin.get(path)
    wrong = WRONG.get(path, f"search={LONG}&page=-1")
    answer = await admin.get(f"{path}?{wrong}")
    assert answer.status == 422
    assert "Part of this address does not count" in answer.text
    assert _main(answer.text) == _main(usual.text)
    admin.client.session.cookie_jar.update_cookies({"confhub_language": "vi"})
    assert "Một phần của địa chỉ này không dùng được" in (await admin.get(f"{path}?{wrong}")).text


async def test_what_is_wrong_is_named_and_the_other_filters_count(admin: Any, province: Any) -> None:
    answer = await admin.get(f"/endpoints?search={LONG}&unit_id={province.left.id}&sort=-name")
    assert "search: The text is too long: at most 200 characters." in answer.text
    assert province.left_room.name in answer.text
    assert province.right_room.name not in answer.text
    assert LONG not in answer.text  # no link of the page carries it on
    assert f"unit_id={province.left.id}" in answer.text


async def test_a_text_that_cannot_be_stored_is_left_out_too(admin: Any) -> None:
    answer = await admin.get("/people?search=%00&page=2")
    assert answer.status == 422
    assert "search: The text holds characters that cannot be stored." in answer.text


async def test_htmx_is_given_the_list_to_draw(admin: Any) -> None:
    answer = await admin.get(f"/people?search={LONG}", **{"HX-Request": "true"})
    assert answer.status == 200
    assert "Part of this address does not count" in answer.text


async def test_a_file_is_never_wider_than_it_was_asked_for(admin: Any) -> None:
    answer = await admin.get(f"/sessions/1/report.csv?search={LONG}")
    assert answer.status == 422
    assert "text/html" in answer.headers["Content-Type"]


def _main(page: str) -> str:
    """What a page says from its heading on."""
    return page[page.index("<h1") : page.index("</main>")]
