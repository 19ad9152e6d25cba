"""Reports on people as CSV: a session's persons (rooms, for who may not read those), a period's units."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from confhub.access.rules import Actor
from confhub.files.csv_file import CsvWriter, csv_bytes
from confhub.files.names import file_name
from confhub.i18n.catalogue import Catalogue
from confhub.i18n.formats import Formats
from confhub.kernel.ids import SessionId
from confhub.reports.people.model import PeopleFilter
from confhub.reports.people.period.tables import period_units
from confhub.reports.people.period.words import period_sentences
from confhub.reports.people.service import PeopleReportService
from confhub.reports.people.tables import people_cells, people_columns, rooms_table, statement


class PeopleCsv:
    """Makes them with the rights of whoever asks."""

    def __init__(self, reports: PeopleReportService, catalogue: Catalogue) -> None:
        self._reports = reports
        self._catalogue = catalogue

    async def session(
        self, actor: Actor, session_id: SessionId, wanted: PeopleFilter, language: str
    ) -> tuple[str, bytes]:
        """(file name, content). Raises as `PeopleReportService.export`."""
        _ = self._catalogue.into(language)
        async with self._reports.export(actor, session_id, wanted) as found:
            header = found.report.header
            day = (header.actual_start or header.starts_at).date()
            name = file_name(f"{header.session_id}-{day}", header.title, "csv")
            fmt = Formats(language, header.timezone)
            said = statement(found.report, fmt, _)
            if not header.may_people:
                return name, csv_bytes(replace(rooms_table(found.report.rooms, _, ""), notes=said), language)
            writer = CsvWriter(people_columns(_, header.timezone), language)
            parts, number = [writer.head()], 0
            async for group in found.people:
                parts.append(
                    writer.rows(people_cells(number + at, one, _, day) for at, one in enumerate(group, 1))
                )
                number += len(group)
            parts.append(writer.notes(said))
        return name, b"".join(parts)

    async def period(
        self, actor: Actor, unit_id: int | None, first: date, last: date, language: str
    ) -> tuple[str, bytes]:
        """(file name, content): a line a unit. Raises as `PeopleReportService.period`."""
        _ = self._catalogue.into(language)
        report = await self._reports.period(actor, unit_id, first, last)
        name = file_name(f"{first}-{last}", report.unit_name or "all", "csv")
        said = period_sentences(report, Formats(language, report.timezone), _)
        return name, csv_bytes(replace(period_units(report, _), notes=said), language)
