"""People with phones: scan the room's code or type its digits, say who they are; and what is refused."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from confhub.simulator.crowd.hub import AGAIN_MAX_S, Answer, CrowdHub, Later
from confhub.simulator.crowd.plan import CODE, IN, Act, Member, PhonePlan
from confhub.simulator.crowd.stage import Stage
from confhub.simulator.crowd.truth import TruthFile, moment

EXPIRED_AFTER_S: Final = 45.0
"""A code's period and its margin are 40 s."""
FORGED: Final = "0-0-000000000000"


@dataclass(slots=True)
class Screens:
    """The rooms' screens, as people in the rooms see them. `credentials`: of the rooms' machines."""

    hub: CrowdHub
    session: int
    credentials: dict[str, str]
    _shown: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)

    async def code(self, room: str) -> dict[str, Any] | None:
        """What the room's screen shows now; None where it shows nothing."""
        if (kept := self._kept(room)) is not None:
            return kept
        answer = await self.hub.insist("GET", self._path, lambda: None, bearer=self.credentials[room])
        return self._taken(room, answer)

    async def glance(self, room: str, line: CrowdHub) -> dict[str, Any] | Later | None:
        """As `code`, over the line of somebody who hands it in next; asked once."""
        if (kept := self._kept(room)) is not None:
            return kept
        answer = await line.once("GET", self._path, bearer=self.credentials[room])
        return answer if isinstance(answer, Later) else self._taken(room, answer)

    @property
    def _path(self) -> str:
        return f"/api/v1/endpoint/sessions/{self.session}/code"

    def _kept(self, room: str) -> dict[str, Any] | None:
        until, shown = self._shown.get(room, (0.0, None))
        return shown if time.time() < until else None

    def _taken(self, room: str, answer: Answer) -> dict[str, Any] | None:
        if not answer.ok:
            self.hub.counts.surprise(f"{room}: its screen has no code: {answer.status} {answer.code}")
            return None
        shown: dict[str, Any] = answer.body
        self._shown[room] = (datetime.fromisoformat(shown["valid_until"]).timestamp(), shown)
        return shown


class Phone:
    """One phone with its own cookie."""

    def __init__(
        self, plan: PhonePlan, hub: CrowdHub, truth: TruthFile, stage: Stage, screens: Screens
    ) -> None:
        self._plan, self._hub, self._truth, self._stage, self._screens = plan, hub, truth, stage, screens
        self._cookie = ""

    async def run(self) -> None:
        """Act by act; ends when people leave. Raises GaveUp."""
        for act in self._plan.acts:
            if await self._stage.wait_until(act.at):
                return
            visit, known = await self._visit(act.room, act.way)
            if not visit:
                return
            who: dict[str, Any]
            if act.guest:
                who = {"guest": {"name": act.guest}}
            elif self._plan.badge:
                who = {"badge": self._plan.badge}
            else:
                who = {"attendee": known or await self._find(visit, act, self._plan.name)}
            at = time.time()
            answer = await self._check_in({"visit": visit, "kind": act.kind, **who})
            self._truth.came(act.kind, act.way, act.room, at, time.time(), person=act.person, guest=act.guest)
            self._hub.counts.done[f"{act.kind} {act.way}"] += 1
            self._hub.counts.done["guests"] += bool(act.guest)
            if not answer.ok:
                self._surprise(act.room, "check-in", answer.status, answer.code)
        if self._plan.friend:
            await self._try_a_friend()

    async def _check_in(self, wish: dict[str, Any]) -> Any:
        """Offered until it is answered, as the phone's page does: the tap's own moment goes along."""
        tapped = time.monotonic()

        def body() -> dict[str, Any]:
            return wish | {"waited_ms": round(1000 * (time.monotonic() - tapped))}

        answer = await self._hub.insist("POST", "/api/v1/phone/check-in", body, cookie=self._cookie)
        self._cookie = answer.cookie or self._cookie
        return answer

    async def _post(self, what: str, body: dict[str, Any]) -> Any:
        answer = await self._hub.insist("POST", f"/api/v1/phone/{what}", lambda: body, cookie=self._cookie)
        self._cookie = answer.cookie or self._cookie
        return answer

    async def _visit(self, room: str, way: str) -> tuple[str, str]:
        """The visit's ticket, empty where it was refused, and what stands in it for whom the phone checked in
        before. Each attempt reads the screen anew, and hands in what it shows without a wait: a phone has a
        connection of its own."""
        for again in itertools.count():
            async with self._hub.line() as line:
                answer = await self._hand_in(room, way, line)
            if answer is None:
                return "", ""
            if isinstance(answer, Later):
                await self._stage.pause(max(answer.after_s, min(0.5 * 2**again, AGAIN_MAX_S)))
                continue
            self._cookie = answer.cookie or self._cookie
            if answer.ok:
                return str(answer.body["visit"]), str((answer.body["known"] or {}).get("id", ""))
            self._surprise(room, f"visit by {way}", answer.status, answer.code)
            return "", ""
        raise AssertionError("it counts without end")

    async def _hand_in(self, room: str, way: str, line: CrowdHub) -> Answer | Later | None:
        """None: the room's screen shows nothing."""
        shown = await self._screens.glance(room, line)
        if shown is None or isinstance(shown, Later):
            return shown
        body = {"token": token_of(shown)} if way != CODE else {"room": room, "six": shown["six"]}
        return await line.once("POST", "/api/v1/phone/visit", body, cookie=self._cookie)

    async def _find(self, visit: str, act: Act, name: str) -> str:
        """What stands for this person among those who have the name. What it is made of is the hub's own
        affair; that the number stands before the point serves to tell namesakes apart here."""
        answer = await self._post("search", {"visit": visit, "q": name})
        self._hub.counts.done["searches"] += 1
        found = [str(one["id"]) for one in answer.body["people"]] if answer.ok else []
        own = [one for one in found if one.partition(".")[0] == str(act.person)]
        if not own:
            self._surprise(act.room, f"search found {len(found)} others", answer.status, answer.code)
        return own[0] if own else ""

    async def _try_a_friend(self) -> None:
        """A second person with the same phone."""
        act = self._plan.acts[-1]
        visit, _ = await self._visit(act.room, act.way)
        if visit:
            friend = await self._find(visit, act._replace(person=self._plan.friend), self._plan.friend_name)
            answer = await self._post("check-in", {"visit": visit, "kind": IN, "attendee": friend})
            expect(self._hub, self._truth, act.room, "device_taken", answer)

    def _surprise(self, room: str, what: str, status: int, code: str) -> None:
        self._hub.counts.surprise(f"{room}: phone of {self._plan.name}, {what}: {status} {code}")


