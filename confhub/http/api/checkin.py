"""Check-in for officers: live figures, rooms' tablets, the session's policy, breaks and prompts."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field

from confhub.checkin import errors
from confhub.checkin.errors import TabletNotFound
from confhub.http.api.checkin_tablet import MoveAnswerIn, MoveOut, move_out
from confhub.http.api.shapes.checkin import (
    BreakOut,
    CheckinPlanOut,
    CheckinPolicyOut,
    HeldPhoneOut,
    LiveTotalsOut,
    OpenPromptOut,
    SourceOut,
    UndoneOut,
)
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.seen import if_match, tell_version
from confhub.http.shapes import Answers, ApiModel
from confhub.http.wishes.checkin import PolicyFields
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import AttendeeId, EndpointId, SessionId
from confhub.registry.errors import EndpointNotFound
from confhub.sessions.errors import AttendanceSealed, SessionUnknown

api = Api("Check-in")


class SlipOut(BaseModel):
    """A tablet's code, shown this once."""

    code: str
    expires_at: datetime


class PolicyIn(PolicyFields, ApiModel):
    """How a session is checked in. `sure`: taken even where it changes figures that people have by now;
    without it such a change answers 409 with the numbers."""


class BreakIn(ApiModel):
    """A break that was not called while it ran."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime


class MovesOut(BaseModel):
    """Oldest first."""

    moves: list[MoveOut]


class SourcesOut(BaseModel):
    """Codes that stand out first; `undone`: newest first."""

    sources: list[SourceOut]
    undone: list[UndoneOut]


class UndoIn(ApiModel):
    """`source`: as listed, or `device:<hash>` of one phone. `shut_out`: a tablet's token ends as well."""

    source: str = Field(max_length=80)
    reason: str = Field(max_length=2_000)
    shut_out: bool = True


class PhonesOut(Answers[HeldPhoneOut]):
    """The oldest first."""


class PhoneBackIn(ApiModel):
    """`device`: as listed. `check_ins`: what it told of its person in one's
    branches counts no longer either."""

    device: str = Field(min_length=1, max_length=64)
    reason: str = Field(max_length=2_000)
    check_ins: bool = False


@api(
    "GET",
    "/api/v1/sessions/{id}/checkin",
    summary="Live check-in figures",
    response=LiveTotalsOut,
    errors=(SessionUnknown, Forbidden),
)
async def totals(request: web.Request) -> LiveTotalsOut:
    """Expected, present, came, heads and connection of each room."""
    found = await services(request).checkin.totals(actor(request), SessionId(path_id(request)))
    return LiveTotalsOut.of(found)


@api(
    "POST",
    "/api/v1/endpoints/{id}/tablet-code",
    summary="A code for one more tablet of the room",
    response=SlipOut,
    status=201,
    errors=(EndpointNotFound, Forbidden),
)
async def issue(request: web.Request) -> SlipOut:
    """The code is valid for a day, once."""
    slip = await services(request).tablets.issue(actor(request), EndpointId(path_id(request)))
    return SlipOut(code=slip.code, expires_at=slip.expires_at)


@api(
    "DELETE",
    "/api/v1/tablets/{id}",
    summary="Take a tablet out",
    errors=(TabletNotFound, Forbidden),
)
async def revoke(request: web.Request) -> None:
    """Its token stops at once."""
    await services(request).tablets.revoke(actor(request), path_id(request))


@api(
    "GET",
    "/api/v1/sessions/{id}/checkin/moves",
    summary="Requests for people of other rooms",
    response=MovesOut,
    errors=(SessionUnknown,),
)
async def moves(request: web.Request) -> MovesOut:
    """Those that wait for an answer of a room in one's branches."""
    found = await services(request).moves.of_session(actor(request), SessionId(path_id(request)))
    return MovesOut(moves=[move_out(one) for one in found])


@api(
    "POST",
    "/api/v1/sessions/{id}/checkin/moves/{move}",
    summary="Answer for a room whether somebody may go",
    request=MoveAnswerIn,
    response=MoveOut,
    errors=(SessionUnknown, errors.MoveUnknown, errors.MoveDecided, AttendanceSealed),
    example={"grant": True},
)
async def answer_move(request: web.Request, body: MoveAnswerIn) -> MoveOut:
    """As an officer of the branch of the room that is left."""
    session_id, move_id = SessionId(path_id(request)), path_id(request, "move")
    found = services(request).moves
    return move_out(await found.answer(actor(request), session_id, move_id, grant=body.grant))


@api(
    "GET",
    "/api/v1/sessions/{id}/checkin/sources",
    summary="Which devices and codes checked people in",
    response=SourcesOut,
    errors=(SessionUnknown,),
)
async def sources(request: web.Request) -> SourcesOut:
    """Within the branches where one may correct: what each told, what stands out, and what was taken back."""
    found, undone = await services(request).undoing.sources(actor(request), SessionId(path_id(request)))
    return SourcesOut(
        sources=[SourceOut.of(one) for one in found], undone=[UndoneOut.of(one) for one in undone]
    )


