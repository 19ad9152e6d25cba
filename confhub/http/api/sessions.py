"""Sessions by API: plan, change, list, and move through their life."""

from __future__ import annotations

from aiohttp import web
from pydantic import AwareDatetime, Field

from confhub.checkin.errors import FiguresWouldChange
from confhub.http.api.shapes.attendance import AttendanceReportOut
from confhub.http.api.shapes.sessions import SessionDetailsOut, SessionOut, SessionPageOut
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.cursors import Cursored, read_cursor, write_cursor
from confhub.http.paging import Searched
from confhub.http.seen import if_match, tell_version
from confhub.http.shapes import ApiModel, RowId
from confhub.http.wishes.sessions import REASON_MAX_CHARS, CancelFields, ChosenRooms, SessionFields
from confhub.kernel.ids import SessionId, UnitId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.scheduling.errors import ReasonNeeded, RoomsTaken
from confhub.sessions.errors import FixedWhileLive, ReasonTooLong, SessionUnknown, WrongState
from confhub.sessions.values import (
    SessionInput,
    SessionKind,
    SessionState,
)

api = Api("Sessions")


class ParticipantsIn(ChosenRooms, ApiModel):
    """Whole branches, without some rooms, and single rooms besides."""


class SessionIn(SessionFields, ApiModel):
    """A session's fields. `starts_at` carries its zone."""

    title: str = Field(max_length=NAME_MAX_CHARS)
    starts_at: AwareDatetime
    participants: ParticipantsIn = ParticipantsIn()

    def wanted(self) -> SessionInput:
        """As the services take it."""
        return self.input(self.title, self.starts_at, self.participants.participants())


class SessionQuery(Searched, Cursored, ApiModel):
    """Which sessions; `search` is compared without diacritics in the title, `unit_id` is the top of the
    organizing branch."""

    state: list[SessionState] = Field(default=[], max_length=7)
    kind: SessionKind | None = None
    unit_id: RowId | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class CancelWish(CancelFields, ApiModel):
    """Why, as the session's history and the rooms' organizers shall read it."""


class CopyWish(ApiModel):
    """When the copy begins."""

    starts_at: AwareDatetime


def _id(request: web.Request) -> SessionId:
    return SessionId(path_id(request))


@api("GET", "/api/v1/sessions", summary="List sessions", query=SessionQuery, response=SessionPageOut)
async def listing(request: web.Request, query: SessionQuery) -> SessionPageOut:
    """The sessions that the asker may view, newest start first. With `cursor`, what is planned meanwhile
    moves nothing from one page to the next."""
    page = await services(request).sessions.list(
        actor(request),
        states=query.state,
        text=query.search,
        kind=query.kind,
        unit_id=None if query.unit_id is None else UnitId(query.unit_id),
        since=query.since,
        until=query.until,
        offset=query.offset,
        limit=query.size,
        after=read_cursor(query.cursor),
    )
    shown = [SessionOut.of(one) for one in page.sessions]
    return SessionPageOut(sessions=shown, total=page.total, next_cursor=write_cursor(page.after))


@api(
    "POST",
    "/api/v1/sessions",
    repeatable=True,
    summary="Plan a session",
    request=SessionIn,
    response=SessionDetailsOut,
    status=201,
)
async def create(request: web.Request, body: SessionIn) -> SessionDetailsOut:
    """The new session is a draft."""
    return SessionDetailsOut.of(await services(request).sessions.create(actor(request), body.wanted()))


@api(
    "GET",
    "/api/v1/sessions/{id}",
    summary="One session",
    response=SessionDetailsOut,
    errors=(SessionUnknown,),
)
async def get(request: web.Request) -> SessionDetailsOut:
    """Visible to whoever may view its branch, or the branch of one of its rooms."""
    found = await services(request).sessions.get(actor(request), _id(request))
    tell_version(request, found.input)
    return SessionDetailsOut.of(found)


class UpdateQuery(ApiModel):
    """`sure`: saved also where a running session's figures change by it. `conflict_reason`: why rooms are
    booked that another session has, where the rule of their unit asks for one."""

    sure: bool = False
    conflict_reason: str = Field(default="", max_length=REASON_MAX_CHARS)


