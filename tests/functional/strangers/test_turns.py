"""Streams and verifications: a few of each asker at a time, and one text for all who see the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from confhub.accounts.service import SetupCode
from confhub.http import event_stream, turns
from confhub.http.context import Services
from confhub.http.turns import STREAM_TURNS, TooManyAtOnce, Turns
from tests.plugins.strangers import Hub, until
from tests.plugins.website import PASSWORD, Reader


@pytest.fixture(autouse=True)
def soon_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that went away is noticed when the next sign of life is written."""
    monkeypatch.setattr(event_stream, "KEEPALIVE_S", 0.2)


@pytest.fixture
async def admin(hub: Hub, reader_of: Callable[..., Any], services: Services, setup_code: SetupCode) -> Reader:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1")
    reader: Reader = await reader_of(hub)
    await reader.log_in("admin")
    return reader


async def test_a_person_follows_a_dozen_pages_at_a_time_and_the_next_is_told_to_wait(
    hub: Hub, admin: Reader
) -> None:
    path = "/api/v1/fleet/events"
    followed = [await admin.client.get(path) for _ in range(turns.STREAMS_EACH)]
    assert {answer.status for answer in followed} == {200}
    status, told = await admin.call("GET", path)
    assert (status, told["error"]["code"]) == (429, "too_many_at_once")
    followed.pop().close()
    await until(lambda: len(hub.app[STREAM_TURNS]) == turns.STREAMS_EACH - 1)
    again = await admin.client.get(path)
    assert again.status == 200
    for answer in (*followed, again):
        answer.close()
    await until(lambda: len(hub.app[STREAM_TURNS]) == 0)


@pytest.mark.parametrize("path", ["/api/v1/sessions/999/events", "/api/v1/sessions/999/standing/events"])
async def test_who_has_a_dozen_open_is_refused_before_anything_is_read(
    hub: Hub, admin: Reader, path: str
) -> None:
    status, told = await admin.call("GET", path)
    assert (status, told["error"]["code"]) == (404, "session_unknown")
    followed = [await admin.client.get("/api/v1/fleet/events") for _ in range(turns.STREAMS_EACH)]
    status, told = await admin.call("GET", path)
    assert (status, told["error"]["code"]) == (429, "too_many_at_once")
    for answer in followed:
        answer.close()
    await until(lambda: len(hub.app[STREAM_TURNS]) == 0)


def test_turns_are_counted_by_asker_and_in_all() -> None:
    held = Turns(2, 3)
    with held.turn("a"), held.turn("a"):
        with pytest.raises(TooManyAtOnce):
            held.turn("a").__enter__()
        with held.turn("b"), pytest.raises(TooManyAtOnce):
            held.turn("c").__enter__()
    assert (len(held), held.refused) == (0, 2)
