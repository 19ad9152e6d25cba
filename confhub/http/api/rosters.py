"""Lists of people, notices of absence, and the import of people."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from pydantic import BaseModel, Field

from confhub.http.api.shapes.people_import import PeoplePlanOut
from confhub.http.api.shapes.rosters import AbsencePageOut, RoomRosterOut, RosterCountsOut
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.paging import Searched, Sized
from confhub.http.shapes import ApiModel, RowId
from confhub.http.uploads import NothingInFile, read_upload
from confhub.http.wishes.people_import import PeopleChoices
from confhub.http.wishes.rosters import ListOf
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.registry.errors import ChoiceImpossible, EndpointNotFound, ImportDraftGone, PreviewStale
from confhub.rosters import errors
from confhub.rosters.limits import ANSWERS_MAX, NOTICES_AT_ONCE, PAGES_MAX, PEOPLE_AT_ONCE
from confhub.rosters.plan import ImportChoices
from confhub.rosters.values import Scope
from confhub.sessions.errors import AttendanceSealed, SessionUnknown

api = Api("Rosters")

TEXT_MAX_CHARS = 5_000
"""A shape's cap only; the services know the real bounds and name them."""


class ListQuery(ListOf, Searched, Sized, ApiModel):
    """Which list, and which of its people."""


class PeopleIn(ListOf, ApiModel):
    """Who, and on which of the room's lists."""

    people: list[RowId] = Field(max_length=PEOPLE_AT_ONCE)


class ListMoveIn(PeopleIn):
    """Who moves, and to which room; in the session's list, the course's, or the standing one."""

    to: RowId


class CopyIn(ListOf, ApiModel):
    """The list that takes the room's standing list over: a session's or a course's."""


class AbsencesQuery(Searched, Sized, ApiModel):
    """Which notices; `search` is compared without diacritics."""

    state: Literal["pending", "approved", "refused", "withdrawn"] | None = None
    unit_id: RowId | None = None


class AbsenceIn(ApiModel):
    """A person who will not come. `approve`: decided at once, by right."""

    attendee: RowId
    reason: str = Field(max_length=TEXT_MAX_CHARS)
    approve: bool = False


class DecideIn(ApiModel):
    """Notices that are decided alike."""

    notices: list[RowId] = Field(max_length=NOTICES_AT_ONCE)
    approve: bool
    note: str = Field(default="", max_length=TEXT_MAX_CHARS)


class ImportQuery(PeopleChoices, ApiModel):
    """The file's name, and what is done with those who are known."""

    filename: str = Field(min_length=1, max_length=NAME_MAX_CHARS)


class ReviseIn(PeopleChoices, ApiModel):
    """The `draft` of a preview, and what was chosen.

    `answers`: a question's `key` → one of its `options`; `all.` and a kind (`twin`, `known`: `same` or `new`;
    `renamed`: `rename` or `skip`; `sheet`: `skip`) answers every question of that kind without an answer of
    its own. They come to those of earlier calls; an empty one takes an answer back."""

    draft: str = Field(min_length=1, max_length=200)
    answers: dict[str, str] = Field(default_factory=dict, max_length=ANSWERS_MAX)
    columns: dict[str, str] = Field(
        default_factory=dict,
        max_length=ANSWERS_MAX,
        description="`sheet.column`, both from 0, and the field that it holds; an empty one is not read.",
    )
    page: int = Field(
        default=0, ge=0, le=PAGES_MAX, description="Of the questions; 0: the first page with an open one."
    )
    headings: dict[str, int] = Field(
        default_factory=dict,
        max_length=ANSWERS_MAX,
        description="The sheet, from 0, and the row, from 1, in which its heading begins; below 0: there is "
        "none, and the first entry stands in that row; 0: the sheet is left out.",
    )


class ApplyIn(ApiModel):
    """The preview's token."""

    token: str = Field(min_length=1, max_length=200)


class ChangedOut(BaseModel):
    """How many people the change touched."""

    changed: int


class AbsenceMadeOut(BaseModel):
    """The notice's number."""

    id: int


@api(
    "GET",
    "/api/v1/sessions/{id}/rosters",
    summary="A session's rooms and their lists",
    response=RosterCountsOut,
    errors=(SessionUnknown,),
)
async def session_rooms(request: web.Request) -> RosterCountsOut:
    """How many people are expected in each room."""
    found = services(request).rosters
    return RosterCountsOut.of(await found.counts(actor(request), Scope(session_id=path_id(request))))


@api(
    "GET",
    "/api/v1/endpoints/{id}/roster",
    summary="A room's list",
    query=ListQuery,
    response=RoomRosterOut,
    errors=(EndpointNotFound, SessionUnknown, errors.CourseUnknown),
)
async def room(request: web.Request, query: ListQuery) -> RoomRosterOut:
    """In Vietnamese order of the names."""
    return RoomRosterOut.of(
        await services(request).rosters.room(
            actor(request),
            path_id(request),
            query.scope,
            words=query.search,
            page=query.page,
            size=query.size,
        )
    )


@api(
    "POST",
    "/api/v1/endpoints/{id}/roster",
    summary="Put people on a room's list",
    request=PeopleIn,
    response=ChangedOut,
    errors=(errors.ListedElsewhere, errors.RoomFull, errors.RoomNotInSession, AttendanceSealed),
)
async def add(request: web.Request, body: PeopleIn) -> ChangedOut:
    """Who is on another room's list moves here."""
    found = services(request).rosters
    return ChangedOut(changed=await found.add(actor(request), path_id(request), body.people, body.scope))


