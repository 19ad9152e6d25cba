"""The tablet's door: check-ins and head counts of one room, with a list that works without the hub."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from confhub.checkin.errors import (
    CheckinBusy,
    ClockUnmeasured,
    MoveDecided,
    MoveUnknown,
    PhoneUnknown,
    TabletCodeExpired,
    TabletCodeUnknown,
    TabletCodeUsed,
    TabletUnknown,
    TooManyRefused,
)
from confhub.checkin.values import ListedPerson, Mark, Move, RoomHeads, RoomTeller, TabletSession, Told
from confhub.http.api.checkin_screen import (
    CodeOut,
    PromptOut,
    ReminderOut,
    prompt_out,
    reminders_of,
    room_code,
)
from confhub.http.api.tablet_batch import EventsIn, ResultOut, ResultsOut, Waiting, event_of
from confhub.http.api_decorator import Api
from confhub.http.context import path_id, peer, services
from confhub.http.errors import words
from confhub.http.shapes import ApiModel, RowId
from confhub.http.tellers import CODE_MAX_CHARS, room_teller
from confhub.kernel.errors import DomainError, TooMany
from confhub.kernel.ids import AttendeeId, SessionId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.sessions.errors import AttendanceSealed, RoomNotInSession, SessionUnknown

api = Api("Check-in tablets")


class EnterIn(ApiModel):
    """The code from the room's page, and what this tablet is called."""

    code: Annotated[str, Field(min_length=1, max_length=CODE_MAX_CHARS)]
    name: Annotated[str, Field(max_length=NAME_MAX_CHARS)] = ""


class TabletRoomOut(BaseModel):
    """The room that is checked in."""

    id: int
    code: str
    name: str
    unit: str


class EnterOut(BaseModel):
    """The tablet's token, shown this once."""

    token: str
    endpoint: TabletRoomOut


class TabletSessionOut(BaseModel):
    """A session of the room."""

    id: int
    title: str
    kind: str
    state: str
    starts_at: datetime
    ends_at: datetime


class TabletSessionsOut(BaseModel):
    """The room's sessions: open ones first."""

    hub_time: datetime
    endpoint: TabletRoomOut
    sessions: list[TabletSessionOut]


class TabletPolicyOut(BaseModel):
    """What the session offers."""

    ways: list[str]
    guests: bool
    prompts: int


class HeadsOut(BaseModel):
    """The head count declared last."""

    people: int
    at: datetime


class AskedPromptOut(BaseModel):
    """The newest presence prompt that people can still answer: whoever is checked in and was not heard of
    since `opens_at` has not. `counts`: it takes their minutes until they are."""

    opens_at: datetime
    closes_at: datetime
    counts: bool


class MoveOut(BaseModel):
    """Another room says that somebody who sits here, or belongs here, is there: `to_room`, since `at`.
    `badge_end`: the last letters of the badge, as they are printed on it."""

    id: int
    attendee: int
    name: str
    code: str | None
    position: str | None
    unit: str
    badge_end: str
    from_room: str
    to_room: str
    at: datetime
    by: str
    state: str


class TabletPhoneBackIn(ApiModel):
    """Whose phone, and why it is taken back."""

    attendee: RowId
    reason: Annotated[str, Field(max_length=2_000)]


class MoveAnswerIn(ApiModel):
    """Whether the person may go."""

    grant: bool


class TabletPersonOut(BaseModel):
    """A person of the room's list, or a visitor of another's (`origin` visitor, `home` its room's name).
    `badge_hash`: first 16 hexadecimal digits of SHA-256 of the badge. `elsewhere`: the room where somebody of
    this list is checked in."""

    id: int
    name: str
    code: str | None
    position: str | None
    unit: str
    badge_hash: str
    state: str
    state_at: datetime | None
    origin: str
    absence: str | None
    home: str
    elsewhere: str


class SheetOut(BaseModel):
    """Everything that a tablet needs to go on without the hub.

    `whole`: `people` is the whole list, in its order, visitors last. Else it has all visitors, and of the
    room's own people those who changed since the mark that was sent; the others are as they were. `listed`:
    how many the room's own are. Who has another number of them then, or does not know one who changed, asks
    without a mark. `mark`: to be sent as `since` the next time."""

    hub_time: datetime
    session: TabletSessionOut
    policy: TabletPolicyOut
    people: list[TabletPersonOut]
    whole: bool
    mark: str
    listed: int
    head_count: HeadsOut | None
    prompt: PromptOut | None
    asked: AskedPromptOut | None
    reminders: list[ReminderOut]
    moves: list[MoveOut]


