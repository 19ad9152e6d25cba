"""A session's report on people: figures, rooms, persons, corrections, closing; and its files."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import Field

from confhub.access.rules import Actor, allows
from confhub.checkin.owing import Owing
from confhub.http.addresses import hub_address
from confhub.http.attachment import attached, attached_file
from confhub.http.context import actor, language, path_id, services
from confhub.http.forms import FormModel, parse_filters, parse_form, parse_query, read_form
from confhub.http.language import translate
from confhub.http.pages.phones import phones_of
from confhub.http.paging import Paged, Searched, cut
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.http.turns import VERIFICATION_TURNS, named
from confhub.http.wishes.reports import FileFields, PersonFilters
from confhub.i18n.folding import fold
from confhub.i18n.formats import Formats
from confhub.kernel.ids import AttendeeId, EndpointId, SessionId
from confhub.kernel.local_time import local_moment
from confhub.kernel.permissions import Permission
from confhub.reports.drawing.errors import FileGone
from confhub.reports.drawing.files import FileView, What
from confhub.reports.people.csv_file import PeopleCsv
from confhub.reports.people.model import (
    LIVE_STATUSES,
    SETTLED_STATUSES,
    PeopleFilter,
    PeopleHeader,
    PeopleReport,
    PersonStatus,
    RoomFigures,
    UnitFigures,
)
from confhub.reports.people.roll_up import with_rest
from confhub.reports.people.rule_words import lost_sentences, remarks, rule_sentences
from confhub.reports.people.tables import missing
from confhub.reports.people.treemap import squarify
from confhub.reports.people.words import (
    ACTION_WORDS,
    EVENT_WORDS,
    STATUS_WORDS,
    TELLER_WORDS,
    WAY_WORDS,
)
from confhub.reports.session.proof import trace_sentences

routes = web.RouteTableDef()

PAGE_ROWS = 100
"""Rows on one page of a table."""
MAP_SIZE = (1000, 420)
"""The tree map's own units."""
MAP_SHADES = (0.5, 0.7, 0.85, 0.95)
"""From which share of the expected on a branch gets the next shade."""

_MINUTE = timedelta(minutes=1)


class HeadQuery(FormModel):
    """`head`: a seal's hash as a printed report has it; `file`: what is being made."""

    head: str = Field("", max_length=100)
    file: str = Field("", max_length=60)


class RoomsQuery(Searched, Paged, FormModel):
    """Filters of the rooms."""

    unit_id: RowId | None = None
    missing: bool = False


class PersonsQuery(PersonFilters, Paged, FormModel):
    """Filters of the persons."""


class FileForm(FileFields, PersonsQuery):
    """What is made, of which persons."""


class CorrectionForm(FormModel):
    """A stretch of presence that an officer adds or takes away, in the service's zone."""

    action: Literal["add", "remove"] = "add"
    endpoint_id: RowId
    start: datetime
    end: datetime
    vouched: bool = False
    reason: str = Field("", max_length=2_000)


class CloseForm(FormModel):
    """`even_so`: also while rooms may still have check-ins to deliver."""

    even_so: bool = False


class ReasonForm(FormModel):
    """Why; the service knows how long it may be."""

    reason: str = Field("", max_length=2_000)


def reader_of(request: web.Request) -> Actor:
    """Who asks, in the language of the page."""
    return replace(actor(request), language=language(request))


async def show(
    request: web.Request, template: str, report: PeopleReport, tab: str, *, status: int = 200, **more: Any
) -> web.StreamResponse:
    """A page of the report under its heading."""
    who, header = actor(request), report.header
    over = header.actual_end is not None
    common = {
        "report": report,
        "header": header,
        "tab": tab,
        "making": making(request),
        "may_seal": over and allows(who, Permission.ATTENDANCE_SEAL, header.unit_path),
        "sealed": header.seal is not None and header.seal.stands,
        "status_words": STATUS_WORDS,
        "way_words": WAY_WORDS,
        "action_words": ACTION_WORDS,
        "errors": {},
        "head": "",
        "verified": None,
    }
    return await render(request, template, status=status, **{**common, **more})


def making(request: web.Request) -> FileView | None:
    """The file that the address names, as far as it is."""
    name = request.query.get("file", "")
    try:
        return services(request).report_files.state(actor(request), name) if name else None
    except FileGone:
        return None


# -- figures -------------------------------------------------------------------------------------------


@routes.get(r"/sessions/{id:\d+}/people")
async def overview(request: web.Request) -> web.StreamResponse:
    """Figures of the whole, by tier and by branch, with their charts."""
    wanted = parse_filters(request, HeadQuery)
    report = await services(request).people_reports.session(reader_of(request), SessionId(path_id(request)))
    return await _overview(request, report, head=wanted.head.lower())


