"""Use cases of reports: a session's attendance report, for the asker's branch."""

from __future__ import annotations

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.ids import SessionId
from confhub.reports.model import ReportFilter, SessionReport


class ReportService:
    """Reads only; rights `Permission.REPORT_VIEW` by branch."""

    def __init__(self, db: Database, clock: Clock, timezone: str = "Asia/Ho_Chi_Minh") -> None: ...

    async def session_report(
        self, actor: Actor, session_id: SessionId, wanted: ReportFilter | None = None
    ) -> SessionReport:
        """The report over the rooms of the actor's branches.

        Raises `NotFound` for an unknown session, `Forbidden` where the actor may see no report of it.
        """
        raise NotImplementedError

    async def csv(
        self,
        actor: Actor,
        session_id: SessionId,
        wanted: ReportFilter | None = None,
        *,
        language: str | None = None,
    ) -> tuple[str, bytes]:
        """(file name, content) of the room rows as CSV for Excel: UTF-8 with BOM, CRLF."""
        raise NotImplementedError
