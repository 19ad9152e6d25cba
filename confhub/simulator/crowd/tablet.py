"""One room's operator with a tablet: ticks people off, and delivers when the hub is there."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from confhub.simulator.crowd.hub import Answer, CrowdHub
from confhub.simulator.crowd.plan import BADGE, OUT, Act, Batch, Heads, Member, TabletPlan
from confhub.simulator.crowd.stage import Stage
from confhub.simulator.crowd.truth import TruthFile, moment
from endpoints.agent.clock import Trip

DELIVERED_AT_ONCE: Final = 400
"""Events in one request, below the hub's cap."""


TIME: Final = "/api/v1/time"
ASKED: Final = 4
NOBODY: Final[Mapping[int, dict[str, Any]]] = {}
ROUNDED_S: Final = 0.002
"""What rounding takes off a moment on its way through the hub."""


class _Clock:
    """A tablet's clock, `skew_s` ahead, and its quickest round trip to the hub."""

    def __init__(self, skew_s: float) -> None:
        self._skew_s = skew_s
        self._best: Trip | None = None

    def shown(self, unix: float) -> str:
        """What it shows at a moment."""
        return moment(unix + self._skew_s)

    def true(self, shown: str) -> float:
        """The moment, as Unix time, at which it shows this."""
        return datetime.fromisoformat(shown).timestamp() - self._skew_s

    @property
    def doubt_s(self) -> float:
        """How far off a moment may be that the hub put right by what is known; 0 while nothing is."""
        return self._best.doubt_s(self._best.heard) if self._best is not None else 0.0

    def learn(self, asked: float, received: float, answered: float, heard: float) -> None:
        """One round trip; asked and heard in true time."""
        trip = Trip(asked + self._skew_s, received, answered, heard + self._skew_s)
        if trip.beats(self._best):
            self._best = trip

    @property
    def known(self) -> bool:
        return self._best is not None

    def stated(self) -> dict[str, str] | None:
        """The round trip as a batch carries it."""
        if self._best is None:
            return None
        trip = self._best
        return {
            "asked_at": moment(trip.asked), "received_at": moment(trip.received),
            "answered_at": moment(trip.answered), "heard_at": moment(trip.heard),
        }  # fmt: skip