async def _overview(
    request: web.Request, report: PeopleReport, *, status: int = 200, **more: Any
) -> web.StreamResponse:
    branches = with_rest(report.units, report.rooms, translate(request, "Other units"))
    return await show(
        request,
        "report/people.html",
        report,
        "overview",
        status=status,
        silent=[room for room in report.rooms if missing(room)],
        owing=await _owing(request, report),
        missing=missing,
        rules=_rules(request, report),
        trace=_trace(request, report),
        map=tree_map(branches),
        chart=[
            [unit.name, unit.figures.completed, unit.figures.attended, unit.figures.expected]
            for unit in branches
        ],
        **more,
    )


def _trace(request: web.Request, report: PeopleReport) -> list[str]:
    """Earlier closings, and since when the names stand."""
    fmt = Formats(language(request), report.header.timezone)
    return trace_sentences(report.header, fmt, partial(translate, request))


def _rules(request: web.Request, report: PeopleReport) -> list[str]:
    """By which rules the figures were reckoned, and what they took."""
    fmt, _ = Formats(language(request), report.header.timezone), partial(translate, request)
    return [*rule_sentences(report.header, fmt, _), *lost_sentences(report.totals, fmt, _)]


async def _owing(request: web.Request, report: PeopleReport) -> list[Owing]:
    """Who may still have check-ins to deliver, as far as it is the reader's to know."""
    if report.header.actual_end is None:
        return []
    return await services(request).seals.owing(actor(request), SessionId(report.header.session_id))


def tree_map(branches: list[UnitFigures]) -> list[tuple[UnitFigures, Any, int]]:
    """(branch, its rectangle, its shade 0..4): the area is the expected people, the shade who came."""
    counted = sorted(
        (unit for unit in branches if unit.figures.expected), key=lambda unit: -unit.figures.expected
    )
    places = squarify([unit.figures.expected for unit in counted], *MAP_SIZE)
    return [
        (unit, place, sum(unit.figures.attended_share >= bound for bound in MAP_SHADES))
        for unit, place in zip(counted, places, strict=True)
    ]


@routes.get(r"/sessions/{id:\d+}/people/rooms")
async def rooms(request: web.Request) -> web.StreamResponse:
    """The rooms, filtered and paged."""
    wanted = parse_filters(request, RoomsQuery)
    report = await services(request).people_reports.session(reader_of(request), SessionId(path_id(request)))
    shown = cut(matching(report, wanted), wanted.page, PAGE_ROWS)
    return await show(
        request,
        "report/people_rooms.html",
        report,
        "rooms",
        rooms=shown.rows,
        total=shown.total,
        page=shown.number,
        pages=shown.pages,
        wanted=wanted,
        missing=missing,
    )


def matching(report: PeopleReport, wanted: RoomsQuery) -> list[RoomFigures]:
    """The rooms that fit the filters, in their order."""
    branch = next((unit.path for unit in report.units if unit.unit_id == wanted.unit_id), None)
    if wanted.unit_id is not None and branch is None:
        return []
    words = fold(wanted.search).split()
    return [
        room
        for room in report.rooms
        if (branch is None or room.unit_path.startswith(branch))
        and (not wanted.missing or missing(room))
        and all(word in fold(f"{room.code} {room.name} {room.unit_name}") for word in words)
    ]


# -- persons -------------------------------------------------------------------------------------------


@routes.get(r"/sessions/{id:\d+}/people/persons")
async def persons(request: web.Request) -> web.StreamResponse:
    """The persons of one's own branches, filtered and paged; the look is written down."""
    wanted = parse_filters(request, PersonsQuery)
    found, who = services(request).people_reports, reader_of(request)
    session_id = SessionId(path_id(request))
    report = await found.session(who, session_id)
    page = await found.persons(who, session_id, wanted.filter(), page=wanted.page, size=PAGE_ROWS)
    return await show(
        request,
        "report/people_persons.html",
        report,
        "persons",
        persons=page,
        remarks=lambda one: remarks(one, partial(translate, request)),
        wanted=wanted,
        statuses=SETTLED_STATUSES if report.header.settled else (*LIVE_STATUSES, PersonStatus.WITH_LEAVE),
        filtered=wanted.filter() != PeopleFilter(),
        room=next((room for room in report.rooms if room.endpoint_id == wanted.endpoint_id), None),
    )


@routes.get(r"/sessions/{id:\d+}/people/persons/{person:\d+}")
async def person(request: web.Request) -> web.StreamResponse:
    """One person: stretches, corrections, and the form for one more."""
    return await person_page(request)


