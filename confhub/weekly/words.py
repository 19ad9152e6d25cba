"""A week as its papers say it: rows of cells by day and half of the day. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.weekly.rules import is_morning
from confhub.weekly.values import Day, Line, Mark, MarkedLine, Week, WeekState

KIND: Final = "LCT"
"""Lịch công tác, in front of the issuer's abbreviation in the number."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, what stood there before it was changed, and a remark."""

    text: str
    was: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line's cells, from the hour on. `gone`: all of it is struck."""

    cells: tuple[Cell, ...]
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Half:
    """A morning or an afternoon."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class DayRows:
    """A day; without halves where nothing is planned."""

    title: tuple[str, ...]
    halves: tuple[Half, ...]


class Words:
    """The sentences of a schedule's papers, in one language."""

    def __init__(self, translate: Translate, formats: Formats) -> None:
        self.translate, self._formats = translate, formats
        self.language = formats.language

    def headings(self) -> tuple[str, ...]:
        """Of the columns."""
        _ = self.translate
        return (
            _("Date"), _("Half of the day"), _("Begins, ends"), _("Content"), _("Place, rooms"),
            _("Chaired by"), _("Attending"), _("Prepared by"),
        )  # fmt: skip

    def title(self) -> str:
        """Of the paper."""
        return self.translate("Weekly schedule")

    def subject(self, week: Week) -> str:
        """Which week it is."""
        last = date.fromordinal(week.monday.toordinal() + 6)
        said = self.translate("Week {week} (from {first} to {last})")
        first, until = (self._formats.date(one) for one in (week.monday, last))
        return said.format(week=week.number, first=first, last=until)

    def standing(self, week: Week) -> list[str]:
        """How far it is: a line each."""
        _, formats = self.translate, self._formats
        if week.state is WeekState.DRAFT:
            return [_("(Draft)")]
        said = _("Approved by {name}, {time}.")
        lines = [said.format(name=week.approved_name, time=formats.datetime(week.approved_at))]
        if week.changed:
            lines.append(_("Changes since then are marked; what holds no more is struck out."))
        return lines

    def days(self, week: Week) -> list[DayRows]:
        """All days that are shown."""
        return [self._day(one) for one in week.days]

    def nothing(self) -> str:
        """Of a day without lines."""
        return self.translate("Nothing is planned.")

    def more(self) -> str:
        """Of a week with too many sessions."""
        return self.translate(
            "There are more sessions than a schedule holds; those that begin later are left out."
        )

    def hours(self, begins: time, ends: time | None) -> str:
        """`08:00–09:30`."""
        return f"{begins:%H:%M}" if ends is None else f"{begins:%H:%M}–{ends:%H:%M}"

    def participants(self, line: Line) -> str:
        """As written, or how many rooms take part."""
        if line.participants or not line.rooms:
            return line.participants
        return self.translate("Rooms: {count}").format(count=line.rooms)

    def remark(self, one: MarkedLine) -> str:
        """What happened to a line, and when; nothing where nothing did."""
        if one.mark is None:
            return ""
        _ = self.translate
        said = {
            Mark.ADDED: _("Added"), Mark.CHANGED: _("Changed"), Mark.CANCELLED: _("Cancelled"),
            Mark.AWAY: _("No longer in this week"), Mark.REMOVED: _("Taken out"),
        }[one.mark]  # fmt: skip
        return said if one.at is None else f"{said}: {self._formats.datetime(one.at)}"

    def cells(self, one: MarkedLine) -> tuple[Cell, ...]:
        """From the hour on; with what stood there where it differs."""
        now = self._texts(one.line, one.line.day)
        before = now if one.was is None else self._texts(one.was, one.line.day)
        remark = self.remark(one)
        return tuple(
            Cell(text, was if was != text else "", remark if number == 1 else "")
            for number, (text, was) in enumerate(zip(now, before, strict=True))
        )

    def _texts(self, line: Line, day: date) -> tuple[str, ...]:
        hours = self.hours(line.begins, line.ends)
        if line.day != day:
            hours = f"{self._formats.weekday_date(line.day)}, {hours}"
        return (hours, line.content, line.place, line.chair, self.participants(line), line.prepared_by)

    def _day(self, day: Day) -> DayRows:
        title = self._formats.weekday_date(day.day).split(", ", 1)
        _ = self.translate
        halves = []
        for name, morning in ((_("Morning"), True), (_("Afternoon"), False)):
            rows = tuple(self._rows(one for one in day.lines if is_morning(one.line.begins) is morning))
            if rows:
                halves.append(Half(name, rows))
        return DayRows((*title, *([day.off] if day.off else ())), tuple(halves))

    def _rows(self, lines: Iterable[MarkedLine]) -> Iterable[Row]:
        return [Row(self.cells(one), one.gone) for one in lines]