class SheetQuery(ApiModel):
    """`endpoint`: the room that a logged-in person acts for; a tablet has its own. `waiting`: how many events
    of this session wait on the device that asks. `since`: the mark of the list that it has."""

    endpoint: RowId | None = None
    waiting: Waiting | None = None
    since: Annotated[str, Field(pattern=r"^[0-9]{1,12}-[0-9]{1,12}$")] | None = None


class EndpointQuery(ApiModel):
    """`endpoint`: the room that a logged-in person acts for; a tablet has its own."""

    endpoint: RowId | None = None


@api(
    "POST",
    "/api/v1/tablet/enter",
    summary="Register a tablet",
    request=EnterIn,
    response=EnterOut,
    security="none",
    errors=(TabletCodeUnknown, TabletCodeUsed, TabletCodeExpired, TooMany),
    example={"code": "ABCD-EFGH-JKLM", "name": "tablet 1"},
)
async def enter(request: web.Request, body: EnterIn) -> EnterOut:
    """Exchanges a one-time code for the tablet's token."""
    token, principal = await services(request).tablets.enter(body.code, body.name, peer(request).address)
    return EnterOut(token=token, endpoint=_room(principal.teller))


@api(
    "GET",
    "/api/v1/tablet/sessions",
    summary="Sessions of the tablet's room",
    query=EndpointQuery,
    response=TabletSessionsOut,
    security="tablet",
    errors=(TabletUnknown,),
)
async def sessions(request: web.Request, query: EndpointQuery) -> TabletSessionsOut:
    """Open sessions, the next ones, and those that ended and are not sealed."""
    found = services(request)
    teller = await room_teller(request)
    listed = await found.checkin.sessions(teller.endpoint_id)
    return TabletSessionsOut(
        hub_time=found.clock.now(), endpoint=_room(teller), sessions=[_session(one) for one in listed]
    )


@api(
    "GET",
    "/api/v1/tablet/sessions/{id}",
    summary="The list of the tablet's room",
    query=SheetQuery,
    response=SheetOut,
    security="tablet",
    errors=(TabletUnknown, SessionUnknown),
)
async def sheet(request: web.Request, query: SheetQuery) -> SheetOut:
    """People expected in the room, and how the session is checked in; with `since`, mostly what changed."""
    found = services(request)
    teller = await room_teller(request)
    session_id = SessionId(path_id(request))
    if query.waiting is not None:
        await found.checkin.heard(teller, session_id, query.waiting)
    since = Mark(*map(int, query.since.split("-"))) if query.since is not None else None
    made = await found.checkin.sheet(teller, session_id, since)
    return SheetOut(
        hub_time=found.clock.now(),
        session=_session(made.session),
        policy=TabletPolicyOut(
            ways=[way.value for way in made.policy.ways],
            guests=made.policy.guests,
            prompts=made.policy.prompts,
        ),
        people=[_person(one) for one in made.people],
        whole=made.whole,
        mark=f"{made.mark.read_at}-{made.mark.whole_at}",
        listed=made.listed,
        head_count=HeadsOut(people=made.heads.people, at=made.heads.at) if made.heads else None,
        prompt=prompt_out(made.prompt),
        asked=AskedPromptOut(**asdict(made.asked)) if made.asked is not None else None,
        reminders=await reminders_of(request, session_id, teller.endpoint_id),
        moves=[move_out(one) for one in made.moves],
    )


@api(
    "POST",
    "/api/v1/tablet/sessions/{id}/events",
    summary="Check people in and out, declare heads",
    query=EndpointQuery,
    request=EventsIn,
    response=ResultsOut,
    security="tablet",
    errors=(TabletUnknown, SessionUnknown, TooManyRefused, CheckinBusy, ClockUnmeasured),
    example={
        "sent_at": "2026-11-22T01:00:00Z",
        "events": [{"key": "k1", "kind": "in", "at": "2026-11-22T00:59:00Z", "attendee": 1}],
        "head_counts": [{"key": "h1", "people": 128, "at": "2026-11-22T00:59:30Z"}],
    },
)
async def events(request: web.Request, body: EventsIn, query: EndpointQuery) -> ResultsOut:
    """Answers after the commit. The same key again is `doubled`; a bad event is refused by itself.

    Somebody of another room is `waiting` for that room's consent, unless they come by their own code.
    """
    found = services(request)
    teller = await room_teller(request)
    told = await found.checkin.tell(
        teller,
        SessionId(path_id(request)),
        [event_of(one) for one in body.events],
        [RoomHeads(one.key, one.people, one.at, one.sure) for one in body.head_counts],
        sent_at=body.sent_at,
        trip=body.clock.trip if body.clock is not None else None,
        waiting=body.waiting,
    )
    return ResultsOut(hub_time=found.clock.now(), results=[_result(request, one) for one in told])