class Tablet:
    """`run` for as long as the crowd plays."""

    def __init__(
        self,
        plan: TabletPlan,
        hub: CrowdHub,
        truth: TruthFile,
        stage: Stage,
        name: str,
        token: str,
        session: int,
        members: dict[int, Member],
        neighbours: Mapping[str, str],
        homes: Mapping[int, str],
    ) -> None:
        """`name`: the room's; `neighbours`: the other rooms' tablets' tokens, whose operators answer when
        somebody has come over; `homes`: person → the room on whose list they stand."""
        self._plan, self._hub, self._truth, self._stage = plan, hub, truth, stage
        self._name, self._token = name, token
        self._members, self._neighbours, self._homes = members, neighbours, homes
        self._path = f"/api/v1/tablet/sessions/{session}/events"
        self._numbers = itertools.count(1)
        self._clock = _Clock(plan.skew_s)
        self.still = asyncio.Event()
        """Nothing more comes of it before the session is over."""
        self._read: dict[str, Act] = {}
        """Key of an event → whose badge was read."""
        self._waiting: list[dict[str, Any]] = []
        self._waiting_heads: list[dict[str, Any]] = []

    async def run(self) -> None:
        """To the end of the script, or until people leave; what is held back goes after the session's end.

        Raises GaveUp.
        """
        try:
            if self._plan.knows:
                await self._learn(ASKED)
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
        answer = await self._send([], [])  # the page is still open: it says that nothing waits
        if not answer.ok:
            self._hub.counts.surprise(f"{self._plan.room}: after the end: {answer.status} {answer.code}")

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
        who = {"person": act.person, "guest": act.guest}
        self._truth.came(act.kind, act.way, self._plan.room, at, at, **who)  # type: ignore[arg-type]
        event: dict[str, Any] = {
            "key": self._key(),
            "kind": act.kind,
            "at": self._clock.shown(at),
            "way": act.way,
        }
        if act.guest:
            event["guest"] = {"name": act.guest}
        elif act.way == BADGE:
            event["badge"] = self._members[act.person].badge
            self._read[event["key"]] = act
        else:
            event["attendee"] = act.person
        self._waiting.append(event)
        self._hub.counts.done[f"{act.kind} {act.way}"] += 1
        self._hub.counts.done["guests"] += bool(act.guest)

    def _declare(self, heads: Heads) -> None:
        at = self._stage.unix(heads.at)
        self._truth.heads(self._plan.room, heads.people, at)
        self._waiting_heads.append({"key": self._key(), "people": heads.people, "at": self._clock.shown(at)})
        self._hub.counts.done["head counts"] += 1

    def _key(self) -> str:
        return f"{self._plan.room}-{next(self._numbers)}"

    def _without_hub(self) -> bool:
        now, plan = self._stage.now(), self._plan
        away = plan.away is not None and plan.away[0] <= now < plan.away[1]
        return away or (plan.held_from is not None and now >= plan.held_from)

    async def _deliver(self, *, twice: bool = False) -> None:
        counts = self._hub.counts
        await self._learn(1 if self._clock.known else ASKED)
        while not self._clock.known:  # as the page: nothing is sent by a clock that nobody compared
            await self._stage.pause()
            await self._learn(ASKED)
        while self._waiting or self._waiting_heads:
            events = self._waiting[:DELIVERED_AT_ONCE]
            heads = self._waiting_heads
            counts.done["batches"] += 1
            answer = await self._send(events, heads)
            counts.done["batches repeated"] += answer.tries > 1
            came_over = self._came_over(events)
            self._judge(answer, {"stored", "doubled"} if answer.tries > 1 else {"stored"}, came_over)
            for person, event in came_over.items():
                await self._ask_home(person, event)
            if twice:
                counts.done["batches sent twice"] += 1
                self._judge(await self._send(events, heads), {"doubled"})
            del self._waiting[: len(events)]
            self._waiting_heads = []

    async def _send(self, events: list[dict[str, Any]], heads: list[dict[str, Any]]) -> Answer:
        def body() -> dict[str, Any]:
            return {
                "clock": self._clock.stated(), "sent_at": self._clock.shown(time.time()),
                "events": events, "head_counts": heads,
                "waiting": len(self._waiting) - len(events),
            }  # fmt: skip

        return await self._hub.insist("POST", self._path, body, bearer=self._token)

    async def _learn(self, times: int) -> None:
        """Compare the clock with the hub's, as the tablet's page does; a hub that is away is asked later."""
        for _ in range(times):
            asked = time.time()
            answer = await self._hub.once("GET", TIME)
            if not isinstance(answer, Answer) or not answer.ok:
                return
            received, answered = (
                datetime.fromisoformat(answer.body[name]).timestamp()
                for name in ("received_at", "answered_at")
            )
            self._clock.learn(asked, received, answered, time.time())

    def _came_over(self, events: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
        """People of other rooms' lists who came here by their number → their event."""
        people = {event.get("attendee", 0): event for event in events if event["kind"] != OUT} | {
            act.person: event for event in events if (act := self._read.get(event["key"])) is not None
        }
        return {
            one: event
            for one, event in people.items()
            if self._homes.get(one, self._plan.room) != self._plan.room
        }

    async def _ask_home(self, person: int, event: dict[str, Any]) -> None:
        """The operator of the room that the person has left lets them go; whatever else is asked of the same
        person, by somebody who forges, stays unanswered."""
        token = self._neighbours[self._homes[person]]
        path = self._path.removesuffix("/events")
        sheet = await self._hub.insist("GET", path, lambda: None, bearer=token)
        at, within_s = self._clock.true(event["at"]), self._clock.doubt_s + ROUNDED_S
        asked = sheet.body["moves"] if sheet.ok else ()
        move = move_of(asked, person, self._name, at, within_s)
        if move is not None:
            answer = await self._hub.insist(
                "POST", f"{path}/moves/{move}", lambda: {"grant": True}, bearer=token
            )
            self._hub.counts.done["moves granted"] += answer.ok
            if not answer.ok and answer.code != "move_decided":
                self._hub.counts.surprise(f"{self._plan.room}: a move was not granted: {answer.code}")

    def _judge(
        self, answer: Answer, right: set[str], asked: Mapping[int, Mapping[str, Any]] = NOBODY
    ) -> None:
        room, keys = self._plan.room, {event["key"] for event in asked.values()}
        if not answer.ok:
            self._hub.counts.surprise(f"{room}: a batch was refused: {answer.status} {answer.code}")
            return
        for result in answer.body["results"]:
            waits = result["result"] == "waiting" and result["key"] in keys
            if result["result"] not in right and not waits:
                what = f"{result['result']} {result['code'] or ''}".strip()
                self._hub.counts.surprise(f"{room}: {result['key']} is {what}")


def move_of(
    moves: Iterable[Mapping[str, Any]], person: int, room: str, at: float, within_s: float
) -> int | None:
    """The number of the move that answers an event: of this person, to the room of this name, and of those
    the nearest to the Unix moment `at`, at most `within_s` off; None where nobody asks for it."""
    found = [
        (abs(datetime.fromisoformat(one["at"]).timestamp() - at), int(one["id"]))
        for one in moves
        if one["attendee"] == person and one["to_room"] == room
    ]
    off_s, number = min(found, default=(within_s + 1.0, 0))
    return number if off_s <= within_s else None
