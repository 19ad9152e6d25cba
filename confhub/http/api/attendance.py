"""A session's attendance of people: corrections, closing, verifying, reopening."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field, RootModel

from confhub.checkin import errors
from confhub.http.api.shapes.attendance import AttendanceVerifiedOut, CorrectionOut
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.shapes import Answers, ApiModel, RowId
from confhub.http.turns import VERIFICATION_TURNS, named
from confhub.kernel.errors import TooManyAtOnce
from confhub.kernel.ids import AttendeeId, EndpointId, SessionId
from confhub.sessions.errors import AttendanceSealed, RoomNotInSession, SessionUnknown

api = Api("Attendance of people")

TEXT_MAX_CHARS = 5_000
"""A shape's cap only; the services know the real bound and name it."""


class CorrectionIn(ApiModel):
    """A stretch of being checked in at a room that is added, or taken out. `vouched`: an added one counts
    although the room was not connected."""

    action: Literal["add", "remove"]
    endpoint_id: RowId
    start: AwareDatetime
    end: AwareDatetime
    vouched: bool = False
    reason: str = Field(max_length=TEXT_MAX_CHARS)


class ReopenIn(ApiModel):
    """Why."""

    reason: str = Field(default="", max_length=TEXT_MAX_CHARS)


class VerifyQuery(ApiModel):
    """`head`: the seal as printed on a report, compared as well."""

    head: str | None = Field(default=None, max_length=100)


class CorrectionsOut(Answers[CorrectionOut]):
    """A person's corrections in order, each with what was before."""


class CorrectionMadeOut(BaseModel):
    """The correction's number."""

    id: int


class SealHeadOut(BaseModel):
    """The end of the chain."""

    head: str


class OwedOut(BaseModel):
    """A room's device. `waiting`: how many events it said wait on it; `heard_at`: when it last said so."""

    endpoint_id: int
    code: str
    name: str
    waiting: int
    heard_at: datetime


class OwingOut(RootModel[tuple[OwedOut, ...]]):
    """Those that said that events wait first, then by the room's code; none while the session runs."""


class CloseQuery(ApiModel):
    """`even_so`: close also while rooms may still have check-ins to deliver."""

    even_so: bool = False


@api(
    "GET",
    "/api/v1/sessions/{id}/people/{person}/corrections",
    summary="A person's corrections",
    response=CorrectionsOut,
    errors=(SessionUnknown, errors.PersonNotInSession),
)
async def corrections(request: web.Request) -> CorrectionsOut:
    """With author, time, reason and the old value."""
    found = services(request).corrections
    session_id, person = SessionId(path_id(request)), AttendeeId(path_id(request, "person"))
    return CorrectionsOut.of(await found.list(actor(request), session_id, person))


@api(
    "POST",
    "/api/v1/sessions/{id}/people/{person}/corrections",
    summary="Correct a person's attendance",
    request=CorrectionIn,
    response=CorrectionMadeOut,
    status=201,
    errors=(
        SessionUnknown,
        errors.PersonNotInSession,
        RoomNotInSession,
        errors.StretchInvalid,
        errors.TooManyCorrections,
        errors.CorrectionWithoutEffect,
        errors.CorrectionNeedsVouching,
        AttendanceSealed,
    ),
)
async def correct(request: web.Request, body: CorrectionIn) -> CorrectionMadeOut:
    """Corrections are only ever added, until the attendance is closed."""
    number = await services(request).corrections.add(
        actor(request),
        SessionId(path_id(request)),
        AttendeeId(path_id(request, "person")),
        body.action,
        EndpointId(body.endpoint_id),
        body.start,
        body.end,
        body.reason,
        vouched=body.vouched,
    )
    return CorrectionMadeOut(id=number)


@api(
    "GET",
    "/api/v1/sessions/{id}/attendance/owing",
    summary="Rooms that may still have check-ins to deliver",
    response=OwingOut,
    errors=(SessionUnknown,),
)
async def owing(request: web.Request) -> OwingOut:
    """What to look at before closing: each device that said it holds events back, or was not heard since the
    session's end (`waiting` 0). All of them for whoever may close; for others those of their own branches."""
    found = await services(request).seals.owing(actor(request), SessionId(path_id(request)))
    return OwingOut(tuple(OwedOut.model_validate(one._asdict()) for one in found))


@api(
    "POST",
    "/api/v1/sessions/{id}/attendance/close",
    summary="Close a session's attendance",
    query=CloseQuery,
    response=SealHeadOut,
    errors=(SessionUnknown, errors.NotEnded, errors.SealedAlready, errors.RoomsOwe),
)
async def close(request: web.Request, query: CloseQuery) -> SealHeadOut:
    """Nothing is stored any more from now on; the head of the hash chain is printed on reports."""
    session_id = SessionId(path_id(request))
    return SealHeadOut(
        head=await services(request).seals.close(actor(request), session_id, even_so=query.even_so)
    )


@api(
    "POST",
    "/api/v1/sessions/{id}/attendance/reopen",
    summary="Reopen a closed attendance",
    request=ReopenIn,
    errors=(SessionUnknown, errors.NotSealed),
)
async def reopen(request: web.Request, body: ReopenIn) -> None:
    """Visible on every report, and in the audit trail."""
    await services(request).seals.reopen(actor(request), SessionId(path_id(request)), body.reason)


@api(
    "GET",
    "/api/v1/sessions/{id}/attendance/verify",
    summary="Verify a closed attendance",
    query=VerifyQuery,
    response=AttendanceVerifiedOut,
    errors=(SessionUnknown, errors.NotSealed, TooManyAtOnce),
)
async def verify(request: web.Request, query: VerifyQuery) -> AttendanceVerifiedOut:
    """Is what is stored what was sealed? Names the parts that are not."""
    session_id = SessionId(path_id(request))
    await services(request).sessions.get(actor(request), session_id)
    with request.app[VERIFICATION_TURNS].turn(await named(request)):
        return AttendanceVerifiedOut.of(await services(request).seals.verify(session_id, query.head))
