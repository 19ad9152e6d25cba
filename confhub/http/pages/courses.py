"""Courses: the list, one course with its sessions and people, its form, its files."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.access.rules import allows, allows_anywhere
from confhub.files.csv_file import csv_bytes
from confhub.http.attachment import attached
from confhub.http.context import actor, language, path_id, services
from confhub.http.forms import FormModel, check_fields, parse_filters, parse_form, parse_query, read_form
from confhub.http.language import translate
from confhub.http.pages.choices import tree_options, unit_options
from confhub.http.pages.courses_seen import shown, stored
from confhub.http.paging import Paged
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, NOT_REFUSED, Refusal, refusal
from confhub.http.render import render
from confhub.http.seen import seen_now, version_sent
from confhub.http.wishes.courses import (
    NUMBER_MAX,
    TEXT_MAX_CHARS,
    CourseFields,
    CourseFilters,
    LessonFields,
    MakeUpFields,
    ProgressFilters,
)
from confhub.i18n.formats import Formats
from confhub.kernel.errors import DomainError, Forbidden
from confhub.kernel.ids import SessionId
from confhub.kernel.limits import PAGE_SIZE
from confhub.kernel.paging import offset_of, page_count
from confhub.kernel.permissions import Permission
from confhub.reports.courses import moodle as moodle_csv
from confhub.reports.courses import tables as course_tables
from confhub.training.values import (
    CompletionRule,
    CourseDetails,
    CourseInput,
    CourseStatus,
    Measure,
    PersonState,
    Scope,
    UnitCompletion,
)

routes = web.RouteTableDef()

BARS_MAX = 20
"""More bars than a chart can name; the table below it has all."""


class ListQuery(CourseFilters, Paged, FormModel):
    """Filters of the list."""


class PeopleQuery(ProgressFilters, Paged, FormModel):
    """Filters of a course's people."""


class CourseForm(CourseFields, FormModel):
    """A course as typed."""

    measure: Measure
    scope: Scope
    threshold: int = Field(ge=-NUMBER_MAX, le=NUMBER_MAX)
    grace_min: int = Field(ge=-NUMBER_MAX, le=NUMBER_MAX)
    number_pattern: str = Field("", max_length=TEXT_MAX_CHARS)

    def wanted(self) -> CourseInput:
        """As the service takes it."""
        rule = CompletionRule(self.measure, self.scope, self.threshold, self.grace_min)
        return self.input(rule, self.number_pattern)


class SessionForm(LessonFields, FormModel):
    """A session to take in."""


class MakeUpForm(MakeUpFields, FormModel):
    """Which session it stands for, or none."""


class MoveForm(FormModel):
    """Earlier or later in the order."""

    to: str = Field(pattern="^(up|down)$")


@routes.get("/courses")
async def listing(request: web.Request) -> web.StreamResponse:
    """Courses, the newest first."""
    who = actor(request)
    wanted = parse_filters(request, ListQuery)
    found = await services(request).courses.list(
        who,
        status=wanted.status,
        unit_id=wanted.unit_id,
        text=wanted.search,
        offset=offset_of(wanted.page, PAGE_SIZE),
        limit=PAGE_SIZE,
    )
    keeps = allows_anywhere(who, Permission.COURSE_EDIT)
    return await render(
        request,
        "courses/list.html",
        courses=found.courses,
        total=found.total,
        page=wanted.page,
        pages=page_count(found.total, PAGE_SIZE),
        wanted=wanted,
        filtered=bool(wanted.search or wanted.status or wanted.unit_id),
        units=await tree_options(request),
        keeps=keeps,
        learning=await services(request).learning.state(who) if keeps else None,
    )


async def keeping_units(request: web.Request) -> list[tuple[int, str]]:
    """Units whose courses the reader may keep, for the form."""
    who = actor(request)
    units = await services(request).org.tree(who)
    return unit_options(request, [unit for unit in units if allows(who, Permission.COURSE_EDIT, unit.path)])


async def draw_form(
    request: web.Request,
    course: CourseDetails | None,
    values: Mapping[str, Any],
    refused: Refusal = NOT_REFUSED,
    error: DomainError | None = None,
) -> web.StreamResponse:
    """The form's page."""
    units = await keeping_units(request)
    if not units:
        raise Forbidden()
    seen = None
    if course is not None:
        sent = await read_form(request) if error else None
        seen = seen_now(course.course.input, shown(request, course.course), sent, error)
    named = {name if name in CourseForm.model_fields else "": words for name, words in refused.errors.items()}
    return await render(
        request,
        "courses/edit.html",
        status=refused.status,
        seen=seen,
        course=course.course if course else None,
        values=values,
        errors=named,
        units=units,
    )