@api(
    "POST",
    "/api/v1/endpoints/{id}/roster/remove",
    summary="Take people off a room's list",
    request=PeopleIn,
    response=ChangedOut,
    errors=(errors.PersonNotOnList, AttendanceSealed),
)
async def remove(request: web.Request, body: PeopleIn) -> ChangedOut:
    """Off a frozen list they stay visible as taken off."""
    found = services(request).rosters
    return ChangedOut(changed=await found.remove(actor(request), path_id(request), body.people, body.scope))


@api(
    "POST",
    "/api/v1/endpoints/{id}/roster/move",
    summary="Move people to another room's list",
    request=ListMoveIn,
    response=ChangedOut,
    errors=(
        EndpointNotFound,
        errors.PersonNotOnList,
        errors.RoomFull,
        errors.RoomNotInSession,
        AttendanceSealed,
    ),
)
async def move(request: web.Request, body: ListMoveIn) -> ChangedOut:
    """Within one list; the right to change it is needed at both rooms."""
    found = services(request).rosters
    who, room_id = actor(request), path_id(request)
    return ChangedOut(changed=await found.move(who, room_id, body.people, body.to, body.scope))


@api(
    "POST",
    "/api/v1/endpoints/{id}/roster/copy",
    summary="Take a room's standing list over",
    request=CopyIn,
    response=ChangedOut,
    errors=(
        EndpointNotFound,
        SessionUnknown,
        errors.CourseUnknown,
        errors.RoomNotInSession,
        AttendanceSealed,
    ),
)
async def copy(request: web.Request, body: CopyIn) -> ChangedOut:
    """Into a session's list or a course's; who has a place there already keeps it."""
    found = services(request).rosters
    return ChangedOut(changed=await found.copy_standing(actor(request), path_id(request), body.scope))


@api(
    "GET",
    "/api/v1/sessions/{id}/absences",
    summary="A session's notices of absence",
    query=AbsencesQuery,
    response=AbsencePageOut,
    errors=(SessionUnknown,),
)
async def absences(request: web.Request, query: AbsencesQuery) -> AbsencePageOut:
    """Those to be decided first."""
    return AbsencePageOut.of(
        await services(request).absences.page(
            actor(request),
            path_id(request),
            state=query.state,
            unit_id=query.unit_id,
            words=query.search,
            page=query.page,
            size=query.size,
        )
    )


@api(
    "POST",
    "/api/v1/sessions/{id}/absences",
    summary="Enter a notice of absence",
    request=AbsenceIn,
    response=AbsenceMadeOut,
    status=201,
    errors=(SessionUnknown, errors.NotExpected, errors.AbsenceThere, AttendanceSealed),
)
async def enter(request: web.Request, body: AbsenceIn) -> AbsenceMadeOut:
    """Only an approved notice makes an absence one with leave."""
    found = services(request).absences
    number = await found.enter(
        actor(request), path_id(request), body.attendee, body.reason, approve=body.approve
    )
    return AbsenceMadeOut(id=number)


@api(
    "POST",
    "/api/v1/sessions/{id}/absences/decide",
    summary="Approve or refuse notices",
    request=DecideIn,
    response=ChangedOut,
    errors=(errors.AbsenceNotFound, errors.AbsenceWithdrawn, AttendanceSealed),
)
async def decide(request: web.Request, body: DecideIn) -> ChangedOut:
    """All or none; may be decided anew until the attendance is closed."""
    found = services(request).absences
    changed = await found.decide(
        actor(request), path_id(request), body.notices, approve=body.approve, note=body.note
    )
    return ChangedOut(changed=changed)


@api(
    "POST",
    "/api/v1/sessions/{id}/absences/{notice}/withdraw",
    summary="Withdraw a notice of absence",
    errors=(SessionUnknown, errors.AbsenceNotFound, AttendanceSealed),
)
async def withdraw(request: web.Request) -> None:
    """Taken back; one that was withdrawn stays so."""
    notice = path_id(request, "notice")
    await services(request).absences.withdraw(actor(request), path_id(request), notice)


async def may_import(request: web.Request) -> None:
    """Somebody with the right to import people."""
    services(request).people_imports.may(actor(request))


@api(
    "POST",
    "/api/v1/people/import",
    upload=may_import,
    summary="Preview an import of people",
    query=ImportQuery,
    response=PeoplePlanOut,
    errors=(NothingInFile, ChoiceImpossible, SessionUnknown, errors.CourseUnknown, AttendanceSealed),
)
async def preview(request: web.Request, query: ImportQuery) -> PeoplePlanOut:
    """The file is the request's body, CSV or XLSX. Nothing is written but the draft that `apply` takes up."""
    content = await read_upload(request)
    if not content:
        raise NothingInFile(field="file")
    choices = ImportChoices(**query.model_dump(exclude={"filename"}))
    found = services(request).people_imports
    return PeoplePlanOut.of(await found.preview(actor(request), query.filename, content, choices))


@api(
    "POST",
    "/api/v1/people/import/revise",
    summary="Preview the same file with other choices",
    request=ReviseIn,
    response=PeoplePlanOut,
    errors=(ImportDraftGone, ChoiceImpossible),
)
async def revise(request: web.Request, body: ReviseIn) -> PeoplePlanOut:
    """Answers questions and changes choices without sending the file again."""
    choices = ImportChoices(**body.model_dump(exclude={"draft"}))
    return PeoplePlanOut.of(
        await services(request).people_imports.revise(actor(request), body.draft, choices)
    )


@api(
    "POST",
    "/api/v1/people/import/apply",
    summary="Carry out an import of people",
    request=ApplyIn,
    response=PeoplePlanOut,
    errors=(ImportDraftGone, PreviewStale, errors.QuestionsOpen),
)
async def apply(request: web.Request, body: ApplyIn) -> PeoplePlanOut:
    """All or nothing."""
    return PeoplePlanOut.of(await services(request).people_imports.apply(actor(request), body.token))
