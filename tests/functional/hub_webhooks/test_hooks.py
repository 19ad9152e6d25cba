"""Webhooks: what a branch's receivers are told, signed, once, whatever they answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from confhub.access.rules import Actor, Grant
from confhub.kernel.errors import Forbidden, NotFound
from confhub.kernel.ids import AccountId, UnitId
from confhub.kernel.permissions import Role
from confhub.kernel.versions import ChangedMeanwhile, version_of
from confhub.post.models import Outbox
from confhub.post.worker import Post
from confhub.webhooks import errors
from confhub.webhooks.addresses import Bounds
from confhub.webhooks.limits import HOOKS_MAX
from confhub.webhooks.sending import HookSender
from confhub.webhooks.service import WebhookService
from confhub.webhooks.telling import WEBHOOK, HookTeller
from confhub.webhooks.values import HookDraft, Topic
from tests.plugins.scheduling import Desk
from tests.plugins.sessions import DISTRICT_ORGANIZER, ORGANIZER, OTHER_ORGANIZER, actor

FRIDAY = date(2026, 3, 6)
TOP, DISTRICT = UnitId(1), UnitId(2)
ALL = tuple(Topic)


@dataclass
class Receiver:
    """Takes what comes. `answer`: what it answers."""

    answer: int = 200
    hangs: asyncio.Event | None = None
    got: list[tuple[dict[str, str], str]] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        self.got.append(
            ({key.lower(): value for key, value in request.headers.items()}, await request.text())
        )
        if self.hangs is not None:
            await self.hangs.wait()
        headers = {"Location": "/elsewhere"} if self.answer == 302 else {}
        return web.Response(status=self.answer, headers=headers, text="bận")

    def said(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.got]


@dataclass
class Hooks:
    desk: Desk
    service: WebhookService
    teller: HookTeller

    async def add(
        self, url: str, who: Actor = ORGANIZER, unit: UnitId = TOP, topics: tuple[Topic, ...] = ALL
    ) -> Any:
        return await self.service.add(who, unit, HookDraft(url, topics))

    async def due(self, after_s: float = 0.0) -> int:
        self.desk.clock.advance(after_s)
        return await self.teller.send_due()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/hook", made.take)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/hook"))
        yield made
        if made.hangs is not None:
            made.hangs.set()


@pytest.fixture
def hooks(desk: Desk) -> Hooks:
    bounds = Bounds(("127.0.0.0/8",))
    post = Post(desk.db, desk.clock)
    post.carry(WEBHOOK, HookSender(desk.db, desk.clock, bounds).send, at_once=20, longest_s=30)
    service = WebhookService(desk.db, desk.clock, bounds)
    return Hooks(desk, service, HookTeller(desk.db, desk.clock, post, "https://hop.example.vn"))


@pytest.mark.both_databases
async def test_what_happens_in_the_branch_is_told_once_with_ids_alone(
    hooks: Hooks, receiver: Receiver
) -> None:
    made = await hooks.add(receiver.url)
    before = await hooks.add(receiver.url, DISTRICT_ORGANIZER, DISTRICT)
    hooks.desk.clock.advance(1)
    session = await hooks.desk.single(FRIDAY, 9)
    await hooks.desk.planned(date(2026, 3, 9))
    form = await hooks.desk.sessions.form(ORGANIZER, session)
    await hooks.desk.sessions.update(ORGANIZER, session, replace(form, title="Tên mới"))
    draft = (await hooks.desk.sessions.create(ORGANIZER, hooks.desk.form(FRIDAY, 15))).session.id
    form = await hooks.desk.sessions.form(ORGANIZER, draft)
    await hooks.desk.sessions.update(ORGANIZER, draft, replace(form, title="Chưa ai biết"))
    await hooks.desk.sessions.cancel(ORGANIZER, session)
    assert await hooks.due(1) == 4
    assert sorted(receiver.said()) == [
        "series.planned",
        "session.cancelled",
        "session.changed",
        "session.planned",
    ]
    assert await hooks.due(1) == 0, "nothing twice"
    again = HookTeller(hooks.desk.db, hooks.desk.clock, Post(hooks.desk.db, hooks.desk.clock), "x")
    assert await again.send_due() == 0
    async with hooks.desk.db.reading() as tx:
        assert len((await tx.scalars(select(Outbox.id).where(Outbox.kind == WEBHOOK))).all()) == 4
    told = {json.loads(body)["type"]: json.loads(body)["data"] for _, body in receiver.got}
    assert told["session.planned"] == {
        "session_id": session, "unit_id": 1, "url": f"https://hop.example.vn/sessions/{session}",
    }  # fmt: skip
    assert not any("Tên mới" in body for _, body in receiver.got)
    assert before.id != made.id, "the district organizes none of it, and is told nothing"


async def test_it_is_signed_as_the_standard_has_it_and_by_both_secrets_for_a_day(
    hooks: Hooks, receiver: Receiver
) -> None:
    real = datetime.now(UTC) - hooks.desk.clock.now()
    hooks.desk.clock.advance(real.total_seconds())
    first = await hooks.add(receiver.url)
    await hooks.service.test(ORGANIZER, TOP, first.id)
    assert await hooks.due() == 1
    headers, body = receiver.got[-1]
    assert Webhook(first.secret).verify(body, headers)["type"] == "webhook.test"
    second = await hooks.service.rotate(ORGANIZER, TOP, first.id)
    await hooks.service.test(ORGANIZER, TOP, first.id)
    await hooks.due()
    headers, body = receiver.got[-1]
    for secret in (first.secret, second.secret):
        assert Webhook(secret).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(second.secret).verify(body + " ", headers)
    hooks.desk.clock.advance(86_401)
    await hooks.service.test(ORGANIZER, TOP, first.id)
    await hooks.due()
    headers, _ = receiver.got[-1]
    assert len(headers["webhook-signature"].split()) == 1


@pytest.mark.parametrize("answer", [500, 429, 404, 302])
async def test_a_receiver_that_refuses_loses_nothing_and_gets_the_same_again(
    hooks: Hooks, receiver: Receiver, answer: int
) -> None:
    made = await hooks.add(receiver.url)
    hooks.desk.clock.advance(1)
    await hooks.desk.single(FRIDAY, 9)
    await hooks.desk.single(FRIDAY, 11)
    receiver.answer = answer
    assert await hooks.due(1) == 0
    assert len(receiver.got) == 1, "what is behind it does not knock in vain"
    shown = await hooks.service.get(ORGANIZER, TOP, made.id)
    assert (shown.waiting, shown.given_up) == (2, 0)
    assert shown.last_error.startswith(str(answer))
    receiver.answer = 204
    assert await hooks.due(16) == 2
    names = [headers["webhook-id"] for headers, _ in receiver.got]
    assert names[0] == names[1] != names[2]
    assert receiver.got[0][1] == receiver.got[1][1]
    assert (await hooks.service.get(ORGANIZER, TOP, made.id)).waiting == 0


async def test_one_that_hangs_holds_up_nobody_else(
    hooks: Hooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confhub.webhooks.sending.ANSWER_S", 0.2)
    other = Receiver()
    app = web.Application()
    app.router.add_post("/hook", other.take)
    receiver.hangs = asyncio.Event()
    async with TestServer(app) as server:
        hanging = await hooks.add(receiver.url)
        await hooks.add(str(server.make_url("/hook")))
        hooks.desk.clock.advance(1)
        await hooks.desk.single(FRIDAY, 9)
        assert await hooks.due(1) == 1
    assert other.said() == ["session.planned"]
    assert (await hooks.service.get(ORGANIZER, TOP, hanging.id)).last_error == "No answer within 0.2 s"


async def test_what_is_gone_or_switched_off_is_not_called(hooks: Hooks, receiver: Receiver) -> None:
    made = await hooks.add(receiver.url)
    hooks.desk.clock.advance(1)
    await hooks.desk.single(FRIDAY, 9)
    receiver.answer = 410
    await hooks.due(1)
    assert (await hooks.service.get(ORGANIZER, TOP, made.id)).given_up == 1
    off = HookDraft(receiver.url, ALL, active=False)
    await hooks.service.test(ORGANIZER, TOP, made.id)
    await hooks.service.change(ORGANIZER, TOP, made.id, off)
    await hooks.desk.single(FRIDAY, 11)
    assert await hooks.due(60) == 0
    assert len(receiver.got) == 1
    with pytest.raises(errors.HookOff):
        await hooks.service.test(ORGANIZER, TOP, made.id)
    receiver.answer = 200
    await hooks.service.change(ORGANIZER, TOP, made.id, replace(off, active=True))
    await hooks.desk.single(FRIDAY, 13)
    assert await hooks.due(1) == 1, "what happened meanwhile is not told"
    await hooks.service.remove(ORGANIZER, TOP, made.id)
    with pytest.raises(errors.HookUnknown):
        await hooks.service.get(ORGANIZER, TOP, made.id)


async def test_an_address_inside_the_house_is_refused_and_never_called(
    desk: Desk, receiver: Receiver
) -> None:
    """A name that stands for the house's own address passes at first, and is not called."""
    bounds = Bounds()
    post = Post(desk.db, desk.clock)
    post.carry(WEBHOOK, HookSender(desk.db, desk.clock, bounds).send, at_once=20, longest_s=30)
    hooks = Hooks(
        desk, WebhookService(desk.db, desk.clock, bounds), HookTeller(desk.db, desk.clock, post, "x")
    )
    with pytest.raises(errors.UrlInside):
        await hooks.add(receiver.url)
    port = receiver.url.rsplit(":", 1)[1]
    made = await hooks.add(f"https://localhost:{port}")
    await hooks.service.test(ORGANIZER, TOP, made.id)
    assert await hooks.due() == 0
    assert receiver.got == []
    assert "lies inside" in (await hooks.service.get(ORGANIZER, TOP, made.id)).last_error


