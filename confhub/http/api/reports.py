"""Reports on people by API: a session's figures, persons and curve; a period; a comparison; files."""

from __future__ import annotations

from datetime import date

from aiohttp import web
from pydantic import Field

from confhub.http.addresses import hub_address
from confhub.http.api.shapes.people_report import (
    CurvePointOut,
    FileOut,
    PeopleReportOut,
    ReportedPersonOut,
    ReportedPersonsOut,
)
from confhub.http.api.shapes.period_report import ComparisonOut, PeriodOut
from confhub.http.api_decorator import Api
from confhub.http.context import actor, language, path_id, services
from confhub.http.paging import Paged
from confhub.http.shapes import ApiModel, RowId
from confhub.http.wishes.reports import CompareFields, FileFields, PersonFilters
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import SessionId
from confhub.kernel.limits import PAGE_SIZE_MAX
from confhub.org.errors import UnitNotFound
from confhub.reports.drawing.errors import FileGone, TooManyFiles
from confhub.reports.drawing.files import What
from confhub.reports.people.errors import PeriodWrong, PersonNotListed, TooFewSessions
from confhub.sessions.errors import SessionUnknown

api = Api("Reports")


class PersonsQuery(PersonFilters, Paged, ApiModel):
    """Which persons, and which page of them."""

    size: int = Field(default=100, ge=1, le=PAGE_SIZE_MAX)


class PeriodQuery(ApiModel):
    """Whole days, both ends counted; without a unit all of one's branches."""

    unit_id: RowId | None = None
    first: date = Field(alias="from")
    last: date = Field(alias="to")


class CompareQuery(CompareFields, ApiModel):
    """The sessions, in the order wanted."""


class FileIn(FileFields, ApiModel):
    """What is made."""


class PeriodFileIn(FileFields, PeriodQuery):
    """What is made, of which days."""


class CurveOut(ApiModel):
    """People and rooms present, at most 240 moments over live time."""

    moments: list[CurvePointOut]


@api(
    "GET",
    "/api/v1/sessions/{id}/people",
    summary="A session's report on people",
    response=PeopleReportOut,
    errors=(SessionUnknown, Forbidden),
)
async def people(request: web.Request) -> PeopleReportOut:
    """Expected, connected rooms, declared heads, checked-in people and completed, apart and side by side;
    of one's own branches."""
    return PeopleReportOut.of(
        await services(request).people_reports.session(actor(request), SessionId(path_id(request)))
    )


@api(
    "GET",
    "/api/v1/sessions/{id}/people/persons",
    summary="A session's persons",
    query=PersonsQuery,
    response=ReportedPersonsOut,
    errors=(SessionUnknown, Forbidden),
)
async def persons(request: web.Request, query: PersonsQuery) -> ReportedPersonsOut:
    """Those of the branches in which one may read persons; that somebody looked is written down."""
    return ReportedPersonsOut.of(
        await services(request).people_reports.persons(
            actor(request), SessionId(path_id(request)), query.filter(), page=query.page, size=query.size
        )
    )


@api(
    "GET",
    "/api/v1/sessions/{id}/people/persons/{person}",
    summary="One person of a session",
    response=ReportedPersonOut,
    errors=(SessionUnknown, PersonNotListed, Forbidden),
)
async def person(request: web.Request) -> ReportedPersonOut:
    """Stretches of presence and corrections; that somebody looked is written down."""
    return ReportedPersonOut.of(
        await services(request).people_reports.person(
            actor(request), SessionId(path_id(request)), path_id(request, "person")
        )
    )


@api(
    "GET",
    "/api/v1/sessions/{id}/people/curve",
    summary="People present over time",
    response=CurveOut,
    errors=(SessionUnknown, Forbidden),
)
async def curve(request: web.Request) -> CurveOut:
    """The arrival curve, of one's own branches; empty before the session is live."""
    found = await services(request).people_reports.curve(actor(request), SessionId(path_id(request)))
    return CurveOut(moments=[CurvePointOut.of(one) for one in found])


@api(
    "POST",
    "/api/v1/sessions/{id}/people/files",
    summary="Make a file of a session's report",
    request=FileIn,
    response=FileOut,
    status=202,
    errors=(SessionUnknown, TooManyFiles, Forbidden),
)
async def start_file(request: web.Request, body: FileIn) -> FileOut:
    """Drawn in a process of its own; ask for its state until it is done, and fetch `/reports/files/{id}`
    within the hour."""
    return FileOut.of(
        await services(request).report_files.start(
            actor(request), What(SessionId(path_id(request))), body.form, language(request),
            hub_address(request),
        )
    )  # fmt: skip


@api(
    "GET",
    "/api/v1/reports/period",
    summary="A unit's report over a period",
    query=PeriodQuery,
    response=PeriodOut,
    errors=(UnitNotFound, PeriodWrong, Forbidden),
)
async def period(request: web.Request, query: PeriodQuery) -> PeriodOut:
    """Months, units, sessions, and the rooms that did not report."""
    return PeriodOut.of(
        await services(request).people_reports.period(actor(request), query.unit_id, query.first, query.last)
    )


@api(
    "GET",
    "/api/v1/reports/comparison",
    summary="Sessions side by side",
    query=CompareQuery,
    response=ComparisonOut,
    errors=(SessionUnknown, TooFewSessions, Forbidden),
)
async def comparison(request: web.Request, query: CompareQuery) -> ComparisonOut:
    """Two to six sessions: `?session=1&session=2`."""
    return ComparisonOut.of(
        await services(request).people_reports.comparison(
            actor(request), [SessionId(one) for one in query.session]
        )
    )


@api(
    "POST",
    "/api/v1/reports/files",
    summary="Make a file of a unit's report",
    request=PeriodFileIn,
    response=FileOut,
    status=202,
    errors=(UnitNotFound, PeriodWrong, TooManyFiles, Forbidden),
)
async def start_period_file(request: web.Request, body: PeriodFileIn) -> FileOut:
    """As a session's."""
    what = What(unit_id=body.unit_id, first=body.first, last=body.last)
    return FileOut.of(
        await services(request).report_files.start(
            actor(request), what, body.form, language(request), hub_address(request)
        )
    )


@api(
    "GET",
    "/api/v1/reports/files/{file}",
    summary="How far a file is",
    response=FileOut,
    errors=(FileGone,),
)
async def file_state(request: web.Request) -> FileOut:
    """Of one's own files."""
    return FileOut.of(services(request).report_files.state(actor(request), request.match_info["file"]))
