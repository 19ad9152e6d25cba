"""What phones and screens are answered from: the open sessions, their rooms, policies and prompts.

Read in one go, kept in memory for a second at most, so that 40,000 phones ask the database nothing. What this
hub changes is seen at once, by the bus; what another hub changed, within that second.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from confhub.checkin import limits, store
from confhub.checkin.events import PolicyChanged, PromptChanged
from confhub.checkin.models import CheckinPolicy, PresencePrompt
from confhub.checkin.values import OpenPrompt, Policy
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, SessionId, UnitId
from confhub.org.events import UnitChanged
from confhub.org.published import UnitColumns
from confhub.registry.events import EndpointChanged
from confhub.registry.published import RoomColumns
from confhub.sessions.events import RoomsChosen, SessionChanged
from confhub.sessions.published import PlaceColumns, SessionColumns
from confhub.sessions.values import SessionState

_TOPICS: Final = (SessionChanged, RoomsChosen, PolicyChanged, PromptChanged, EndpointChanged, UnitChanged)


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """A room of an open session."""

    endpoint_id: EndpointId
    code: str
    name: str
    unit_id: UnitId
    unit_name: str
    path: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A session in its lobby or live."""

    session_id: SessionId
    title: str
    policy: Policy
    prompts: tuple[OpenPrompt, ...]
    rooms: Mapping[int, OpenRoom]

    def prompt_at(self, at: datetime) -> OpenPrompt | None:
        """The prompt that is open at that moment."""
        return store.open_prompt(self.prompts, at)


@dataclass(slots=True)
class _Kept:
    read_at: float
    sessions: dict[int, Standing] = field(default_factory=dict)
    by_room: dict[int, list[Standing]] = field(default_factory=dict)
    by_code: dict[str, int] = field(default_factory=dict)


class Standings:
    """The open sessions as they stand now."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._kept: _Kept | None = None
        self._generation = 0
        self._reading = asyncio.Lock()
        self._news = db.bus.subscribe(*_TOPICS)  # for as long as the hub lives; looked into at each question
        self._heard = self._news.__enter__()

    async def of(self, session_id: int) -> Standing | None:
        """The open session, or None."""
        return (await self._now()).sessions.get(session_id)

    async def in_room(self, endpoint_id: int) -> list[Standing]:
        """The open sessions of a room."""
        return (await self._now()).by_room.get(endpoint_id, [])

    async def room_called(self, text: str) -> int | None:
        """The room of an open session that has this code (as people type it), or this number."""
        kept = await self._now()
        wanted = plain_room(text)
        found = kept.by_code.get(wanted)
        if found is None and wanted.isascii() and wanted.isdigit() and len(wanted) <= 18:
            found = int(wanted) if int(wanted) in kept.by_room else None
        return found

    def forget(self) -> None:
        """Read anew at the next question, also what is being read now."""
        self._generation += 1
        self._kept = None

    async def _now(self) -> _Kept:
        if self._heard.waiting:
            self._heard.drain()
            self.forget()
        kept = self._fresh()
        if kept is None:
            async with self._reading:  # the first one reads, for all who wait
                kept = self._fresh()
                while kept is None:
                    generation = self._generation
                    found = await self._read()
                    if generation == self._generation:
                        kept = self._kept = found
        return kept

    def _fresh(self) -> _Kept | None:
        kept = self._kept
        if kept is None or self._clock.monotonic() - kept.read_at > limits.STANDING_FOR_S:
            return None
        return kept

    async def _read(self) -> _Kept:
        kept = _Kept(self._clock.monotonic())
        async with self._db.reading() as tx:
            sessions = (await tx.rows(_SESSIONS)).all()
            policies = {row.session_id: store.policy_from(row) for row in await tx.rows(_POLICIES)}
            prompts: dict[int, list[OpenPrompt]] = defaultdict(list)
            for session_id, prompt_id, opens_at, closes_at in await tx.rows(_PROMPTS):
                prompts[session_id].append(OpenPrompt(prompt_id, opens_at, closes_at))
            rooms: dict[int, dict[int, OpenRoom]] = defaultdict(dict)
            for session_id, *place in await tx.rows(_ROOMS):
                room = _room(place)
                rooms[session_id][room.endpoint_id] = room
        for session_id, title in sessions:
            standing = Standing(
                SessionId(session_id),
                title,
                policies.get(session_id, Policy()),
                tuple(prompts[session_id]),
                rooms[session_id],
            )
            kept.sessions[session_id] = standing
            for room in standing.rooms.values():
                kept.by_room.setdefault(room.endpoint_id, []).append(standing)
                kept.by_code[plain_room(room.code)] = room.endpoint_id
        return kept


_s, _e, _p, _q = SessionColumns, PlaceColumns, CheckinPolicy, PresencePrompt
_IS_OPEN: Final = _s.state.in_([SessionState.LOBBY.value, SessionState.LIVE.value]) & _s.sealed_at.is_(None)

# Made once: they are asked each second.
_SESSIONS: Final = select(_s.id, _s.title).where(_IS_OPEN).order_by(_s.id.desc()).limit(limits.SESSIONS_MAX)
_POLICIES: Final = select(*_p.__table__.columns).join(*_s.of(_p.session_id)).where(_IS_OPEN)
_PROMPTS: Final = (
    select(_q.session_id, _q.id, _q.opens_at, _q.closes_at)
    .join(*_s.of(_q.session_id))
    .where(_IS_OPEN)
    .order_by(_q.opens_at, _q.id)
)
_ROOMS: Final = (
    select(
        _e.session_id, _e.endpoint_id, RoomColumns.code, RoomColumns.name, _e.unit_id,
        UnitColumns.name, UnitColumns.path,
    )
    .join(*_s.of(_e.session_id))
    .join(*RoomColumns.of(_e.endpoint_id))
    .join(*UnitColumns.of(_e.unit_id))
    .where(_IS_OPEN, _e.removed_at.is_(None))
)  # fmt: skip


def _room(place: Sequence[Any]) -> OpenRoom:
    endpoint_id, code, name, unit_id, unit_name, path = place
    return OpenRoom(endpoint_id, code, name, unit_id, unit_name, path)


def plain_room(text: str) -> str:
    """A room's code as it is compared: without blanks, in capitals."""
    return "".join(text.split()).upper()
