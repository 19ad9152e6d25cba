"""Who is to stand behind the stage's slots, and making the engine point them so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select

from confhub.db.database import Tx
from confhub.engine.engine import MediaEngine
from confhub.engine.errors import ParticipantGone, SlotRefused
from confhub.engine.types import Source, StageSlot
from confhub.kernel.errors import Unavailable
from confhub.kernel.ids import Identity, MediaRoom, SessionId
from confhub.sessions import store
from confhub.sessions.models import MeetingSession, SessionEndpoint, SessionPerson, StageGrant
from confhub.sessions.rules import OPEN
from confhub.sessions.values import Slot

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody behind a slot, and what it may publish; `endpoint` is the room's code, "" for a person."""

    identity: Identity
    name: str
    endpoint: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """Who is to stand behind which slot."""

    media_room: MediaRoom
    slots: Mapping[StageSlot, Standing | None]

    def holds(self, identity: str) -> bool:
        """Does somebody of that identity stand on it?"""
        return any(who is not None and who.identity == identity for who in self.slots.values())

    def metadata(self) -> str:
        """What the rooms are told, as the media room's metadata."""
        told = {slot.value: _told(who) for slot, who in self.slots.items()}
        return json.dumps({"stage": told}, ensure_ascii=False, separators=(",", ":"))


async def read_stage(tx: Tx, session_id: SessionId, sharing: Sequence[str]) -> Stage | None:
    """The stored stage of an open session. `sharing`: who shows a screen now, the newest last."""
    session = await tx.get(MeetingSession, session_id)
    if session is None or session.media_room is None or session.state not in OPEN:
        return None
    grants = await store.open_grants(tx, session_id)
    codes = select(SessionEndpoint.identity).where(
        SessionEndpoint.session_id == session_id, SessionEndpoint.identity.in_(grants)
    )
    rooms = set(await tx.scalars(codes)) if grants else set()
    behind = choose(grants.values(), sharing)
    slots = {slot: _standing(row, rooms) if row is not None else None for slot, row in behind.items()}
    return Stage(MediaRoom(session.media_room), slots)


async def sharing(tx: Tx, session_id: SessionId) -> list[str]:
    """Who shows a screen now, as the media server told; the newest last."""
    began: list[tuple[datetime, str]] = []
    for table in (SessionEndpoint, SessionPerson):
        query = select(table.screen_since, table.identity).where(
            table.session_id == session_id, table.screen_since.is_not(None)
        )
        began += [(since, identity) for since, identity in await tx.execute(query) if since is not None]
    return [identity for _, identity in sorted(began)]


def choose(grants: Iterable[StageGrant], sharing: Sequence[str]) -> dict[StageSlot, StageGrant | None]:
    """The chair; of the speakers who got the floor last; of those who may and do show a screen who began
    last."""
    rows = [row for row in grants if row.slot != Slot.DECK.value]
    chair = next((row for row in rows if row.slot == Slot.CHAIR.value), None)
    speakers = [row for row in rows if row.slot == Slot.SPEAKER.value]
    speaker = max(speakers, key=lambda row: (row.granted_at, row.id), default=None)
    shown = {row.identity: row for row in rows if Source.SCREEN_SHARE.value in row.sources.split(",")}
    content = next((shown[identity] for identity in reversed(sharing) if identity in shown), None)
    return {StageSlot.CHAIR: chair, StageSlot.SPEAKER: speaker, StageSlot.CONTENT: content}


class SlotKeeper:
    """Points what is not pointed yet. What the engine was last told is remembered, so that a look costs
    nothing where nothing changed; `compare` asks the engine itself."""

    def __init__(self, engine: MediaEngine) -> None:
        self._engine = engine
        self._pointed: dict[MediaRoom, dict[StageSlot, Identity | None]] = {}
        self._told: dict[MediaRoom, str] = {}

    def forget(self, media_room: MediaRoom) -> None:
        """The session is over, or the engine began anew."""
        self._pointed.pop(media_room, None)
        self._told.pop(media_room, None)

    def forget_who(self, media_room: MediaRoom, identities: Iterable[Identity]) -> None:
        """They came anew: their slots are pointed again."""
        pointed = self._pointed.get(media_room, {})
        gone = set(identities)
        self._pointed[media_room] = {slot: who for slot, who in pointed.items() if who not in gone}

    async def compare(self, media_room: MediaRoom) -> None:
        """Learn what the engine holds. EngineUnavailable."""
        rooms = await self._engine.rooms([media_room])
        self._told[media_room] = rooms[0].metadata if rooms else ""
        known = {row.slot: row.identity for row in await self._engine.stage(media_room)}
        self._pointed[media_room] = dict.fromkeys(StageSlot) | known

    async def settle(self, stage: Stage) -> None:
        """Point the slots, then tell the rooms. Whoever has no grant at the engine yet gets it first; what
        cannot be done now is left to the next look."""
        pointed = self._pointed.setdefault(stage.media_room, {})
        for slot in _ORDER:
            who = stage.slots.get(slot)
            identity = who.identity if who is not None else None
            if pointed.get(slot, _NOBODY_YET) == identity:
                continue
            try:
                await self._point(stage.media_room, slot, who)
            except (ParticipantGone, SlotRefused) as error:
                pointed.pop(slot, None)
                reason = error.params.get("reason", error.code)
                log.debug("slot waits", slot=slot, whom=identity, reason=reason)
            else:
                pointed[slot] = identity
        text = stage.metadata()
        if self._told.get(stage.media_room) != text:
            await self._engine.set_room_metadata(stage.media_room, text)
            self._told[stage.media_room] = text

    async def settle_or_wait(self, stage: Stage) -> None:
        """The same where an engine that is away is no fault."""
        try:
            await self.settle(stage)
        except Unavailable as error:
            self.forget(stage.media_room)
            log.warning("stage waits", media_room=stage.media_room, reason=error.code)

    async def _point(self, media_room: MediaRoom, slot: StageSlot, who: Standing | None) -> None:
        if who is None:
            await self._engine.point_slot(media_room, slot, None)
            return
        try:
            await self._engine.point_slot(media_room, slot, who.identity)
        except SlotRefused:
            await self._engine.put_on_stage(media_room, who.identity, who.sources)
            await self._engine.point_slot(media_room, slot, who.identity)


_NOBODY_YET = object()
_ORDER = (StageSlot.SPEAKER, StageSlot.CHAIR, StageSlot.CONTENT)
"""The speaker changes while everybody looks."""


def _standing(row: StageGrant, rooms: set[str]) -> Standing:
    endpoint = row.identity.partition(":")[2] if row.identity in rooms else ""
    sources = tuple(Source(name) for name in row.sources.split(","))
    return Standing(Identity(row.identity), row.display_name, endpoint, sources)


def _told(who: Standing | None) -> dict[str, str] | None:
    return None if who is None else {"identity": who.identity, "name": who.name, "endpoint": who.endpoint}
