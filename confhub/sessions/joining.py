"""Who may take part in a session by browser: asked at the door, and as long as somebody stays."""

from __future__ import annotations

from sqlalchemy import select

from confhub.access.rules import Actor, allows, branch_filter
from confhub.accounts.store import actors_of
from confhub.db.database import Tx
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.sessions import store
from confhub.sessions.models import MeetingSession, SessionEndpoint, SessionPerson


async def may_join(tx: Tx, actor: Actor, session_id: int, path: str) -> bool:
    """SESSION_JOIN in the session's branch (`path`), or in the branch of one of its rooms."""
    if allows(actor, Permission.SESSION_JOIN, path):
        return True
    own_room = await tx.scalar(
        select(SessionEndpoint.endpoint_id)
        .join(*UnitColumns.of(SessionEndpoint.unit_id))
        .where(
            SessionEndpoint.session_id == session_id,
            branch_filter(actor, Permission.SESSION_JOIN, UnitColumns.path),
        )
        .limit(1)
    )
    return own_room is not None


async def persons(tx: Tx, session: MeetingSession) -> list[tuple[SessionPerson, bool]]:
    """Everybody who opened the session in a browser, and whether the account is open and may still join."""
    found = list(await tx.scalars(select(SessionPerson).where(SessionPerson.session_id == session.id)))
    if not found:
        return []
    path = await store.path_of(tx, session)
    actors = await actors_of(tx, {row.account_id for row in found})
    allowed = {key: await may_join(tx, actor, session.id, path) for key, actor in actors.items()}
    return [(row, allowed.get(row.account_id, False)) for row in found]
