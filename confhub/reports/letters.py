"""Letters: a report with its few words, as the mail server gets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from confhub.access.rules import Actor
from confhub.kernel.ids import SessionId, UnitId
from confhub.reports.mail import Attachment
from confhub.reports.schedule_rules import Format
from confhub.reports.schedules import Letter
from confhub.reports.service import ReportService


class Letters:
    """The maker of scheduled reports."""

    def __init__(self, reports: ReportService) -> None:
        self._reports = reports

    async def session(
        self, actor: Actor, session_id: SessionId, formats: Sequence[Format], language: str
    ) -> Letter:
        """A session's report."""
        reader = replace(actor, language=language)
        report = await self._reports.session_report(reader, session_id)
        name, content = await self._reports.csv(reader, session_id, language=language)
        return Letter(report.header.title, report.header.title, (Attachment(name, "text/csv", content),))

    async def unit(
        self, actor: Actor, unit_id: UnitId, first: date, last: date, formats: Sequence[Format], language: str
    ) -> Letter:
        """A unit's report over whole days, both ends counted."""
        raise NotImplementedError
