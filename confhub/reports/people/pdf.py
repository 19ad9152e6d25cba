"""A session's report on people as PDF in the form of decree 30/2020, with rooms and roster as appendices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from reportlab.lib.units import mm

from confhub.files.pdf import draw_table
from confhub.files.table import Column, Kind, Table, Value
from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.kernel.rounding import percent
from confhub.paper.decree import begin_appendix, draw_section
from confhub.paper.fonts import BOLD, ITALIC, REGULAR
from confhub.paper.grid import Column as Ruled
from confhub.paper.grid import Grid
from confhub.paper.sheets import Sheets
from confhub.reports.paper import Paper, draw_foot, draw_head
from confhub.reports.people.model import (
    PeopleFigures,
    PeopleReport,
    PersonLine,
    PersonStatus,
    RoomFigures,
    UnitFigures,
)
from confhub.reports.people.roll_up import with_rest
from confhub.reports.people.rule_words import lost_sentences, remarks, rule_sentences
from confhub.reports.people.tables import correction_words, missing
from confhub.reports.people.words import STATUS_WORDS
from confhub.reports.session.proof import trace_sentences, undone_sentences

SILENT_NAMED: Final = 40
"""Rooms named in the text as not reporting; all of them stand in the first appendix."""
SIGNING: Final = 110 * mm
"""Height of the proof with the signature below it: a signature never stands alone on a sheet."""


class PeoplePdf:
    """Draws one report. Blocking, and slow: in a process of its own."""

    def __init__(self, target: Path, report: PeopleReport, paper: Paper, _: Translate) -> None:
        self._report = report
        self._paper = paper
        self._ = _
        self._fmt = Formats(paper.language, report.header.timezone)
        subject = _("Results of the attendance of “{title}”").format(title=report.header.title)
        self._sheets = Sheets(target, subject, author=report.header.unit_name)
        self._subject = subject
        self._day = report.header.actual_start or report.header.starts_at

    def draw(self, people: Iterable[PersonLine]) -> None:
        """Everything, with these people as the roster."""
        self._letter()
        self._rooms()
        if self._paper.persons:
            corrected = self._roster(people)
            if corrected:
                self._corrections(corrected)
        self._sheets.save()

    # -- the letter ------------------------------------------------------------------------------------

    def _letter(self) -> None:
        _, sheets = self._, self._sheets
        draw_head(sheets, self._paper.letterhead, _("Report"), self._subject)
        self._opening()
        draw_section(sheets, 1, _("Figures of the whole session"))
        self._totals()
        draw_section(sheets, 2, _("By tier"))
        self._grid(_("Tier"), [(one.name, one.figures) for one in self._report.tiers])
        branches = self._branches()
        if len(branches) > 1:
            draw_section(sheets, 3, _("By branch"))
            self._grid(_("Branch"), [(one.name, one.figures) for one in branches])
        draw_section(sheets, 4 if len(branches) > 1 else 3, _("Rooms that have not reported"))
        self._silent()
        sheets.need(SIGNING)
        draw_section(sheets, 5 if len(branches) > 1 else 4, _("Proof of the figures"))
        self._proof()
        draw_foot(sheets, self._paper.letterhead, _)

    def _branches(self) -> list[UnitFigures]:
        return with_rest(self._report.units, self._report.rooms, self._("Other units"))

    def _opening(self) -> None:
        _, header, fmt = self._, self._report.header, self._fmt
        begun, ended = header.actual_start, header.actual_end
        if begun is None:
            when = _("planned for {start}").format(start=fmt.datetime(header.starts_at))
        elif ended is None:
            when = _("live since {start}, still going on").format(start=fmt.datetime(begun))
        elif begun.date() != ended.date():
            when = _("held from {start} to {end}").format(start=fmt.datetime(begun), end=fmt.datetime(ended))
        else:
            when = _("held from {start} to {end} on {day}").format(
                start=fmt.time(begun), end=fmt.time(ended), day=fmt.date(begun)
            )
        self._sheets.paragraph(
            _("The session “{title}”, organized by {unit}, was {when} (time zone {zone}).").format(
                title=header.title, unit=header.unit_name, when=when, zone=header.timezone
            )
        )
        said = [*rule_sentences(header, fmt, _), *lost_sentences(self._report.totals, fmt, _)]
        said.append(_("The figures are as of {made}.").format(made=fmt.datetime(header.made_at)))
        self._sheets.paragraph(" ".join(said))
        if not header.whole:
            self._sheets.paragraph(
                _("This report covers the rooms of the reader's own branches, not the whole session."),
                face=ITALIC,
            )

    def _totals(self) -> None:
        _, totals = self._, self._report.totals
        columns = (
            Column(_("Figure"), width=60), Column(_("Quantity"), Kind.COUNT, 20),
            Column(_("Share"), Kind.SHARE, 20),
        )  # fmt: skip
        figures = (
            (_("Rooms expected"), totals.rooms, 0),
            (_("Rooms connected"), totals.connected, totals.rooms),
            (_("Rooms with a head count"), totals.heads_rooms, totals.rooms),
            (_("People declared by the rooms"), totals.heads, 0),
            (_("People expected"), totals.expected, 0),
            (_("Checked in"), totals.checked_in, 0),
            (_("of them expected"), totals.attended, totals.expected),
            (_("of them guests"), totals.guests, 0),
            (_("On time, to the end"), totals.on_time, totals.expected),
            (_("Late"), totals.late, totals.expected),
            (_("Left early"), totals.left_early, totals.expected),
            (_("Checked in, room not connected"), totals.unconnected, totals.expected),
            (_("Presence prompt not answered"), totals.unanswered, totals.expected),
            (_("Absent with leave"), totals.with_leave, totals.expected),
            (_("Absent without leave"), totals.without_leave, totals.expected),
            (_("Completed"), totals.completed, totals.expected),
        )
        rows = [[words, value, value / whole if whole else None] for words, value, whole in figures]
        draw_table(self._sheets, Table(_("Overview"), columns, rows), self._fmt, size=12)

    def _grid(self, first: str, rows: Sequence[tuple[str, PeopleFigures]]) -> None:
        _ = self._
        columns = (
            Column(first, width=37), Column(_("Rooms"), Kind.COUNT, 13),
            Column(_("Connected"), Kind.COUNT, 16),
            Column(_("Declared"), Kind.COUNT, 17), Column(_("Expected"), Kind.COUNT, 17),
            Column(_("Checked in"), Kind.COUNT, 17), Column(_("Completed"), Kind.COUNT, 17),
            Column(f"{_('Completion rate')} (%)", Kind.DECIMAL, 16),
        )  # fmt: skip
        table = Table(first, columns, [[name, *_cells(figures)] for name, figures in rows])
        draw_table(self._sheets, table, self._fmt, total=[_("Total"), *_cells(self._report.totals)])

    def _silent(self) -> None:
        _ = self._
        rooms = [(room, missing(room)) for room in self._report.rooms]
        silent = [(room, what) for room, what in rooms if what]
        if not silent:
            self._sheets.paragraph(_("All rooms have reported."))
            return
        self._sheets.paragraph(
            _("{count} rooms have not reported everything:").format(count=self._fmt.number(len(silent)))
        )
        for kind in dict.fromkeys(word for _room, what in silent for word in what):
            names = [f"{room.name} ({room.code})" for room, what in silent if kind in what]
            more = f" {_('and others, as appendix I shows.')}" if len(names) > SILENT_NAMED else "."
            named = "; ".join(names[:SILENT_NAMED]) + more
            self._sheets.paragraph(f"- {_(kind)} ({self._fmt.number(len(names))}): {named}", after=3)
        self._sheets.y -= 4

    def _proof(self) -> None:
        _, sheets, header = self._, self._sheets, self._report.header
        seal = header.seal
        if seal is None or not seal.stands or not seal.head:
            sheets.paragraph(
                _(
                    "The attendance of this session is not closed: the figures may still change, and this"
                    " report is provisional."
                ),
                face=ITALIC,
            )
            self._trace()
            return
        side = 26 * mm
        sheets.need(side + 30)
        sheets.paragraph(
            _("The attendance was closed by {name} at {time}. The seal's hash (SHA-256):").format(
                name=seal.sealed_by, time=self._fmt.datetime(seal.sealed_at)
            )
        )
        top = sheets.y
        sheets.qr(f"{self._paper.home}/sessions/{header.session_id}/people?head={seal.head}", sheets.left,
                  top - side, side)  # fmt: skip
        x, room = sheets.left + side + 5 * mm, sheets.room - side - 5 * mm
        half = len(seal.head) // 2
        sheets.lines(seal.head[:half], x=x, room=room, size=11, face=BOLD)
        sheets.lines(seal.head[half:], x=x, room=room, size=11, face=BOLD, after=4)
        sheets.lines(
            _(
                "Anyone with access to the service can compare it by the QR code, or by the command"
                " “confhub verify {session}”; a changed event or correction gives another hash."
            ).format(session=header.session_id),
            x=x, room=room, size=11, face=ITALIC,
        )  # fmt: skip
        sheets.y = min(sheets.y, top - side) - 8
        self._trace()

    def _trace(self) -> None:
        report, fmt, _ = self._report, self._fmt, self._
        for sentence in (
            *trace_sentences(report.header, fmt, _),
            *undone_sentences(report.undoings, fmt, _),
        ):
            self._sheets.paragraph(sentence, face=ITALIC)

    # -- appendices --------------------------------------------------------------------------------------

    def _appendix(self, number: str, title: str) -> None:
        note = "(" + self._("with the report on “{title}”").format(title=self._report.header.title) + ")"
        begin_appendix(self._sheets, self._("Appendix {number}").format(number=number), title, note)

    def _rooms(self) -> None:
        _, totals = self._, self._report.totals
        self._appendix("I", _("Figures by room"))
        columns = (
            Column(_("No."), Kind.ORDINAL, 10), Column(_("Endpoint"), width=52),
            Column(_("Connected"), Kind.MARK, 18), Column(_("Declared"), Kind.COUNT, 14),
            Column(_("Expected"), Kind.COUNT, 15), Column(_("Checked in"), Kind.COUNT, 15),
            Column(_("Late"), Kind.COUNT, 13), Column(_("Left early"), Kind.COUNT, 13),
            Column(_("With leave"), Kind.COUNT, 14), Column(_("Without leave"), Kind.COUNT, 15),
            Column(_("Completed"), Kind.COUNT, 15),
        )  # fmt: skip
        rows = [
            [number, _called(room), "x" if room.figures.connected else "", room.heads, *_became(room.figures)]
            for number, room in enumerate(self._report.rooms, 1)
        ]
        connected = self._fmt.number(totals.connected)
        total = [None, _("Total"), connected, totals.heads, *_became(totals)]
        draw_table(self._sheets, Table(_("Rooms"), columns, rows), self._fmt, size=9.5, total=total)

    def _roster(self, people: Iterable[PersonLine]) -> list[PersonLine]:
        """The roster by room; gives those with corrections."""
        _ = self._
        self._appendix("II", _("List of the people"))
        grid = Grid(
            self._sheets,
            [
                Ruled(_("No."), 1.1, "right"), Ruled(_("Full name"), 3.8),
                Ruled(_("Position, unit, remarks"), 4.9),
                Ruled(_("Status"), 2.6), Ruled(_("In"), 1.2, "middle"), Ruled(_("Out"), 1.2, "middle"),
                Ruled(_("Minutes"), 1.3, "right"), Ruled("%", 1.2, "right"),
                Ruled(_("Completed"), 1.7, "middle"),
            ],
            size=9.5,
        )  # fmt: skip
        grid.head()
        rooms = {room.endpoint_id: room for room in self._report.rooms}
        corrected, room_id, number = [], 0, 0
        for one in people:
            if one.endpoint_id != room_id:
                room_id, number = one.endpoint_id, 0
                grid.band(self._band(one, rooms.get(room_id)), keep=30)
            number += 1
            grid.row(self._person_cells(number, one))
            if one.corrections:
                corrected.append(one)
        return corrected

    def _band(self, one: PersonLine, room: RoomFigures | None) -> str:
        text = f"{one.room_name} ({one.room_code})"
        if room is None:
            return text
        figures = self._("{expected} expected, {checked_in} checked in, {completed} completed").format(
            expected=room.figures.expected, checked_in=room.figures.checked_in,
            completed=room.figures.completed,
        )  # fmt: skip
        return f"{text}: {figures}"

    def _person_cells(self, number: int, one: PersonLine) -> list[str]:
        place = one.position or ""
        if one.unit_name and one.unit_name not in one.room_name:
            place = f"{place}, {one.unit_name}" if place else one.unit_name
        status = STATUS_WORDS[one.status]
        if not one.expected and one.status is not PersonStatus.NOT_EXPECTED:
            words = f"{self._(status)} ({self._('guest')})"
        else:
            words = self._(status)
        came = one.first_at is not None
        return [
            str(number),
            one.name or self._("(erased)"),
            "; ".join(filter(None, [place, *remarks(one, self._)])),
            words,
            self._hour(one.first_at),
            self._hour(one.last_at),
            self._fmt.decimal(one.minutes, 1) if came else "",
            self._fmt.decimal(percent(one.share), 2) if came else "",
            "x" if one.completed else "",
        ]

    def _hour(self, moment: datetime | None) -> str:
        """With the day and the month below it, where it is not the session's day."""
        if moment is None:
            return ""
        return f"{moment:%H:%M}" if moment.date() == self._day.date() else f"{moment:%H:%M}\n{moment:%d/%m}"

    def _corrections(self, people: Sequence[PersonLine]) -> None:
        _ = self._
        self._appendix("III", _("Corrections by officers"))
        for one in people:
            self._sheets.need(32)
            name = one.name or _("(erased)")
            self._sheets.lines(f"{name} – {one.room_name} ({one.room_code})", face=BOLD, size=11)
            for words in correction_words(one, _, self._day.date()):
                self._sheets.lines(f"- {words}", face=REGULAR, size=11)
            self._sheets.y -= 4


def _cells(one: PeopleFigures) -> list[Value]:
    share = float(percent(one.completed_share)) if one.expected else "–"
    return [one.rooms, one.connected, one.heads, one.expected, one.checked_in, one.completed, share]


def _became(one: PeopleFigures) -> list[Value]:
    return [
        one.expected, one.checked_in, one.late, one.left_early, one.with_leave, one.without_leave,
        one.completed,
    ]  # fmt: skip


def _called(room: RoomFigures) -> str:
    name = room.name if room.unit_name in room.name else f"{room.name}, {room.unit_name}"
    return f"{name} ({room.code})"