async def test_rights_and_bounds(hooks: Hooks) -> None:
    url = "https://nhan.example.vn/hook"
    made = await hooks.add(url, DISTRICT_ORGANIZER, DISTRICT)
    draft = HookDraft(url, ALL)
    viewer = Actor(AccountId(4), "Xem", "vi", (Grant(Role.VIEWER, TOP, "/1/"),))
    for stranger, error in (
        (OTHER_ORGANIZER, NotFound),
        (actor(5, Role.ADMINISTRATOR, 3), NotFound),
        (viewer, Forbidden),
    ):
        for call in (
            hooks.service.list(stranger, DISTRICT),
            hooks.service.get(stranger, DISTRICT, made.id),
            hooks.service.add(stranger, DISTRICT, draft),
            hooks.service.change(stranger, DISTRICT, made.id, draft),
            hooks.service.rotate(stranger, DISTRICT, made.id),
            hooks.service.test(stranger, DISTRICT, made.id),
            hooks.service.remove(stranger, DISTRICT, made.id),
        ):
            with pytest.raises(error):
                await call
    with pytest.raises(errors.HookUnknown):
        await hooks.service.get(ORGANIZER, TOP, made.id)
    with pytest.raises(errors.TopicsMissing):
        await hooks.add(url, topics=())
    for _ in range(HOOKS_MAX):
        await hooks.add(url)
    with pytest.raises(errors.TooManyHooks):
        await hooks.add(url)
    seen = version_of(draft)
    await hooks.service.change(
        DISTRICT_ORGANIZER, DISTRICT, made.id, replace(draft, topics=ALL[:1]), seen=seen
    )
    with pytest.raises(ChangedMeanwhile):
        await hooks.service.change(DISTRICT_ORGANIZER, DISTRICT, made.id, draft, seen=seen)
