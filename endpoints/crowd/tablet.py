"""One room's operator with a tablet: ticks people off, and delivers when the hub is there."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any, Final

from endpoints.crowd.hub import Answer, CrowdHub
from endpoints.crowd.plan import BADGE, Act, Batch, Heads, Member, TabletPlan
from endpoints.crowd.stage import Stage
from endpoints.crowd.truth import TruthFile, moment

DELIVERED_AT_ONCE: Final = 400
"""Events in one request, below the hub's cap."""


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
        self._path = f"/api/v1/tablet/sessions/{session}/events"
        self._numbers = itertools.count(1)
        self.still = asyncio.Event()
        """Nothing more comes of it before the session is over."""
        self._waiting: list[dict[str, Any]] = []
        self._waiting_heads: list[dict[str, Any]] = []

    async def run(self) -> None:
        """To the end of the script, or until people leave; what is held back goes after the session's end.

        Raises GaveUp.
        """
        try:
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
        self._truth.came(act.kind, act.way, self._plan.room, at, at, person=act.person, guest=act.guest)
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

    def _declare(self, heads: Heads) -> None:
        at = self._stage.unix(heads.at)
        self._truth.heads(self._plan.room, heads.people, at)
        self._waiting_heads.append({"key": self._key(), "people": heads.people, "at": self._shown(at)})
        self._hub.counts.done["head counts"] += 1

    def _key(self) -> str:
        return f"{self._plan.room}-{next(self._numbers)}"

    def _shown(self, unix: float) -> str:
        """What the tablet's own clock says at this moment."""
        return moment(unix + self._plan.skew_s)

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
            answer = await self._send(events, heads)
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

    def _judge(self, answer: Answer, right: set[str]) -> None:
        room = self._plan.room
        if not answer.ok:
            self._hub.counts.surprise(f"{room}: a batch was refused: {answer.status} {answer.code}")
            return
        for result in answer.body["results"]:
            if result["result"] not in right:
                what = f"{result['result']} {result['code'] or ''}".strip()
                self._hub.counts.surprise(f"{room}: {result['key']} is {what}")