@api("PUT", "/api/v1/sessions/{id}", summary="Change a session", request=SessionIn, query=UpdateQuery,
     response=SessionDetailsOut,
     errors=(SessionUnknown, WrongState, FixedWhileLive, FiguresWouldChange, RoomsTaken,
             ReasonNeeded))  # fmt: skip
async def update(request: web.Request, body: SessionIn, query: UpdateQuery) -> SessionDetailsOut:
    """While live, rooms added are expected from now on and rooms gone until now; margins and length that
    change figures are refused once, with what they change. If-Match with the ETag of what was read: 412 where
    it has changed."""
    made = await services(request).sessions.update(
        actor(request),
        _id(request),
        body.wanted(),
        seen=if_match(request),
        sure=query.sure,
        conflict_reason=query.conflict_reason,
    )
    tell_version(request, made.input)
    return SessionDetailsOut.of(made)


@api("POST", "/api/v1/sessions/{id}/cancel", summary="Cancel", request=CancelWish, response=SessionOut,
     errors=(SessionUnknown, WrongState, ReasonTooLong))  # fmt: skip
async def cancel(request: web.Request, body: CancelWish) -> SessionOut:
    """Any state before live → cancelled. The reason, up to 200 characters, may be left out."""
    return SessionOut.of(await services(request).sessions.cancel(actor(request), _id(request), body.reason))


@api("POST", "/api/v1/sessions/{id}/copy", summary="Copy a session", repeatable=True,
     request=CopyWish, response=SessionDetailsOut, status=201, errors=(SessionUnknown,))  # fmt: skip
async def copy(request: web.Request, body: CopyWish) -> SessionDetailsOut:
    """A new draft with the same title, rooms, settings and agenda; without documents."""
    return SessionDetailsOut.of(
        await services(request).templates.copy(actor(request), _id(request), body.starts_at)
    )


class ScheduleQuery(ApiModel):
    """`conflict_reason`: why rooms are booked that another session has, where the rule of their unit asks for
    one."""

    conflict_reason: str = Field(default="", max_length=REASON_MAX_CHARS)


@api("POST", "/api/v1/sessions/{id}/schedule", summary="Schedule", repeatable=True,
     query=ScheduleQuery, response=SessionOut,
     errors=(SessionUnknown, WrongState, RoomsTaken, ReasonNeeded))  # fmt: skip
async def schedule(request: web.Request, query: ScheduleQuery) -> SessionOut:
    """draft → scheduled: its rooms are worked out."""
    made = await services(request).sessions.schedule(
        actor(request), _id(request), conflict_reason=query.conflict_reason
    )
    return SessionOut.of(made)


STEPS = {
    "open_lobby": ("Open the lobby", "scheduled → lobby: the rooms are called."),
    "start": ("Go live", "scheduled or lobby → live, now."),
    "end": ("End", "live → ended, now: the media room is closed."),
    "archive": ("Archive", "ended → archived."),
}
"""Method of SessionService → its title and what it does."""


def _step(name: str, summary: str, doc: str) -> None:
    async def step(request: web.Request) -> SessionOut:
        return SessionOut.of(await getattr(services(request).sessions, name)(actor(request), _id(request)))

    step.__name__, step.__doc__ = name, doc
    api("POST", f"/api/v1/sessions/{{id}}/{name.replace('_', '-')}", summary=summary, response=SessionOut,
        errors=(SessionUnknown, WrongState))(step)  # fmt: skip


for _name, (_summary, _doc) in STEPS.items():
    _step(_name, _summary, _doc)


@api("GET", "/api/v1/sessions/{id}/report", summary="The attendance report", response=AttendanceReportOut)
async def report(request: web.Request) -> AttendanceReportOut:
    """Every room of the asker's branches, with totals, roll-ups and the curve of arrivals."""
    return AttendanceReportOut.of(
        await services(request).reports.session_report(actor(request), _id(request))
    )
