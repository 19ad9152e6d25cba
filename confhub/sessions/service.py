"""SessionService: sessions planned, changed, listed, and moved through their life."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.limits import PAGE_SIZE
from confhub.sessions.values import SessionDetails, SessionInput, SessionPage, SessionState, SessionView


class SessionService:
    """Every method checks the actor's right in the session's branch, and raises SessionUnknown for a session
    outside of it. Topics told: `session.state` (key session id, data state), `session.call` (key session id,
    data `endpoint_id` or none for all rooms), `session.room` (key session id, data `endpoint_id`)."""

    def __init__(self, db: Database, clock: Clock, engine: MediaEngine) -> None:
        raise NotImplementedError

    async def create(self, actor: Actor, wanted: SessionInput) -> SessionDetails:
        """A new draft. ValidationErrors with one error per field."""
        raise NotImplementedError

    async def update(self, actor: Actor, session_id: SessionId, wanted: SessionInput) -> SessionDetails:
        """Change a session that has not ended. Once scheduled, rooms are matched anew; while live, rooms
        added are expected from now and rooms gone are expected until now, and start, unit and chair are
        fixed (FixedWhileLive). ValidationErrors, WrongState."""
        raise NotImplementedError

    async def preview(self, actor: Actor, wanted: SessionInput) -> int:
        """How many endpoints the form's choice comes to, chair included. ValidationErrors."""
        raise NotImplementedError

    async def schedule(self, actor: Actor, session_id: SessionId) -> SessionView:
        """draft → scheduled: its rooms are worked out. ValidationErrors, WrongState."""
        raise NotImplementedError

    async def cancel(self, actor: Actor, session_id: SessionId) -> SessionView:
        """Any state before live → cancelled; rooms in the lobby are sent out."""
        raise NotImplementedError

    async def copy(self, actor: Actor, session_id: SessionId, starts_at: datetime) -> SessionDetails:
        """A new draft with the same title, rooms and settings, at another hour."""
        raise NotImplementedError

    async def open_lobby(self, actor: Actor, session_id: SessionId) -> SessionView:
        """scheduled → lobby, by hand before its time or by the clock: the rooms are called."""
        raise NotImplementedError

    async def start(self, actor: Actor, session_id: SessionId) -> SessionView:
        """scheduled or lobby → live, now. Rooms not yet called are called."""
        raise NotImplementedError

    async def end(self, actor: Actor, session_id: SessionId) -> SessionView:
        """live → ended, now: grants are withdrawn, the media room is closed."""
        raise NotImplementedError

    async def archive(self, actor: Actor, session_id: SessionId) -> SessionView:
        """ended → archived."""
        raise NotImplementedError

    async def get(self, actor: Actor, session_id: SessionId) -> SessionDetails:
        """One session: visible to whoever may view its branch, or the branch of one of its rooms."""
        raise NotImplementedError

    async def list(
        self,
        actor: Actor,
        *,
        states: Sequence[SessionState] = (),
        text: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        offset: int = 0,
        limit: int = PAGE_SIZE,
        newest_first: bool = True,
    ) -> SessionPage:
        """Sessions the actor may view, by start. `text` is searched without diacritics in the title;
        `since`/`until` bound `starts_at`."""
        raise NotImplementedError

    async def add_endpoints(
        self, actor: Actor, session_id: SessionId, endpoint_ids: Sequence[EndpointId]
    ) -> SessionDetails:
        """Expect more rooms; while live, from now on. Rooms dropped before are expected again."""
        raise NotImplementedError

    async def drop_endpoints(
        self, actor: Actor, session_id: SessionId, endpoint_ids: Sequence[EndpointId]
    ) -> SessionDetails:
        """Expect these rooms no longer; while live, they were expected until now and are sent out."""
        raise NotImplementedError
