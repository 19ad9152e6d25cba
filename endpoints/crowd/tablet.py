"""One room's operator with a tablet: ticks people off, and delivers when the hub is there."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from datetime import datetime
from typing import Any, Final

from endpoints.crowd.hub import Answer, CrowdHub
from endpoints.crowd.plan import BADGE, Act, Batch, Heads, Member, TabletPlan
from endpoints.crowd.stage import Stage
from endpoints.crowd.truth import TruthFile, moment

DELIVERED_AT_ONCE: Final = 400
"""Events in one request, below the hub's cap."""


SESSIONS: Final = "/api/v1/tablet/sessions"
ASKED: Final = 3


class _Clock:
    """A tablet's clock, `skew_s` ahead, and what it knows of the hub's."""

    def __init__(self, skew_s: float) -> None:
        self._skew_s = skew_s
        self._offset_s = 0.0
        self._round_s = math.inf

    def learn(self, before: float, after: float, hub_time: float) -> None:
        """The hub's time was `hub_time` at some moment between the two."""
        if after - before < self._round_s:
            self._round_s = after - before
            self._offset_s = hub_time - ((before + after) / 2 + self._skew_s)

    def shown(self, unix: float) -> float:
        """What it holds a moment to be."""
        return unix + self._skew_s + self._offset_s

    @property
    def right(self) -> bool:
        """Never was wrong, or has learned the hub's time."""
        return not self._skew_s or self._round_s < math.inf

    @property
    def doubt_s(self) -> float:
        """How far off a right one may be."""
        return self._round_s / 2 if self._skew_s else 0.0


class Tablet:
    """`run` for as long as the crowd plays."""

    def __init__(
        self,
        plan: TabletPlan,
        hub: CrowdHub,
        truth: TruthFile,
        stage: Stage,
        token: str,
        session: int,
        members: dict[int, Member],
    ) -> None:
        self._plan, self._hub, self._truth, self._stage = plan, hub, truth, stage
        self._token, self._members = token, members
        self._path = f"{SESSIONS}/{session}/events"
        self._numbers = itertools.count(1)
        self._clock = _Clock(plan.skew_s)
        self._named: list[tuple[Act, float]] = []
        """What is written into the truth once the hub has put the clock right."""
        self.still = asyncio.Event()
        """Nothing more comes of it before the session is over."""
        self._waiting: list[dict[str, Any]] = []
        self._waiting_heads: list[dict[str, Any]] = []

    async def run(self) -> None:
        """To the end of the script, or until people leave; what is held back goes after the session's end.

        Raises GaveUp.
        """
        try:
            await self.learn()
            for batch in self._plan.batches:
                leaving = await self._stage.wait_until(batch.at)
                self._tick(batch)
                if leaving:
                    break
                if not self._without_hub():
                    await self._deliver(twice=batch.twice)
            if self._plan.held_from is None:
                await self._deliver()
        finally:
            self.still.set()
        await self._stage.ended.wait()
        await self._deliver()

    def _tick(self, batch: Batch) -> None:
        """Note what has happened by now, in the truth and on the tablet."""
        now = self._stage.now()
        for act in batch.acts:
            if act.at <= now:
                self._note(act)
        for heads in batch.heads:
            if heads.at <= now:
                self._declare(heads)

    def _note(self, act: Act) -> None:
        at = self._stage.unix(act.at)
        if not self._clock.right:
            self._named.append((act, at))
        else:
            self._came(act, at, at + self._clock.doubt_s)
        event: dict[str, Any] = {"key": self._key(), "kind": act.kind, "at": self._shown(at), "way": act.way}
        if act.guest:
            event["guest"] = {"name": act.guest}
        elif act.way == BADGE:
            event["badge"] = self._members[act.person].badge
        else:
            event["attendee"] = act.person
        self._waiting.append(event)
        self._hub.counts.done[f"{act.kind} {act.way}"] += 1
        self._hub.counts.done["guests"] += bool(act.guest)

    def _came(self, act: Act, at: float, until: float) -> None:
        self._truth.came(act.kind, act.way, self._plan.room, at, until, person=act.person, guest=act.guest)

    def _declare(self, heads: Heads) -> None:
        at = self._stage.unix(heads.at)
        self._truth.heads(self._plan.room, heads.people, at)
        self._waiting_heads.append({"key": self._key(), "people": heads.people, "at": self._shown(at)})
        self._hub.counts.done["head counts"] += 1

    def _key(self) -> str:
        return f"{self._plan.room}-{next(self._numbers)}"

    def _shown(self, unix: float) -> str:
        """What the tablet holds this moment to be."""
        return moment(self._clock.shown(unix))

    def _without_hub(self) -> bool:
        now, plan = self._stage.now(), self._plan
        away = plan.away is not None and plan.away[0] <= now < plan.away[1]
        return away or (plan.held_from is not None and now >= plan.held_from)

    async def _deliver(self, *, twice: bool = False) -> None:
        counts = self._hub.counts
        while self._waiting or self._waiting_heads:
            events = self._waiting[:DELIVERED_AT_ONCE]
            heads = self._waiting_heads
            counts.done["batches"] += 1
            sent_at = time.time()
            answer = await self._send(events, heads)
            for act, at in self._named:
                self._came(act, at, at + time.time() - sent_at)
            self._named = []
            counts.done["batches repeated"] += answer.tries > 1
            self._judge(answer, {"stored", "doubled"} if answer.tries > 1 else {"stored"})
            if twice:
                counts.done["batches sent twice"] += 1
                self._judge(await self._send(events, heads), {"doubled"})
            del self._waiting[: len(events)]
            self._waiting_heads = []

    async def _send(self, events: list[dict[str, Any]], heads: list[dict[str, Any]]) -> Answer:
        def body() -> dict[str, Any]:
            return {"sent_at": self._shown(time.time()), "events": events, "head_counts": heads}

        return await self._hub.insist("POST", self._path, body, bearer=self._token)

    async def learn(self) -> None:
        """Ask the hub for its time, if this tablet does such a thing; the quickest of some answers counts."""
        if not self._plan.knows:
            return
        for _ in range(ASKED):
            before = time.time()
            answer = await self._hub.insist("GET", SESSIONS, lambda: None, bearer=self._token)
            if answer.ok and answer.tries == 1:
                hub_time = datetime.fromisoformat(answer.body["hub_time"]).timestamp()
                self._clock.learn(before, time.time(), hub_time)

    def _judge(self, answer: Answer, right: set[str]) -> None:
        room = self._plan.room
        if not answer.ok:
            self._hub.counts.surprise(f"{room}: a batch was refused: {answer.status} {answer.code}")
            return
        for result in answer.body["results"]:
            if result["result"] not in right:
                what = f"{result['result']} {result['code'] or ''}".strip()
                self._hub.counts.surprise(f"{room}: {result['key']} is {what}")
