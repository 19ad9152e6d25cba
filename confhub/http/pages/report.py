"""The attendance report: figures, curve, roll-up, every room; and the same as CSV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.http.attachment import attached
from confhub.http.context import actor, language, path_id, services
from confhub.http.forms import FormModel, parse_filters, parse_query
from confhub.http.language import translate
from confhub.http.paging import Paged, Searched, sheet
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.i18n.collation import sort_key
from confhub.kernel.ids import SessionId
from confhub.reports.rooms.model import Interval, ReportFilter, RoomRow, SessionReport, Status, Totals

routes = web.RouteTableDef()

STRIP_UNITS = 1000
"""A room's strip is drawn on a line of this many units."""
PAGE_ROWS = 100
"""Rows on one page of the table: the whole of Phú Thọ on four."""


class ReportQuery(Searched, Paged, FormModel):
    """Filters of the table."""

    unit_id: RowId | None = None
    status: Status | None = None
    all: bool = False
    sort: str = Field("", max_length=20)
    """One of COLUMNS, a minus before it for the other way round; nothing: as the tree is read."""

    def filter(self) -> ReportFilter:
        """As the service takes it: all rows that fit."""
        return ReportFilter(self.unit_id, self.status, self.search)


COLUMNS: dict[str, Callable[[RoomRow], Any]] = {
    "name": lambda row: sort_key(row.name),
    "state": lambda row: [list(Status).index(status) for status in row.statuses],
    "first": lambda row: row.first,
    "last": lambda row: row.last,
    "minutes": lambda row: row.minutes,
    "percent": lambda row: row.percent,
    "gaps": lambda row: row.interruptions,
}
"""What the table sorts by."""


@routes.get(r"/sessions/{id:\d+}/report")
async def report(request: web.Request) -> web.StreamResponse:
    """The page."""
    wanted = parse_filters(request, ReportQuery)
    reader = replace(actor(request), language=language(request))
    found = await services(request).reports.session_report(
        reader, SessionId(path_id(request)), wanted.filter()
    )
    strip = Strip(found)
    shown = sheet(found.rows, COLUMNS, wanted.sort, wanted.page, None if wanted.all else PAGE_ROWS)
    return await render(
        request,
        "report/report.html",
        report=found,
        wanted=wanted,
        rows=[(row, strip.bars(row.intervals), strip.expected(row)) for row in shown.rows],
        sheet=shown,
        statuses=list(Status),
        chart=chart(found, translate(request, "Other units")),
    )


class Strip:
    """Where moments stand on the line of live time, in STRIP_UNITS."""

    def __init__(self, report: SessionReport) -> None:
        self._start = report.header.actual_start
        self._end = report.header.actual_end or report.header.made_at

    def place(self, moment: datetime) -> int:
        """0 at live start, STRIP_UNITS at its end; never outside."""
        if self._start is None or self._end <= self._start:
            return 0
        share = (moment - self._start) / (self._end - self._start)
        return round(STRIP_UNITS * min(1.0, max(0.0, share)))

    def bars(self, intervals: tuple[Interval, ...]) -> list[tuple[int, int]]:
        """(x, width) of each stretch of presence; a short one is still seen."""
        places = [(self.place(one.start), self.place(one.end)) for one in intervals]
        return [(start, max(3, end - start)) for start, end in places]

    def expected(self, row: Any) -> tuple[int, int]:
        """(x, width) of the time in which the room was expected."""
        if row.expected_from is None or row.expected_until is None:
            return (0, 0)
        start = self.place(row.expected_from)
        return (start, self.place(row.expected_until) - start)


def chart(report: SessionReport, others: str) -> dict[str, Any]:
    """What the page's curve and bars are drawn from; `others` names the rooms that lie in no district."""
    header = report.header
    return {
        "arrivals": [[int(point.at.timestamp() * 1000), point.present] for point in report.arrivals],
        "expected": report.totals.expected,
        "start": _ms(header.actual_start),
        "end": _ms(header.actual_end),
        "late": header.late_min,
        "left_early": header.left_early_min,
        "branches": bars(report, others),
    }


def bars(report: SessionReport, others: str) -> list[tuple[str, int, int, float]]:
    """(name, connected, never came, per cent) of each district, the units right below the top that have
    rooms below themselves; then of all other rooms together, so that the bars add up to the report. A tree
    of two tiers has no districts: there each tier is a bar."""
    counted = [branch for branch in report.branches if branch.totals.expected]
    parents = {branch.parent_id for branch in counted}
    top = min((branch.depth for branch in counted), default=0)
    found = [branch for branch in counted if branch.depth == top + 1 and branch.unit_id in parents]
    if not found:
        return [_bar(tier.tier_name, tier.totals) for tier in report.tiers if tier.totals.expected]
    drawn = [_bar(branch.name, branch.totals) for branch in found]
    totals = report.totals
    rest = totals.expected - sum(branch.totals.expected for branch in found)
    if rest:
        in_districts = sum(one.totals.percent * one.totals.expected for one in found)
        shares = totals.percent * totals.expected - in_districts
        connected = totals.connected - sum(one.totals.connected for one in found)
        absent = totals.never_came - sum(one.totals.never_came for one in found)
        drawn.append((others, connected, absent, shares / rest))
    return drawn


def _bar(name: str, totals: Totals) -> tuple[str, int, int, float]:
    return name, totals.connected, totals.never_came, totals.percent


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


@routes.get(r"/sessions/{id:\d+}/report.csv")
async def csv(request: web.Request) -> web.StreamResponse:
    """The rows of the filtered table, all of them, for Excel."""
    wanted = parse_query(request, ReportQuery)
    name, content = await services(request).reports.csv(
        actor(request),
        SessionId(path_id(request)),
        wanted.filter(),
        language=language(request),
    )
    return attached(name, content)
