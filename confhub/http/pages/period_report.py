"""Reports over time: a unit over a period, and sessions side by side."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import Field

from confhub.http.addresses import hub_address
from confhub.http.attachment import attached
from confhub.http.context import language, path_id, services
from confhub.http.forms import FormModel, parse_form, parse_query
from confhub.http.language import translate
from confhub.http.pages.choices import tree_options
from confhub.http.pages.people_report import making, reader_of
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.http.wishes.courses import ProgressFilters
from confhub.http.wishes.reports import CompareFields, FileFields
from confhub.i18n.formats import Formats
from confhub.kernel.ids import SessionId
from confhub.reports.drawing.files import What
from confhub.reports.people.csv_file import PeopleCsv
from confhub.reports.people.period.compare import COMPARED_MAX
from confhub.reports.people.period.model import Comparison, PeriodReport
from confhub.reports.people.period.words import before, period_sentences

routes = web.RouteTableDef()

SESSIONS_SHOWN = 200
"""Of a period on one page, newest first; the files hold all of them."""


class PeriodQuery(FormModel):
    """Whole days, both ends counted; without any, this year so far."""

    unit_id: RowId | None = None
    first: date | None = Field(None, alias="from")
    last: date | None = Field(None, alias="to")


class PeriodFileForm(FileFields, PeriodQuery):
    """What is made, of which days."""


class CompareQuery(CompareFields, FormModel):
    """The sessions to be compared; none: choose some."""


def days(request: web.Request, wanted: PeriodQuery) -> tuple[date, date]:
    """The chosen days; what is not chosen is the beginning of the year, and today."""
    hub = services(request)
    today = hub.clock.now().astimezone(ZoneInfo(hub.settings.timezone)).date()
    last = wanted.last or today
    return wanted.first or min(last, last.replace(month=1, day=1)), last


@routes.get("/reports")
async def period(request: web.Request) -> web.StreamResponse:
    """A unit over a period; what is wrong with the days is said in the form."""
    first, last = days(request, PeriodQuery.model_validate({}))
    values: dict[str, Any] = {"from": first, "to": last, **request.query}
    report: PeriodReport | None = None
    errors: dict[str, str] = {}
    status = 200
    try:
        wanted = parse_query(request, PeriodQuery)
        first, last = days(request, wanted)
        values |= {"from": first, "to": last}
        report = await services(request).people_reports.period(
            reader_of(request), wanted.unit_id, first, last
        )
    except FORM_ERRORS as error:
        if request.query.get("from") is None and request.query.get("to") is None:
            raise  # nothing was typed: it is the right that is missing
        again = refusal(request, error)
        errors, status = again.errors, again.status
    return await render(
        request,
        "report/period.html",
        status=status,
        report=report,
        values=values,
        errors=errors,
        units=await tree_options(request),
        making=making(request),
        sessions=report.sessions[:SESSIONS_SHOWN] if report else (),
        said=said(request, report) if report else (),
        before=partial(before, _=partial(translate, request)),
        chart=chart(report) if report else None,
        compared_max=COMPARED_MAX,
    )


def said(request: web.Request, report: PeriodReport) -> list[str]:
    """By which tree its units are counted."""
    return period_sentences(report, Formats(language(request), report.timezone), partial(translate, request))


def chart(report: PeriodReport) -> list[list[object]]:
    """By month: its name, who completed, who came, who was expected."""
    return [
        [f"{one.first:%m/%Y}", one.figures.completed, one.figures.attended, one.figures.expected]
        for one in report.months
    ]


@routes.get("/reports/period.csv")
async def csv(request: web.Request) -> web.StreamResponse:
    """The units, for Excel."""
    wanted = parse_query(request, PeriodQuery)
    hub = services(request)
    name, content = await PeopleCsv(hub.people_reports, hub.catalogue).period(
        reader_of(request), wanted.unit_id, *days(request, wanted), language(request)
    )
    return attached(name, content)


@routes.post("/reports/files")
async def start_file(request: web.Request) -> web.StreamResponse:
    """Begin a workbook or a PDF of a period."""
    wanted = await parse_form(request, PeriodFileForm)
    first, last = days(request, wanted)
    made = await services(request).report_files.start(
        reader_of(request), What(unit_id=wanted.unit_id, first=first, last=last), wanted.form,
        language(request), hub_address(request),
    )  # fmt: skip
    unit = f"&unit_id={wanted.unit_id}" if wanted.unit_id else ""
    return see_other(f"/reports?from={first}&to={last}{unit}&file={made.id}")


class CourseFileForm(FileFields, ProgressFilters, FormModel):
    """What is made of a course; the filters are those of its page."""


@routes.post(r"/courses/{id:\d+}/files")
async def start_course_file(request: web.Request) -> web.StreamResponse:
    """Begin a workbook or a PDF of a course and its participants."""
    wanted = await parse_form(request, CourseFileForm)
    made = await services(request).report_files.start(
        reader_of(request), What(course_id=path_id(request), learners=wanted.filter()), wanted.form,
        language(request), hub_address(request),
    )  # fmt: skip
    return see_other(f"/reports/files/{made.id}/progress")


@routes.get("/reports/compare")
async def compare(request: web.Request) -> web.StreamResponse:
    """Sessions side by side; too few or too many are said above the list to choose from."""
    found, who = services(request).people_reports, reader_of(request)
    choices = await found.choices(who)
    comparison: Comparison | None = None
    errors: dict[str, str] = {}
    status = 200
    if "session" in request.query:
        try:
            chosen = parse_query(request, CompareQuery).session
            comparison = await found.comparison(who, [SessionId(one) for one in chosen])
        except FORM_ERRORS as error:
            again = refusal(request, error)
            errors, status = {"": again.problem}, again.status
    return await render(
        request,
        "report/compare.html",
        status=status,
        comparison=comparison,
        choices=choices,
        chosen=request.query.getall("session", []),
        errors=errors,
        compared_max=COMPARED_MAX,
    )