@routes.get("/courses/new")
async def new(request: web.Request) -> web.StreamResponse:
    """An empty form."""
    blank = CourseInput("", 0)
    values = {
        "title": "",
        "unit_id": "",
        "description": "",
        "measure": blank.rule.measure.value,
        "scope": blank.rule.scope.value,
        "threshold": blank.rule.threshold,
        "grace_min": blank.rule.grace_min,
        "number_pattern": blank.number_pattern,
        "issue_place": "",
        "signer_name": "",
        "signer_position": "",
    }
    return await draw_form(request, None, values)


@routes.post("/courses/new")
async def create(request: web.Request) -> web.StreamResponse:
    """Make the course, or draw the form again."""
    who = actor(request)
    form = await read_form(request)
    try:
        made = await services(request).courses.create(who, check_fields(form, CourseForm).wanted())
    except FORM_ERRORS as error:
        typed = {name: form.get(name) for name in CourseForm.model_fields}
        return await draw_form(request, None, typed, refusal(request, error))
    return see_other(f"/courses/{made}", "added")


@routes.get(r"/courses/{id:\d+}/edit")
async def edit(request: web.Request) -> web.StreamResponse:
    """The form of a course that is there."""
    details = await services(request).courses.get(actor(request), path_id(request))
    if not details.course.may_edit:
        raise Forbidden(permission=Permission.COURSE_EDIT.value)
    return await draw_form(request, details, stored(details))


@routes.post(r"/courses/{id:\d+}/edit")
async def save(request: web.Request) -> web.StreamResponse:
    """Change the course, or draw the form again."""
    who, course_id = actor(request), path_id(request)
    form = await read_form(request)
    try:
        wanted = check_fields(form, CourseForm).wanted()
        await services(request).courses.update(who, course_id, wanted, seen=version_sent(form))
    except FORM_ERRORS as error:
        details = await services(request).courses.get(who, course_id)
        typed = {name: form.get(name) for name in CourseForm.model_fields}
        return await draw_form(request, details, typed, refusal(request, error), error)
    return see_other(f"/courses/{course_id}", "saved")


async def show(
    request: web.Request, course_id: int, *, problem: str = "", status: int = 200
) -> web.StreamResponse:
    """One course's page; `problem` says why something was refused."""
    hub, who = services(request), actor(request)
    wanted = (
        parse_filters(request, PeopleQuery) if request.method == "GET" else PeopleQuery.model_validate({})
    )
    details = await hub.courses.get(who, course_id)
    people = await hub.courses.progress(who, course_id, wanted.filter(wanted.page))
    editing = details.course.may_edit and details.course.status is CourseStatus.OPEN
    lessons = {one.session_id: one for one in details.lessons}
    return await render(
        request,
        "courses/detail.html",
        status=status,
        details=details,
        named_as_of=course_tables.named_as_of(
            details, Formats(language(request), hub.settings.timezone), partial(translate, request)
        ),
        course=details.course,
        lessons=lessons,
        order=[one.session_id for one in details.lessons if one.makes_up_for is None],
        columns=[lessons[one] for one in details.columns],
        people=people,
        wanted=wanted,
        filtered=bool(wanted.search or wanted.state or wanted.unit_id or wanted.certified is not None),
        states=list(PersonState),
        editing=editing,
        choices=await hub.courses.choices(who, course_id) if editing else (),
        units=await tree_options(request),
        problem=problem,
        lost=await hub.certificates.told(who, course_id),
        **bars(details.units),
    )


def bars(units: Sequence[UnitCompletion]) -> dict[str, Any]:
    """`chart`: (name, completed, people) of each unit, or of those with most people, in the tree's order;
    `rest`: how many units are left out, with theirs."""
    size = len(units) if len(units) <= BARS_MAX else BARS_MAX - 1
    most = set(sorted(units, key=lambda unit: -unit.people)[:size])
    rest = [unit for unit in units if unit not in most]
    return {
        "chart": [(unit.name, unit.completed, unit.people) for unit in units if unit in most],
        "rest": (len(rest), sum(unit.completed for unit in rest), sum(unit.people for unit in rest))
        if rest
        else None,
    }


@routes.get(r"/courses/{id:\d+}")
async def detail(request: web.Request) -> web.StreamResponse:
    """One course."""
    return await show(request, path_id(request))


