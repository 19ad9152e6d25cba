"""The stage's slots as the hub points them: by the relay's own means, or by a LiveKit cluster's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from livekit.protocol import room as messages

from confhub.engine import translation
from confhub.engine.errors import EngineUnavailable, ParticipantGone
from confhub.engine.twirp import TwirpCaller
from confhub.engine.types import EngineParticipant, EngineSlot, Source, StageSlot
from confhub.kernel.ids import Identity, MediaRoom

AT_ONCE = 16
"""Calls under way at one time while a cluster's rooms change their subscriptions, one call for each room."""

ROOMS_KEPT = 1000
"""Cluster rooms whose slots are remembered; the oldest is forgotten first, and pointed anew."""

_PERSON = frozenset({Source.CAMERA, Source.MICROPHONE})
_SCREEN = frozenset({Source.SCREEN_SHARE, Source.SCREEN_SHARE_AUDIO})
SHOWN = {StageSlot.CHAIR: _PERSON, StageSlot.SPEAKER: _PERSON, StageSlot.CONTENT: _SCREEN}
"""What of its source a slot shows."""


class StageWays(Protocol):
    """How an engine points slots."""

    async def point(self, media_room: MediaRoom, slot: StageSlot, identity: Identity | None) -> bool:
        """See MediaEngine.point_slot."""

    async def slots(self, media_room: MediaRoom) -> list[EngineSlot]:
        """See MediaEngine.stage."""


class RelaySlots:
    """The embedded relay: one order, no word to the rooms."""

    def __init__(self, caller: TwirpCaller) -> None:
        self._caller = caller

    async def point(self, media_room: MediaRoom, slot: StageSlot, identity: Identity | None) -> bool:
        wish = {"room": media_room, "slot": slot.value, "identity": identity or ""}
        return bool((await self._ask("PointSlot", wish)).get("pending"))

    async def slots(self, media_room: MediaRoom) -> list[EngineSlot]:
        try:
            answer = await self._ask("GetStage", {"room": media_room})
        except ParticipantGone:
            return []
        rows = answer.get("slots")
        return [found for row in rows if (found := _slot(row))] if isinstance(rows, list) else []

    async def _ask(self, method: str, wish: dict[str, Any]) -> dict[str, Any]:
        answer = await self._caller.ask_stage(method, wish, room=wish["room"])
        if answer is None:
            raise EngineUnavailable(reason=method)
        return answer


@dataclass
class _Behind:
    identity: Identity
    since: datetime = field(default_factory=lambda: datetime.now(UTC))


class ClusterSlots:
    """A LiveKit cluster: every room is subscribed to who is behind a slot, and no more to who was before.

    The cluster knows no slots: who is behind one is remembered here, and is lost with the hub's process.
    """

    def __init__(
        self,
        caller: TwirpCaller,
        participants: Callable[[MediaRoom], Awaitable[list[EngineParticipant]]],
    ) -> None:
        self._caller, self._participants = caller, participants
        self._rooms: dict[MediaRoom, dict[StageSlot, _Behind]] = {}

    async def point(self, media_room: MediaRoom, slot: StageSlot, identity: Identity | None) -> bool:
        present = {who.identity: who for who in await self._participants(media_room)}
        if identity is not None and identity not in present:
            raise ParticipantGone
        behind = self._room(media_room)
        before = behind.pop(slot, None)
        if identity is not None:
            behind[slot] = before if before and before.identity == identity else _Behind(identity)
        shown = {(b.identity, source) for s, b in behind.items() for source in SHOWN[s]}
        new = _tracks(present.get(identity), SHOWN[slot]) if identity is not None else []
        if before is not None and before.identity != identity and before.identity in present:
            ended = {s for s in SHOWN[slot] if (before.identity, s) not in shown}
            await self._subscribe(media_room, present, before.identity, ended, wanted=False)
        if identity is not None:
            await self._subscribe(media_room, present, identity, SHOWN[slot], wanted=True)
        return identity is not None and not new

    async def slots(self, media_room: MediaRoom) -> list[EngineSlot]:
        behind = self._rooms.get(media_room, {})
        if not behind:
            return []
        present = {who.identity: who for who in await self._participants(media_room)}
        found = []
        for slot in StageSlot:
            who = behind.get(slot)
            pending = who is not None and not _tracks(present.get(who.identity), SHOWN[slot])
            identity, since = (who.identity, who.since) if who is not None else (None, None)
            found.append(EngineSlot(slot, identity, since, pending))
        return found

    def _room(self, media_room: MediaRoom) -> dict[StageSlot, _Behind]:
        behind = self._rooms.pop(media_room, {})
        while len(self._rooms) >= ROOMS_KEPT:
            del self._rooms[next(iter(self._rooms))]
        self._rooms[media_room] = behind
        return behind

    async def _subscribe(
        self,
        media_room: MediaRoom,
        present: dict[Identity, EngineParticipant],
        publisher: Identity,
        sources: Iterable[Source],
        *,
        wanted: bool,
    ) -> None:
        tracks = _tracks(present[publisher], frozenset(sources))
        if not tracks:
            return
        places = asyncio.Semaphore(AT_ONCE)

        async def change(viewer: Identity) -> None:
            wish = messages.UpdateSubscriptionsRequest(
                room=media_room, identity=viewer, track_sids=tracks, subscribe=wanted
            )
            async with places:
                try:
                    await self._caller.ask(self._caller.rooms.update_subscriptions(wish))
                except ParticipantGone:
                    return  # it left meanwhile

        await asyncio.gather(*(change(viewer) for viewer in present if viewer != publisher))


def _tracks(who: EngineParticipant | None, sources: frozenset[Source]) -> list[str]:
    return [] if who is None else [track.sid for track in who.tracks if track.source in sources]


def _slot(row: Any) -> EngineSlot | None:
    if not isinstance(row, dict) or row.get("slot") not in set(StageSlot):
        return None
    identity, since_ms = row.get("identity"), row.get("since_ms")
    return EngineSlot(
        slot=StageSlot(row["slot"]),
        identity=Identity(identity) if isinstance(identity, str) and identity else None,
        since=translation.moment(since_ms / 1000) if isinstance(since_ms, int) and since_ms > 0 else None,
        pending=bool(row.get("pending")),
        reason=str(row.get("reason") or ""),
    )
