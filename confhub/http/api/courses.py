"""Courses."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.http.api.shapes.courses import CourseDetailsOut, CoursePageOut, ProgressPageOut
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.paging import Paged, Sized
from confhub.http.seen import if_match, tell_version
from confhub.http.shapes import ApiModel, RowId
from confhub.http.wishes.courses import (
    NUMBER_MAX,
    TEXT_MAX_CHARS,
    CourseFields,
    CourseFilters,
    LessonFields,
    MakeUpFields,
    ProgressFilters,
)
from confhub.kernel.limits import PAGE_SIZE_MAX
from confhub.training import errors
from confhub.training.limits import LESSONS_MAX, PAGE_PEOPLE
from confhub.training.numbering import DEFAULT
from confhub.training.values import (
    CompletionRule,
    CourseInput,
    Measure,
    Scope,
)

api = Api("Courses")


class RuleIn(ApiModel):
    """`threshold` in minutes or percent; `each` session by itself, or `all` together."""

    measure: Measure = Measure.PERCENT
    scope: Scope = Scope.EACH
    threshold: int = Field(default=80, ge=-NUMBER_MAX, le=NUMBER_MAX)
    grace_min: int = Field(default=10, ge=-NUMBER_MAX, le=NUMBER_MAX)


class CourseIn(CourseFields, ApiModel):
    """A course's fields."""

    rule: RuleIn = RuleIn()
    number_pattern: str = Field(default=DEFAULT, max_length=TEXT_MAX_CHARS)

    def wanted(self) -> CourseInput:
        """As the service takes it."""
        rule = self.rule
        made = CompletionRule(rule.measure, rule.scope, rule.threshold, rule.grace_min)
        return self.input(made, self.number_pattern)


class CourseQuery(CourseFilters, Sized, ApiModel):
    """Which courses, and which page of them."""


class ProgressQuery(ProgressFilters, Paged, ApiModel):
    """Which people, and which page of them."""

    size: int = Field(default=PAGE_PEOPLE, ge=1, le=PAGE_SIZE_MAX)


class LessonIn(LessonFields, ApiModel):
    """A training session to take in. `makes_up_for`: it counts instead of that one."""


class MakeUpIn(MakeUpFields, ApiModel):
    """Which session it stands for; null: none."""


class OrderIn(ApiModel):
    """Every session of the course, in the new order."""

    session_ids: list[RowId] = Field(max_length=LESSONS_MAX)


async def _details(request: web.Request, course_id: int) -> CourseDetailsOut:
    found = await services(request).courses.get(actor(request), course_id)
    tell_version(request, found.course.input)
    return CourseDetailsOut.of(found)


@api("GET", "/api/v1/courses", summary="List courses", query=CourseQuery, response=CoursePageOut)
async def listing(request: web.Request, query: CourseQuery) -> CoursePageOut:
    """Courses organized in the asker's branches, and those in which people of them take part."""
    return CoursePageOut.of(
        await services(request).courses.list(
            actor(request),
            text=query.search,
            status=query.status,
            unit_id=query.unit_id,
            offset=query.offset,
            limit=query.size,
        )
    )


@api(
    "POST",
    "/api/v1/courses",
    summary="Add a course",
    request=CourseIn,
    response=CourseDetailsOut,
    status=201,
    errors=(errors.ThresholdOutOfRange, errors.GraceOutOfRange, errors.PatternInvalid),
)
async def create(request: web.Request, body: CourseIn) -> CourseDetailsOut:
    """A new, open course without sessions."""
    made = await services(request).courses.create(actor(request), body.wanted())
    return await _details(request, made)


@api(
    "GET",
    "/api/v1/courses/{id}",
    summary="One course",
    response=CourseDetailsOut,
    errors=(errors.CourseUnknown,),
)
async def detail(request: web.Request) -> CourseDetailsOut:
    """With its sessions in order, and completion by unit."""
    return await _details(request, path_id(request))


