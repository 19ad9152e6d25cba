"""Opening a session's media room at the engine: whoever is not welcome is refused before there is a room."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.kernel.ids import MediaRoom, SessionId
from confhub.sessions import store
from confhub.sessions.carrying import refuse
from confhub.sessions.events import StageStale
from confhub.sessions.models import MeetingSession
from confhub.sessions.rules import OPEN
from confhub.sessions.truth import read_truth


async def open_room(db: Database, engine: MediaEngine, session_id: SessionId) -> None:
    """Have an open session's room at the engine. An engine that began anew has forgotten the room and who
    was removed: it hears of the removals first, and StageStale is told. Nothing happens where the room
    stands as it was left. EngineUnavailable, EngineRefused."""
    async with db.reading() as tx:
        session = await tx.get(MeetingSession, session_id)
        if session is None or session.media_room is None or session.state not in OPEN:
            return
        media_room, known = MediaRoom(session.media_room), session.media_instance
    there = await engine.rooms([media_room])
    if there and there[0].instance == known:
        return
    async with db.reading() as tx:
        session = await tx.get(MeetingSession, session_id)
        if session is None or session.state not in OPEN:
            return
        truth = await read_truth(tx, session, slots=False)
    replaced = {} if there else truth.replaced_at  # who is there already may be the new machine
    await refuse(engine, media_room, {**replaced, **truth.refused_since})
    instance = (await engine.open_room(media_room)).instance
    async with db.transaction() as tx:
        row = await store.locked_unchecked(tx, session_id)
        if row.media_instance not in (None, instance):
            tx.tell(StageStale(session_id))  # grants, mutes and slots, as people come back
        row.media_instance = instance
