"""Hearing: who of the open sessions is not heard any more, asked of the engine each second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.kernel.errors import Unavailable
from confhub.kernel.ids import Identity, MediaRoom, SessionId
from confhub.sessions import presence

HEARING_S = 1.0
"""How often the engine is asked. With the relay's 3.5 s for one that sends, a lost chair is seen within
5 s."""

Silent = Mapping[Identity, datetime]


class Hearing:
    """Writes only where something changed since the last look. A participant that is silent stays one: its
    line may come back."""

    def __init__(self, db: Database, engine: MediaEngine) -> None:
        self._db, self._engine = db, engine
        self._known: dict[MediaRoom, Silent] = {}

    def forget(self) -> None:
        """Another hub writes now: what this one wrote last is no more what is stored."""
        self._known.clear()

    async def listen(self, sessions: Sequence[tuple[SessionId, MediaRoom]]) -> None:
        """One look at these sessions. An engine that is away tells nothing, and is told of elsewhere."""
        if not sessions:
            self.forget()
            return
        try:
            silent = await self._engine.silent([media_room for _, media_room in sessions])
        except Unavailable:
            return
        now: dict[MediaRoom, Silent] = {}
        for session_id, media_room in sessions:
            now[media_room] = found = silent.get(media_room, {})
            if media_room not in self._known or self._known[media_room].keys() != found.keys():
                async with self._db.transaction() as tx:
                    await presence.note_silence(tx, session_id, found)
        self._known = now
