"""Letters: a report with its few words and its files, as the mail server gets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from confhub.access.rules import Actor
from confhub.files.names import MEDIA_TYPES
from confhub.i18n.catalogue import Catalogue, Translate
from confhub.i18n.formats import Formats
from confhub.kernel.ids import SessionId, UnitId
from confhub.post.mailer import Attachment
from confhub.reports.drawing.files import Form, ReportFiles, What
from confhub.reports.mailing.rules import Format
from confhub.reports.mailing.schedules import Letter
from confhub.reports.people.csv_file import PeopleCsv
from confhub.reports.people.model import PeopleFigures, PeopleFilter
from confhub.reports.people.service import PeopleReportService


class Letters:
    """The maker of scheduled reports."""

    def __init__(
        self, reports: PeopleReportService, files: ReportFiles, catalogue: Catalogue, home: str
    ) -> None:
        """`home`: the hub's address, as recipients can open it."""
        self._reports = reports
        self._files = files
        self._csv = PeopleCsv(reports, catalogue)
        self._catalogue = catalogue
        self._home = home.rstrip("/")

    async def session(
        self, actor: Actor, session_id: SessionId, formats: Sequence[Format], language: str
    ) -> Letter:
        """A session's report."""
        _ = self._words(language)
        reader = replace(actor, language=language)
        report = await self._reports.session(reader, session_id)
        header, what = report.header, What(session_id=session_id)
        fmt = Formats(language, header.timezone)
        files = []
        for one in formats:
            if one is Format.CSV:
                name, content = await self._csv.session(reader, session_id, PeopleFilter(), language)
                files.append(Attachment(name, MEDIA_TYPES["csv"], content))
            else:
                files.append(await self._file(reader, what, one, language))
        day = fmt.date(header.actual_start or header.starts_at)
        subject = _("Attendance of “{title}”, {day}").format(title=header.title, day=day)
        state = (
            _("The attendance is closed; the seal's hash is {head}.").format(head=header.seal.head)
            if header.seal is not None and header.seal.stands and header.seal.head
            else _("The attendance is not closed yet: the figures may still change.")
        )
        lines = [
            subject, "", *_figure_lines(report.totals, fmt, _), "", state,
            f"{self._home}/sessions/{header.session_id}/people",
        ]  # fmt: skip
        return Letter(subject, "\n".join(lines) + "\n", tuple(files))

    async def unit(
        self, actor: Actor, unit_id: UnitId, first: date, last: date, formats: Sequence[Format], language: str
    ) -> Letter:
        """A unit's report over whole days, both ends counted."""
        _ = self._words(language)
        reader = replace(actor, language=language)
        report = await self._reports.period(reader, unit_id, first, last)
        what = What(unit_id=unit_id, first=first, last=last)
        fmt = Formats(language, report.timezone)
        files = []
        for one in formats:
            if one is Format.CSV:
                name, content = await self._csv.period(reader, unit_id, first, last, language)
                files.append(Attachment(name, MEDIA_TYPES["csv"], content))
            else:
                files.append(await self._file(reader, what, one, language))
        subject = _("Attendance of {unit} from {first} to {last}").format(
            unit=report.unit_name, first=fmt.date(first), last=fmt.date(last)
        )
        held = f"{_('Sessions')}: {fmt.number(report.sessions_held)}"
        address = f"{self._home}/reports?unit_id={unit_id}&from={first}&to={last}"
        lines = [subject, "", held, *_figure_lines(report.totals, fmt, _), "", address]
        return Letter(subject, "\n".join(lines) + "\n", tuple(files))

    async def _file(self, actor: Actor, what: What, form: Format, language: str) -> Attachment:
        made: Form = "pdf" if form is Format.PDF else "xlsx"
        name, content = await self._files.make(actor, what, made, language, self._home)
        return Attachment(name, MEDIA_TYPES[made], content)

    def _words(self, language: str) -> Translate:
        return lambda message: self._catalogue.gettext(language, message)


def _figure_lines(totals: PeopleFigures, fmt: Formats, _: Translate) -> list[str]:
    """The four figures apart, and what they come to."""
    number = fmt.number
    return [
        f"{_('Rooms connected')}: {number(totals.connected)} / {number(totals.rooms)}",
        f"{_('Declared heads')}: {number(totals.heads)}",
        f"{_('People expected')}: {number(totals.expected)}",
        f"{_('Checked in')}: {number(totals.checked_in)} ({fmt.percent(totals.attended_share)})",
        f"{_('Completed')}: {number(totals.completed)} ({fmt.percent(totals.completed_share)})",
    ]
