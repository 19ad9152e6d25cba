"""Carrying stored orders to the engine after their commit. What fails here is repaired by the StageKeeper."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime

import structlog

from confhub.engine.engine import MediaEngine
from confhub.engine.errors import ParticipantGone
from confhub.engine.types import Source
from confhub.kernel.errors import Unavailable
from confhub.kernel.ids import Identity, MediaRoom

log = structlog.get_logger(__name__)


class Carrier:
    """The engine as the services use it: each call says whether it was done; an engine that is away, or a
    participant that is gone, is no error of the order, which stands in the database."""

    def __init__(self, engine: MediaEngine) -> None:
        self._engine = engine

    async def close_room(self, media_room: MediaRoom) -> bool:
        return await self._done("close_room", media_room, lambda: self._engine.close_room(media_room))

    async def put_on_stage(
        self, media_room: MediaRoom, identity: Identity, sources: Sequence[Source]
    ) -> bool:
        return await self._done(
            "put_on_stage", identity, lambda: self._engine.put_on_stage(media_room, identity, sources)
        )

    async def take_off_stage(self, media_room: MediaRoom, identity: Identity) -> bool:
        return await self._done(
            "take_off_stage", identity, lambda: self._engine.take_off_stage(media_room, identity)
        )

    async def mute(
        self, media_room: MediaRoom, identity: Identity, source: Source, done: Collection[str]
    ) -> list[str]:
        """The sids of the tracks that were muted; those in `done` were muted before, and are let be."""
        tracks: list[str] = []

        async def call() -> None:
            tracks.extend(await self._engine.mute(media_room, identity, source, done))

        await self._done("mute", identity, call)
        return tracks

    async def remove(self, media_room: MediaRoom, identity: Identity, revoke_before: datetime) -> bool:
        return await self._done(
            "remove", identity, lambda: self._engine.remove(media_room, identity, revoke_before)
        )

    async def allow_again(self, media_room: MediaRoom, identity: Identity) -> bool:
        return await self._done(
            "allow_again", identity, lambda: self._engine.allow_again(media_room, identity)
        )

    async def _done(self, what: str, whom: str, call: Callable[[], Awaitable[None]]) -> bool:
        try:
            await call()
        except ParticipantGone:
            return False
        except Unavailable as error:
            log.warning("engine order waits", order=what, whom=whom, reason=error.params.get("reason"))
            return False
        return True


async def refuse(engine: MediaEngine, media_room: MediaRoom, since: Mapping[str, datetime]) -> None:
    """Send these identities out, and have their tokens refused that were issued until then. An engine that
    cannot is left to the StageKeeper, which sends them out as they come."""
    if not engine.capabilities.revokes_tokens:
        return
    for identity, until in since.items():
        await engine.remove(media_room, Identity(identity), until)