@api(
    "POST",
    "/api/v1/tablet/sessions/{id}/moves/{move}",
    summary="Let somebody go to another room, or not",
    query=EndpointQuery,
    request=MoveAnswerIn,
    response=MoveOut,
    security="tablet",
    errors=(TabletUnknown, MoveUnknown, MoveDecided, AttendanceSealed),
    example={"grant": True},
)
async def answer_move(request: web.Request, body: MoveAnswerIn, query: EndpointQuery) -> MoveOut:
    """The asked room's own answer; what the other room told is stored, or not."""
    teller = await room_teller(request)
    session_id, move_id = SessionId(path_id(request)), path_id(request, "move")
    found = services(request).moves
    return move_out(await found.answer_as_room(teller, session_id, move_id, grant=body.grant))


@api(
    "POST",
    "/api/v1/tablet/sessions/{id}/phones/take-back",
    summary="Take a person's phone back, as the room",
    query=EndpointQuery,
    request=TabletPhoneBackIn,
    security="tablet",
    errors=(TabletUnknown, SessionUnknown, PhoneUnknown, AttendanceSealed),
    example={"attendee": 1, "reason": "The phone was lent."},
)
async def take_phone_back(request: web.Request, body: TabletPhoneBackIn, query: EndpointQuery) -> None:
    """It may check in somebody else then; what it told of this person counts on until they are checked
    out."""
    teller, session_id = await room_teller(request), SessionId(path_id(request))
    await services(request).phones.take_back_as_room(
        teller, session_id, AttendeeId(body.attendee), body.reason
    )


@api(
    "GET",
    "/api/v1/tablet/sessions/{id}/code",
    summary="The room's code, for the tablet to show",
    query=EndpointQuery,
    response=CodeOut,
    security="tablet",
    errors=(TabletUnknown, RoomNotInSession),
)
async def code(request: web.Request, query: EndpointQuery) -> CodeOut:
    """The QR code and the six digits of this moment."""
    teller = await room_teller(request)
    return await room_code(request, teller.endpoint_id, teller.code)


@api(
    "POST",
    "/api/v1/tablet/sessions/{id}/reminders/{reminder}/seen",
    summary="Put a reminder away",
    query=EndpointQuery,
    security="tablet",
    errors=(TabletUnknown,),
)
async def seen(request: web.Request, query: EndpointQuery) -> None:
    """It leaves the room's tablet and screen, and with it earlier ones that say the same."""
    teller = await room_teller(request)
    session_id, reminder_id = SessionId(path_id(request)), path_id(request, "reminder")
    await services(request).desk.put_away(session_id, teller.endpoint_id, reminder_id)


def _result(request: web.Request, told: Told) -> ResultOut:
    error = told.error
    return ResultOut(
        key=told.key,
        result=told.result.value,
        code=error.code if error is not None else None,
        message=sentence(request, error) if error is not None else None,
        attendee=told.attendee,
    )


def sentence(request: web.Request, error: DomainError) -> str:
    """What was wrong and what to do, in the reader's language."""
    return " ".join(part for part in words(request, error) if part)


def move_out(one: Move) -> MoveOut:
    """A request as every door tells it."""
    return MoveOut(
        id=one.id, attendee=one.attendee, name=one.name, code=one.code, position=one.position, unit=one.unit,
        badge_end=one.badge_end, from_room=one.from_room, to_room=one.to_room, at=one.at, by=one.by,
        state=one.state,
    )  # fmt: skip


def _room(teller: RoomTeller) -> TabletRoomOut:
    return TabletRoomOut(id=teller.endpoint_id, code=teller.code, name=teller.name, unit=teller.unit_name)


def _person(one: ListedPerson) -> TabletPersonOut:
    return TabletPersonOut(
        id=one.id, name=one.name, code=one.code, position=one.position, unit=one.unit,
        badge_hash=one.badge_hash, state=one.state, state_at=one.state_at, origin=one.origin,
        absence=one.absence, home=one.home, elsewhere=one.elsewhere,
    )  # fmt: skip


def _session(one: TabletSession) -> TabletSessionOut:
    return TabletSessionOut(
        id=one.id, title=one.title, kind=one.kind, state=one.state, starts_at=one.starts_at,
        ends_at=one.ends_at,
    )  # fmt: skip