@api(
    "POST",
    "/api/v1/sessions/{id}/checkin/undo",
    summary="Take back everything of one device or code",
    request=UndoIn,
    response=UndoneOut,
    errors=(SessionUnknown, errors.SourceUnknown, errors.NothingToUndo, AttendanceSealed),
    example={"source": "tablet:12", "reason": "The tablet was in wrong hands."},
)
async def undo(request: web.Request, body: UndoIn) -> UndoneOut:
    """Needs the right to correct in the branch. The events stay stored; they count no longer."""
    session_id = SessionId(path_id(request))
    found = services(request).undoing
    return UndoneOut.of(
        await found.undo(actor(request), session_id, body.source, body.reason, shut_out=body.shut_out)
    )


@api(
    "GET",
    "/api/v1/sessions/{id}/people/{person}/phones",
    summary="The phones that count for a person",
    response=PhonesOut,
    errors=(SessionUnknown,),
)
async def phones(request: web.Request) -> PhonesOut:
    """Within the branches where one may correct; `device` is what taking one back asks for."""
    session_id, person = SessionId(path_id(request)), AttendeeId(path_id(request, "person"))
    return PhonesOut.of(await services(request).phones.of_person(actor(request), session_id, person))


@api(
    "POST",
    "/api/v1/sessions/{id}/checkin/phones/take-back",
    summary="Take a phone back from a person",
    request=PhoneBackIn,
    response=UndoneOut,
    errors=(SessionUnknown, errors.PhoneUnknown, errors.NothingToUndo, AttendanceSealed),
    example={"device": "0f3c", "reason": "The phone was lent.", "check_ins": False},
)
async def take_phone_back(request: web.Request, body: PhoneBackIn) -> UndoneOut:
    """Needs the right to correct in the branch of a room where it told something. It counts for nobody then,
    and may check in somebody else."""
    found = services(request).phones
    session_id = SessionId(path_id(request))
    return UndoneOut.of(
        await found.take_back(actor(request), session_id, body.device, body.reason, check_ins=body.check_ins)
    )


@api(
    "GET",
    "/api/v1/sessions/{id}/checkin/plan",
    summary="How a session is checked in",
    response=CheckinPlanOut,
    errors=(SessionUnknown,),
)
async def plan(request: web.Request) -> CheckinPlanOut:
    """Policy, breaks and opened prompts."""
    found = await services(request).plans.plan(actor(request), SessionId(path_id(request)))
    tell_version(request, found.policy)
    return CheckinPlanOut.of(found)


@api(
    "PUT",
    "/api/v1/sessions/{id}/checkin/policy",
    summary="Set how a session is checked in",
    request=PolicyIn,
    response=CheckinPolicyOut,
    errors=(
        SessionUnknown,
        AttendanceSealed,
        errors.MarginOutOfRange,
        errors.PercentOutOfRange,
        errors.TooManyPrompts,
        errors.WaysMissing,
        errors.FiguresWouldChange,
    ),
)
async def set_policy(request: web.Request, body: PolicyIn) -> CheckinPolicyOut:
    """All fields are set. If-Match with the ETag of the plan: 412 where the policy has changed."""
    found = services(request).plans
    made = await found.set_policy(
        actor(request), SessionId(path_id(request)), body.policy(), seen=if_match(request), sure=body.sure
    )
    tell_version(request, made)
    return CheckinPolicyOut.of(made)


@api(
    "POST",
    "/api/v1/sessions/{id}/breaks",
    summary="Add a break",
    request=BreakIn,
    response=BreakOut,
    status=201,
    errors=(SessionUnknown, errors.BreakInvalid, errors.BreaksOverlap, errors.TooManyBreaks),
)
async def add_break(request: web.Request, body: BreakIn) -> BreakOut:
    """Taken out of everybody's minutes."""
    found = services(request).plans
    session_id = SessionId(path_id(request))
    return BreakOut.of(await found.add_break(actor(request), session_id, body.starts_at, body.ends_at))


@api(
    "POST",
    "/api/v1/sessions/{id}/breaks/begin",
    summary="Begin a break now",
    response=BreakOut,
    status=201,
    errors=(SessionUnknown, errors.NotLive, errors.BreakOpen, errors.TooManyBreaks),
)
async def begin_break(request: web.Request) -> BreakOut:
    """It goes on until it is ended, or the session is."""
    return BreakOut.of(await services(request).plans.begin_break(actor(request), SessionId(path_id(request))))


@api(
    "POST",
    "/api/v1/sessions/{id}/breaks/end",
    summary="End the running break",
    response=BreakOut,
    errors=(SessionUnknown, errors.NoBreakOpen),
)
async def end_break(request: web.Request) -> BreakOut:
    """Minutes count again."""
    return BreakOut.of(await services(request).plans.end_break(actor(request), SessionId(path_id(request))))


@api(
    "DELETE",
    "/api/v1/sessions/{id}/breaks/{break}",
    summary="Take a break out",
    errors=(SessionUnknown, errors.BreakNotFound, AttendanceSealed),
)
async def remove_break(request: web.Request) -> None:
    """It was none; the audit trail keeps it."""
    session_id, break_id = SessionId(path_id(request)), path_id(request, "break")
    await services(request).plans.remove_break(actor(request), session_id, break_id)


@api(
    "POST",
    "/api/v1/sessions/{id}/prompts",
    summary="Ask everybody to confirm now",
    response=OpenPromptOut,
    status=201,
    errors=(SessionUnknown, errors.NotLive, errors.TooManyPrompts),
)
async def prompt_now(request: web.Request) -> OpenPromptOut:
    """The rooms' codes change at once."""
    return OpenPromptOut.of(
        await services(request).plans.prompt_now(actor(request), SessionId(path_id(request)))
    )