@api(
    "PUT",
    "/api/v1/courses/{id}",
    summary="Change a course",
    request=CourseIn,
    response=CourseDetailsOut,
    errors=(errors.CourseUnknown, errors.CourseClosed),
)
async def update(request: web.Request, body: CourseIn) -> CourseDetailsOut:
    """All fields are set. If-Match with the ETag of what was read: 412 where it has changed."""
    course_id = path_id(request)
    await services(request).courses.update(actor(request), course_id, body.wanted(), seen=if_match(request))
    return await _details(request, course_id)


@api(
    "POST",
    "/api/v1/courses/{id}/close",
    summary="Close a course",
    response=CourseDetailsOut,
    errors=(errors.CourseClosed,),
)
async def close(request: web.Request) -> CourseDetailsOut:
    """Nothing of it is changed until it is opened again; certificates can be issued."""
    course_id = path_id(request)
    await services(request).courses.close(actor(request), course_id)
    return await _details(request, course_id)


@api(
    "POST",
    "/api/v1/courses/{id}/reopen",
    summary="Open a closed course again",
    response=CourseDetailsOut,
    errors=(errors.CourseOpen,),
)
async def reopen(request: web.Request) -> CourseDetailsOut:
    """It can be changed again."""
    course_id = path_id(request)
    await services(request).courses.reopen(actor(request), course_id)
    return await _details(request, course_id)


@api(
    "POST",
    "/api/v1/courses/{id}/sessions",
    summary="Take a session into a course",
    request=LessonIn,
    response=CourseDetailsOut,
    status=201,
    errors=(errors.LessonTaken, errors.LessonNotTraining, errors.LessonCancelled, errors.MakeUpInvalid),
)
async def add_session(request: web.Request, body: LessonIn) -> CourseDetailsOut:
    """A training session of the asker's branch that is in no course yet; last in order."""
    course_id = path_id(request)
    await services(request).courses.add_session(
        actor(request), course_id, body.session_id, makes_up_for=body.makes_up_for
    )
    return await _details(request, course_id)


@api(
    "PUT",
    "/api/v1/courses/{id}/sessions/{session}",
    summary="Let a session make up for another one",
    request=MakeUpIn,
    response=CourseDetailsOut,
    errors=(errors.LessonUnknown, errors.MakeUpInvalid, errors.HasMakeUps),
)
async def set_make_up(request: web.Request, body: MakeUpIn) -> CourseDetailsOut:
    """Or for none, then it is a session of its own."""
    course_id = path_id(request)
    await services(request).courses.set_make_up(
        actor(request), course_id, path_id(request, "session"), body.makes_up_for
    )
    return await _details(request, course_id)


@api(
    "DELETE",
    "/api/v1/courses/{id}/sessions/{session}",
    summary="Take a session out of a course",
    response=CourseDetailsOut,
    errors=(errors.LessonUnknown, errors.HasMakeUps),
)
async def remove_session(request: web.Request) -> CourseDetailsOut:
    """The session itself stays."""
    course_id = path_id(request)
    await services(request).courses.remove_session(actor(request), course_id, path_id(request, "session"))
    return await _details(request, course_id)


@api(
    "PUT",
    "/api/v1/courses/{id}/order",
    summary="Put a course's sessions in order",
    request=OrderIn,
    response=CourseDetailsOut,
    errors=(errors.OrderIncomplete,),
)
async def order(request: web.Request, body: OrderIn) -> CourseDetailsOut:
    """Each session of the course is named once."""
    course_id = path_id(request)
    await services(request).courses.order_sessions(actor(request), course_id, body.session_ids)
    return await _details(request, course_id)


@api(
    "GET",
    "/api/v1/courses/{id}/progress",
    summary="Participants' progress",
    query=ProgressQuery,
    response=ProgressPageOut,
    errors=(errors.CourseUnknown,),
)
async def progress(request: web.Request, query: ProgressQuery) -> ProgressPageOut:
    """In Vietnamese order of the names; the look at these people's records is written down."""
    wanted = query.filter(query.page, query.size)
    return ProgressPageOut.of(
        await services(request).courses.progress(actor(request), path_id(request), wanted)
    )