class Trickster:
    """Somebody who is not in the room and tries what must be refused."""

    def __init__(
        self,
        hub: CrowdHub,
        truth: TruthFile,
        stage: Stage,
        screens: Screens,
        room: str,
        token: str,
        absent: Member,
    ) -> None:
        self._hub, self._truth, self._stage, self._screens = hub, truth, stage, screens
        self._room, self._token, self._absent = room, token, absent

    async def run(self) -> None:
        """A photographed code used late, guessed codes, and a tablet's event from before the session."""
        shown = await self._screens.code(self._room)
        if shown is None:
            return
        photographed, at = token_of(shown), self._stage.now()
        wrong = f"{(int(shown['six']) + 1) % 1_000_000:06d}"
        await self._visit({"room": self._room, "six": wrong}, "code_wrong")
        await self._visit({"token": FORGED}, "code_wrong")
        await self._tell(-3 * 3600.0, "before_session")
        await self._tell(3600.0, "in_future")
        if not await self._stage.wait_until(at + EXPIRED_AFTER_S):
            await self._visit({"token": photographed}, "code_expired")

    async def _visit(self, body: dict[str, str], why: str) -> None:
        answer = await self._hub.insist("POST", "/api/v1/phone/visit", lambda: body)
        expect(self._hub, self._truth, self._room, why, answer)

    async def _tell(self, off_s: float, why: str) -> None:
        """A tablet with the right clock tells of a moment that cannot be."""
        now = self._stage.now()

        def body() -> dict[str, Any]:
            event = {"kind": IN, "way": "tablet", "attendee": self._absent.id, "key": f"{why}-{now}"}
            event["at"] = moment(self._stage.unix(now + off_s))
            return {"sent_at": moment(time.time()), "events": [event]}

        path = f"/api/v1/tablet/sessions/{self._screens.session}/events"
        answer = await self._hub.insist("POST", path, body, bearer=self._token)
        told = answer.body["results"][0] if answer.ok else {"result": answer.code, "code": answer.code}
        _expect(self._hub, self._truth, self._room, why, told["code"] or told["result"])


def expect(hub: CrowdHub, truth: TruthFile, room: str, why: str, answer: Any) -> None:
    """The answer has to be this refusal."""
    _expect(hub, truth, room, why, answer.code or f"{answer.status}")


def _expect(hub: CrowdHub, truth: TruthFile, room: str, why: str, told: str) -> None:
    truth.refused(why, room)
    hub.counts.done["refused"] += 1
    if told != why:
        hub.counts.surprise(f"{room}: {told} where {why} was due")


def token_of(shown: dict[str, Any]) -> str:
    """What stands in the QR code's address."""
    return str(shown["url"]).rpartition("/")[2]