async def person_page(
    request: web.Request, *, errors: dict[str, str] | None = None, status: int = 200,
    values: dict[str, str] | None = None,
) -> web.StreamResponse:  # fmt: skip
    """The page, with what was typed into one of its forms."""
    found, who = services(request).people_reports, reader_of(request)
    session_id = SessionId(path_id(request))
    report = await found.session(who, session_id)
    line = await found.person(who, session_id, path_id(request, "person"))
    return await show(
        request,
        "report/people_person.html",
        report,
        "persons",
        status=status,
        person=line,
        remarks=remarks(line, partial(translate, request)),
        event_words=EVENT_WORDS,
        teller_words=TELLER_WORDS,
        may_correct=report.header.actual_start is not None
        and allows(who, Permission.ATTENDANCE_CORRECT, line.room_path),
        phones=await phones_of(request, session_id, AttendeeId(line.attendee_id)),
        values=values or {},
        errors=errors or {},
    )


@routes.post(r"/sessions/{id:\d+}/people/persons/{person:\d+}/corrections")
async def correct(request: web.Request) -> web.StreamResponse:
    """Add a stretch of presence, or take one away."""
    session_id, attendee_id = path_id(request), path_id(request, "person")
    try:
        form = await parse_form(request, CorrectionForm)
        report = await services(request).people_reports.session(reader_of(request), SessionId(session_id))
        await services(request).corrections.add(
            actor(request),
            SessionId(session_id),
            AttendeeId(attendee_id),
            form.action,
            EndpointId(form.endpoint_id),
            *_moments(form, report.header, ZoneInfo(services(request).settings.timezone)),
            form.reason,
            vouched=form.vouched,
        )
    except FORM_ERRORS as error:
        values = (await read_form(request)).values()
        again = refusal(request, error)
        return await person_page(request, errors=again.errors, status=again.status, values=values)
    return see_other(f"/sessions/{session_id}/people/persons/{attendee_id}", "saved")


def _moments(form: CorrectionForm, header: PeopleHeader, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From and to in the house's zone. A form tells minutes: what lies less than one outside of live time is
    meant to be its start or its end."""
    start, end = local_moment(form.start, zone, "start"), local_moment(form.end, zone, "end")
    first, last = header.actual_start, header.actual_end
    if first is not None and first - _MINUTE < start < first:
        start = first
    if last is not None and last < end < last + _MINUTE:
        end = last
    return start, end


# -- closing -------------------------------------------------------------------------------------------


@routes.post(r"/sessions/{id:\d+}/people/{step:seal|reopen|verify}")
async def step(request: web.Request) -> web.StreamResponse:
    """Close the attendance, open it again with a reason, or check the seal against what is stored."""
    session_id = SessionId(path_id(request))
    seals, who = services(request).seals, actor(request)
    report = await services(request).people_reports.session(reader_of(request), session_id)
    try:
        match request.match_info["step"]:
            case "seal":
                await seals.close(who, session_id, even_so=(await parse_form(request, CloseForm)).even_so)
            case "reopen":
                await seals.reopen(who, session_id, (await parse_form(request, ReasonForm)).reason)
            case _:
                with request.app[VERIFICATION_TURNS].turn(await named(request)):
                    verified = await seals.verify(session_id)
                return await _overview(request, report, verified=verified)
    except FORM_ERRORS as error:
        again = refusal(request, error)
        return await _overview(request, report, status=again.status, errors=again.errors)
    return see_other(f"/sessions/{session_id}/people", "saved")


# -- files ---------------------------------------------------------------------------------------------


@routes.get(r"/sessions/{id:\d+}/people.csv")
async def csv(request: web.Request) -> web.StreamResponse:
    """The filtered persons, all of them, for Excel."""
    wanted = parse_query(request, PersonsQuery)
    hub = services(request)
    name, content = await PeopleCsv(hub.people_reports, hub.catalogue).session(
        reader_of(request), SessionId(path_id(request)), wanted.filter(), language(request)
    )
    return attached(name, content)


@routes.post(r"/sessions/{id:\d+}/people/files")
async def start_file(request: web.Request) -> web.StreamResponse:
    """Begin a workbook or a PDF."""
    session_id = SessionId(path_id(request))
    try:
        form = await parse_form(request, FileForm)
        made = await services(request).report_files.start(
            reader_of(request), What(session_id, form.filter()), form.form, language(request),
            hub_address(request),
        )  # fmt: skip
    except FORM_ERRORS as error:
        report = await services(request).people_reports.session(reader_of(request), session_id)
        again = refusal(request, error)
        return await _overview(request, report, status=again.status, errors=again.errors)
    return see_other(f"/sessions/{session_id}/people?file={made.id}")


@routes.get(r"/reports/files/{file:[\w-]{10,40}}/progress")
async def progress(request: web.Request) -> web.StreamResponse:
    """How far a file is, for pages that have no place of their own for it."""
    found = services(request).report_files.state(actor(request), request.match_info["file"])
    return await render(request, "report/file.html", making=found)


@routes.get(r"/reports/files/{file:[\w-]{10,40}}")
async def fetch_file(request: web.Request) -> web.StreamResponse:
    """A made file: its maker's alone."""
    name, path = services(request).report_files.path(actor(request), request.match_info["file"])
    return attached_file(name, path)
