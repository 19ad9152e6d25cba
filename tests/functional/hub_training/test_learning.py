"""Statements to a learning record store: a real HTTP server that keeps the rules of xAPI 1.0.3."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import delete

from confhub.checkin.models import PersonPresence
from confhub.post.worker import Post
from confhub.training.learning import LearningService
from confhub.training.limits import BATCH
from confhub.training.record_store import RecordStore
from confhub.training.stating import LEARNING
from tests.plugins.training import PROVINCE, School

pytestmark = pytest.mark.both_databases

HOME = "https://hop.example.vn"


@dataclass
class Store:
    """What a store keeps: statements by id. `trouble`: the status that it answers instead; `poison`: the
    person whose statements it refuses; `loses_answer`: it keeps the statements, and says nothing."""

    statements: dict[str, dict[str, Any]] = field(default_factory=dict)
    trouble: int = 0
    poison: str = ""
    loses_answer: bool = False
    requests: int = 0
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        """POST statements (xAPI part 3, 2.1.2): all or none."""
        self.requests += 1
        assert request.headers["X-Experience-API-Version"] == "1.0.3"
        assert b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode() == "key:bí mật"
        if self.trouble:
            return web.Response(status=self.trouble, headers={"Retry-After": "7"})
        bodies = await request.json()
        for body in bodies:
            if self.poison and body["actor"]["account"]["name"] == self.poison:
                return web.Response(status=400, text="actor is not welcome")
            if body["id"] in self.statements and self.statements[body["id"]] != body:
                return web.Response(status=409)
        self.statements.update({body["id"]: body for body in bodies})
        if self.loses_answer:
            assert request.transport is not None
            request.transport.close()
        return web.json_response([body["id"] for body in bodies])

    def said(self, verb: str) -> list[str]:
        """Of whom, and not taken back."""
        gone = {
            body["object"]["id"]
            for body in self.statements.values()
            if body["verb"]["id"].endswith("/voided")
        }
        return sorted(
            body["actor"]["account"]["name"]
            for name, body in self.statements.items()
            if body["verb"]["id"].endswith(f"/{verb}") and name not in gone
        )


@pytest.fixture
async def lrs() -> AsyncIterator[Store]:
    store = Store()
    app = web.Application()
    app.router.add_post("/xapi/statements", store.take)
    async with TestServer(app) as server:
        store.url = str(server.make_url("/xapi"))
        yield store


@pytest.fixture
async def learning(school: School, lrs: Store) -> LearningService:
    """Persons 1 and 2 were at all three sessions, 3 for ten minutes of the first; only 1 is closed."""
    await school.was_there(1, {1: 60, 2: 60, 3: 10, 4: 0})
    await school.was_there(2, {1: 60, 2: 60})
    await school.was_there(3, {1: 60, 2: 60})
    await school.seal(1)
    post = Post(school.house.database, school.house.clock)
    post.carry(LEARNING, RecordStore(school.house.database, lrs.url, "key", "bí mật").send, at_once=BATCH)
    return LearningService(school.house.database, school.house.clock, post, lrs.url, HOME)


async def test_what_is_closed_is_stated_once(school: School, learning: LearningService, lrs: Store) -> None:
    assert await learning.send_due() == 3
    assert lrs.said("attended") == ["CB1", "CB2", "CB3"]
    assert lrs.said("completed") == []
    assert await learning.send_due() == 0
    for session in (2, 3):
        await school.seal(session)
    await learning.send_due()
    assert lrs.said("completed") == ["CB1", "CB2"]
    assert len(lrs.statements) == 3 + 2 + 2 + 2
    one = next(body for body in lrs.statements.values() if body["actor"]["account"]["name"] == "CB3")
    assert one["result"] == {"completion": False, "duration": "PT10M"}
    assert one["object"]["id"] == f"{HOME}/sessions/1"


async def test_a_store_that_is_down_is_asked_again_later(
    school: School, learning: LearningService, lrs: Store
) -> None:
    lrs.trouble = 503
    assert await learning.send_due() == 0
    state = await learning.state(PROVINCE)
    assert (state.waiting, state.sent, state.troubles[0].attempts) == (3, 0, 1)
    lrs.trouble = 0
    asked = lrs.requests
    assert await learning.send_due() == 0
    assert lrs.requests == asked  # its time has not come
    school.house.clock.advance(16)
    assert await learning.send_due() == 3


async def test_an_answer_that_got_lost_doubles_nothing(
    school: School, learning: LearningService, lrs: Store
) -> None:
    lrs.loses_answer = True
    assert await learning.send_due() == 0
    assert len(lrs.statements) == 3
    lrs.loses_answer = False
    school.house.clock.advance(16)
    assert await learning.send_due() == 3
    assert len(lrs.statements) == 3


async def test_a_bad_one_stands_alone_and_can_be_tried_again(
    school: School, learning: LearningService, lrs: Store
) -> None:
    lrs.poison = "CB2"
    assert await learning.send_due() == 2
    assert lrs.said("attended") == ["CB1", "CB3"]
    state = await learning.state(PROVINCE)
    assert (state.sent, state.waiting, state.refused) == (2, 0, 1)
    assert "actor is not welcome" in state.troubles[0].error
    lrs.poison = ""
    assert await learning.retry(PROVINCE) == 1
    assert await learning.send_due() == 1
    assert lrs.said("attended") == ["CB1", "CB2", "CB3"]


async def test_what_no_longer_holds_is_taken_back(
    school: School, learning: LearningService, lrs: Store
) -> None:
    await learning.send_due()
    async with school.house.database.transaction() as tx:
        await tx.execute(
            delete(PersonPresence).where(PersonPresence.session_id == 1, PersonPresence.attendee_id == 3)
        )
    school.house.clock.advance(60)
    await school.seal(1)  # closed anew, after it had been opened and put right
    await learning.send_due()
    assert lrs.said("attended") == ["CB1", "CB2"]
    await school.was_there(1, {3: 10})
    school.house.clock.advance(60)
    await school.seal(1)
    await learning.send_due()
    assert lrs.said("attended") == ["CB1", "CB2", "CB3"]


async def test_without_a_store_nothing_is_said(school: School, learning: LearningService) -> None:
    post = Post(school.house.database, school.house.clock)
    silent = LearningService(school.house.database, school.house.clock, post)
    assert await silent.send_due() == 0
    assert (await silent.state(PROVINCE)).url is None
    assert (await silent.state(PROVINCE)).waiting == 0