async def refused(request: web.Request, course_id: int, error: DomainError) -> web.StreamResponse:
    """The course's page, saying what stood against it."""
    again = refusal(request, error)
    problem = again.problem
    return await show(request, course_id, problem=problem, status=again.status)


@routes.post(r"/courses/{id:\d+}/{step:close|reopen}")
async def step(request: web.Request) -> web.StreamResponse:
    """Close the course, or open it again."""
    who, course_id = actor(request), path_id(request)
    courses = services(request).courses
    try:
        if request.match_info["step"] == "close":
            await courses.close(who, course_id)
        else:
            await courses.reopen(who, course_id)
    except FORM_ERRORS as error:
        return await refused(request, course_id, error)
    return see_other(f"/courses/{course_id}", "saved")


@routes.post(r"/courses/{id:\d+}/sessions")
async def add_session(request: web.Request) -> web.StreamResponse:
    """Take a session in."""
    who, course_id = actor(request), path_id(request)
    try:
        chosen = await parse_form(request, SessionForm)
        await services(request).courses.add_session(
            who, course_id, chosen.session_id, makes_up_for=chosen.makes_up_for
        )
    except FORM_ERRORS as error:
        return await refused(request, course_id, error)
    return see_other(f"/courses/{course_id}", "added")


@routes.post(r"/courses/{id:\d+}/sessions/{session:\d+}/{what:remove|move|make-up}")
async def change_session(request: web.Request) -> web.StreamResponse:
    """Take a session out, move it, or let it stand for another one."""
    who, course_id = actor(request), path_id(request)
    session_id = path_id(request, "session")
    courses = services(request).courses
    try:
        what = request.match_info["what"]
        if what == "remove":
            await courses.remove_session(who, course_id, session_id)
        elif what == "make-up":
            instead = (await parse_form(request, MakeUpForm)).makes_up_for
            await courses.set_make_up(who, course_id, session_id, instead)
        else:
            to = (await parse_form(request, MoveForm)).to
            details = await courses.get(who, course_id)
            await courses.order_sessions(who, course_id, moved(details, SessionId(session_id), to))
    except FORM_ERRORS as error:
        return await refused(request, course_id, error)
    return see_other(f"/courses/{course_id}", "saved")


def moved(details: CourseDetails, session_id: SessionId, to: str) -> list[int]:
    """The order with a regular session one place earlier or later; make-up sessions go with theirs."""
    groups: list[list[int]] = []
    for one in details.lessons:
        if one.makes_up_for is None:
            groups.append([one.session_id])
        else:
            groups[-1].append(one.session_id)
    at = next((place for place, group in enumerate(groups) if group[0] == session_id), None)
    if at is not None:
        other = at + (1 if to == "down" else -1)
        if 0 <= other < len(groups):
            groups[at], groups[other] = groups[other], groups[at]
    return [one for group in groups for one in group]


@routes.get(r"/courses/{id:\d+}/{file:progress|moodle-users|moodle-grades}.csv")
async def csv(request: web.Request) -> web.StreamResponse:
    """The filtered people, all of them: for Excel, or for Moodle."""
    hub, who, course_id = services(request), actor(request), path_id(request)
    wanted = parse_query(request, PeopleQuery)
    details = await hub.courses.get(who, course_id)
    people = await hub.courses.progress(who, course_id, wanted.filter(size=None))
    kind = request.match_info["file"]
    if kind == "moodle-users":
        content = await asyncio.to_thread(moodle_csv.moodle_users, details, people.rows)
    elif kind == "moodle-grades":
        content = await asyncio.to_thread(moodle_csv.moodle_grades, details, people.rows)
    else:
        read = language(request)
        table = course_tables.progress_table(
            details, people.rows, hub.catalogue.into(read), Formats(read, hub.settings.timezone)
        )
        content = await asyncio.to_thread(csv_bytes, table, read)
    name = f"{course_tables.short_name(details)}-{kind}.csv"
    return attached(name, content)


@routes.get("/courses/learning")
async def learning(request: web.Request) -> web.StreamResponse:
    """What the learning record store was told, and what it did not take."""
    state = await services(request).learning.state(actor(request))
    return await render(request, "courses/learning.html", state=state)


@routes.post("/courses/learning/retry")
async def retry(request: web.Request) -> web.StreamResponse:
    """Try again what was not taken."""
    await services(request).learning.retry(actor(request))
    return see_other("/courses/learning", "saved")
