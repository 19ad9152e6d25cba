"""Sessions by chance, written straight into the tables as rooms, tablets and officers would leave them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from confhub.attendance.models import AttendanceEvent, PresenceMark
from confhub.checkin.models import (
    CheckinPolicy,
    Correction,
    HeadCount,
    PersonEvent,
    PresencePrompt,
    SessionBreak,
)
from confhub.db.database import Tx
from confhub.rosters.models import AbsenceNotice, SessionAttendee, SessionRoster
from confhub.sessions.models import MeetingSession, SessionEndpoint
from tests.functional.reckoning.naive import TICK

ROOMS = (2, 3, 5, 6)
UNITS = {2: 1, 3: 2, 4: 3, 5: 4, 6: 5}
PEOPLE = range(1, 9)
MINUTE = 120
"""Ticks."""
STARTS = (
    datetime(2026, 3, 2, 1, 0, tzinfo=UTC),
    datetime(2026, 3, 2, 16, 55, tzinfo=UTC),  # midnight in Vietnam
    datetime(2026, 12, 31, 23, 57, tzinfo=UTC),
)


class Play:
    """One session; `number` seeds everything."""

    def __init__(self, number: int) -> None:
        self.number, self.chance = number, Random(number)
        self.start = self.chance.choice(STARTS) + timedelta(days=number)
        self.length = self.chance.randint(3 * MINUTE, 9 * MINUTE)
        self.rooms = self.chance.sample(ROOMS, 3)
        self.bounds: list[int] = []
        """Where prompts open and close: people answer at these very moments, too."""

    def at(self, tick: int) -> datetime:
        return self.start + tick * TICK

    def some(self, early: int = 0, late: int = 0) -> int:
        return self.chance.randint(-early, self.length + late)

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    async def write(self, tx: Tx) -> None:
        """The session with its whole past, and its end."""
        self._session(tx)
        await tx.flush()
        for rows in (
            self._policy(), self._rooms(), self._list(), self._prompts(), self._breaks(), self._heads(),
        ):  # fmt: skip
            tx.add_all(rows)
        await tx.flush()
        tx.add_all([*self._connections(), *self._events()])
        await tx.flush()
        tx.add_all(self.corrections(0))
        await tx.flush()

    def _session(self, tx: Tx) -> None:
        planned = self.at(self.chance.randint(-6 * MINUTE, 6 * MINUTE) if self.often(0.7) else 0)
        tx.add(
            MeetingSession(
                id=self.number, title=f"Phiên {self.number}", search_key="", kind="training", state="ended",
                state_since=self.at(self.length), unit_id=1, starts_at=planned,
                length_min=self.chance.randint(1, 11), late_min=self.chance.randint(0, 3),
                left_early_min=self.chance.randint(0, 3), by_plan=self.often(0.7),
                actual_start=self.start, actual_end=self.at(self.length), created_at=self.start,
            )
        )  # fmt: skip

    def _policy(self) -> Iterable[Any]:
        yield CheckinPolicy(
            session_id=self.number, ways="tablet", scan_margin_s=20, guests=True, prompts=2,
            prompts_count=self.often(0.6), complete_percent=self.chance.choice((50, 80, 100)),
            unconnected_counts=self.often(0.25), secret="",
        )  # fmt: skip

    def _rooms(self) -> Iterable[Any]:
        for room in self.rooms:
            since = self.at(self.some()) if self.often(0.15) else None
            until = self.at(self.some()) if self.often(0.15) else None
            yield SessionEndpoint(
                session_id=self.number, endpoint_id=room, unit_id=UNITS[room], identity=f"room-{room}",
                expected_from=since, expected_until=until, removed_at=until,
            )  # fmt: skip

    def _connections(self) -> Iterable[Any]:
        for room in self.rooms:
            if self.often(0.2):
                continue  # its machine never connected
            begin, part = -MINUTE if self.often(0.5) else self.some(), 0
            while begin < self.length:
                last = self.often(0.5)
                end = self.length - self.chance.choice((0, 1, 2, 9, 10, 30, 31)) if last else self.some(0, 20)
                if end <= begin:
                    break
                yield from self._connection(room, f"PA_{self.number}_{room}_{part}", begin, end)
                begin, part = end + self.chance.choice((1, 9, 10, 11, 60)), part + 1
                if last:
                    break

    def _connection(self, room: int, name: str, begin: int, end: int) -> Iterable[Any]:
        told = [("joined", begin)]
        if self.often(0.8):
            told.append(("left", end))
        for kind, tick in told:
            yield AttendanceEvent(
                session_id=self.number, endpoint_id=room, source="relay", kind=kind, at=self.at(tick),
                received_at=self.at(tick), connection=name, key=f"{name} {kind}",
            )  # fmt: skip
        for tick in {*range(begin, end, 30), end}:
            yield PresenceMark(
                session_id=self.number, endpoint_id=room, source="hub", connection=name, at=self.at(tick)
            )

    def _list(self) -> Iterable[Any]:
        yield SessionRoster(session_id=self.number, frozen_at=self.start, people=0)
        for person in PEOPLE:
            if self.often(0.15):
                continue  # on nobody's list
            room = 4 if self.often(0.04) else self.chance.choice(self.rooms)  # 4 is none of the session's
            yield SessionAttendee(
                session_id=self.number, attendee_id=person, endpoint_id=room, unit_id=UNITS[room],
                origin=self.chance.choice(("roster", "roster", "officer", "guest")), added_at=self.start,
                removed_at=self.start if self.often(0.1) else None,
            )  # fmt: skip
            if self.often(0.2):
                yield AbsenceNotice(
                    session_id=self.number, attendee_id=person, reason="Ốm", entered_at=self.start,
                    entered_by="x", state=self.chance.choice(("approved", "approved", "refused", "pending")),
                )  # fmt: skip

    def _events(self) -> Iterable[Any]:
        for person in PEOPLE:
            home = self.chance.choice(self.rooms)
            for number in range(self.chance.choice((0, 1, 1, 2, 3, 5))):
                tick = self.some(MINUTE, 60) if number or self.often(0.4) else self.chance.randint(-60, 400)
                tick = self.chance.choice(self.bounds) if number and self.bounds and self.often(0.3) else tick
                yield PersonEvent(
                    session_id=self.number, attendee_id=person,
                    endpoint_id=home if self.often(0.7) else self.chance.choice(self.rooms),
                    kind=self.chance.choice(("in", "in", "out", "confirm") if number else ("in",)),
                    way=self.chance.choice(("tablet", "qr", "badge", "file")), at=self.at(tick),
                    received_at=self.at(tick + self.chance.randint(0, 600)), by="tablet:1",
                    key=f"{self.number} {person} {number}",
                )  # fmt: skip

    def _prompts(self) -> Iterable[Any]:
        for _ in range(self.chance.randint(0, 2)):
            opens = self.some()
            closes = opens + self.chance.randint(20, 200)
            self.bounds += [opens, closes]
            yield PresencePrompt(
                session_id=self.number, opens_at=self.at(opens), closes_at=self.at(closes),
                drawn_at=self.start,
            )  # fmt: skip

    def _breaks(self) -> Iterable[Any]:
        for _ in range(self.chance.randint(0, 2)):
            begin = self.some()
            end = None if self.often(0.1) else self.at(begin + self.chance.randint(1, 2 * MINUTE))
            yield SessionBreak(session_id=self.number, starts_at=self.at(begin), ends_at=end, by="x")

    def _heads(self) -> Iterable[Any]:
        for number in range(self.chance.randint(0, 3)):
            at = self.at(self.chance.choice((10, self.some())))
            yield HeadCount(
                session_id=self.number, endpoint_id=self.chance.choice(self.rooms),
                people=self.chance.randint(0, 9), at=at, received_at=at, by="tablet:1",
                key=f"{self.number} heads {number}",
            )  # fmt: skip

    def corrections(self, more: int) -> Iterable[Any]:
        """Some of them; `more`: at least so many."""
        for _ in range(more + self.chance.randint(0, 4)):
            begin, end = sorted(self.chance.sample(range(self.length + 1), 2))
            add = self.often(0.6)
            value: dict[str, Any] = {
                "endpoint_id": self.chance.choice(self.rooms),
                "from": self.at(begin).isoformat(timespec="milliseconds"),
                "to": self.at(end).isoformat(timespec="milliseconds"),
            }
            if add and self.often(0.4):
                value["vouched"] = True
            yield Correction(
                session_id=self.number, attendee_id=self.chance.choice(PEOPLE),
                action="add" if add else "remove", value=value, old={"spans": [], "millis": 0}, reason="x",
                author_name="x", at=self.at(self.length),
            )  # fmt: skip
