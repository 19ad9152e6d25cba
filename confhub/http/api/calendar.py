"""The calendar by API: what is held when, which room has what, and a session moved to other hours."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC

from aiohttp import web
from pydantic import AwareDatetime, Field

from confhub.http.api.shapes.calendar import CalendarOut, TimelineOut
from confhub.http.api.shapes.sessions import SessionOut
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.paging import PAGE_MAX, Searched
from confhub.http.shapes import ApiModel, RowId
from confhub.http.wishes.sessions import MINUTES_MAX, REASON_MAX_CHARS
from confhub.kernel.ids import AccountId, EndpointId, SessionId, UnitId
from confhub.kernel.paging import offset_of
from confhub.kernel.versions import ChangedMeanwhile
from confhub.scheduling.errors import (
    AnnouncedMoves,
    MovedWhenCancelled,
    MovedWhenOver,
    MovedWhileCalled,
    ReasonNeeded,
    RoomsTaken,
)  # fmt: skip
from confhub.scheduling.limits import CALENDAR_ROOMS_MAX
from confhub.scheduling.moving import Hours
from confhub.sessions.errors import SessionUnknown

api = Api("Calendar")


class CalendarQuery(ApiModel):
    """From `since` until `until`, 62 days at the most. `unit_id`: the top of the organizing branch;
    `endpoint_id`: a room that takes part; `organizer_id`: who planned it."""

    since: AwareDatetime
    until: AwareDatetime
    unit_id: RowId | None = None
    endpoint_id: RowId | None = None
    organizer_id: RowId | None = None

    def filters(self) -> tuple[UnitId | None, EndpointId | None, AccountId | None]:
        """As the service takes them."""
        return (
            None if self.unit_id is None else UnitId(self.unit_id),
            None if self.endpoint_id is None else EndpointId(self.endpoint_id),
            None if self.organizer_id is None else AccountId(self.organizer_id),
        )


class TimelineQuery(Searched, CalendarQuery):
    """As the calendar's; `unit_id` is the top of the rooms' branch, `endpoint_id` the one room. `search` is
    compared without diacritics with the rooms' names and codes."""

    page: int = Field(default=1, ge=1, le=PAGE_MAX)
    size: int = Field(default=CALENDAR_ROOMS_MAX, ge=1, le=CALENDAR_ROOMS_MAX)


class HoursIn(ApiModel):
    """When a session begins, and its planned length in minutes."""

    starts_at: AwareDatetime
    length_min: int = Field(ge=1, le=MINUTES_MAX)

    def hours(self) -> Hours:
        """As the service takes it. An hour that UTC has no year for is refused there as too far."""
        with suppress(OverflowError):
            return Hours(self.starts_at.astimezone(UTC), self.length_min)
        return Hours(self.starts_at, self.length_min)


class MoveIn(HoursIn):
    """The new hours. `seen`: those that the asker saw. `sure`: moved also where it is scheduled already.
    `conflict_reason`: why rooms are booked that another session has, where the rule of their unit asks for
    one."""

    seen: HoursIn
    sure: bool = False
    conflict_reason: str = Field(default="", max_length=REASON_MAX_CHARS)


@api("GET", "/api/v1/calendar", summary="What is held when", query=CalendarQuery, response=CalendarOut)
async def between(request: web.Request, query: CalendarQuery) -> CalendarOut:
    """The sessions that the asker may view, by start, without those that were cancelled; and the days off:
    public holidays, with those of the unit's own where one is asked for."""
    unit_id, endpoint_id, organizer_id = query.filters()
    found = await services(request).calendar.between(
        actor(request), query.since, query.until,
        unit_id=unit_id, endpoint_id=endpoint_id, organizer_id=organizer_id,
    )  # fmt: skip
    return CalendarOut.of(found)


@api("GET", "/api/v1/calendar/rooms", summary="Which room has what when", query=TimelineQuery,
     response=TimelineOut)  # fmt: skip
async def timeline(request: web.Request, query: TimelineQuery) -> TimelineOut:
    """The rooms that the asker may view, by name, and the sessions in which they take part."""
    unit_id, endpoint_id, organizer_id = query.filters()
    found = await services(request).calendar.timeline(
        actor(request), query.since, query.until,
        unit_id=unit_id, endpoint_id=endpoint_id, organizer_id=organizer_id,
        text=query.search, offset=offset_of(query.page, query.size), limit=query.size,
    )  # fmt: skip
    return TimelineOut.of(found)


@api("POST", "/api/v1/sessions/{id}/move", summary="Move to other hours", repeatable=True,
     request=MoveIn, response=SessionOut,
     errors=(SessionUnknown, MovedWhileCalled, MovedWhenOver, MovedWhenCancelled, ChangedMeanwhile,
             AnnouncedMoves, RoomsTaken, ReasonNeeded))  # fmt: skip
async def move(request: web.Request, body: MoveIn) -> SessionOut:
    """A draft or a scheduled session begins at another hour, or lasts longer or shorter. One that is
    scheduled is refused once, with what others reckon with; a date of a series is edited by itself."""
    made = await services(request).moving.move(
        actor(request), SessionId(path_id(request)), body.seen.hours(), body.hours(),
        sure=body.sure, conflict_reason=body.conflict_reason,
    )  # fmt: skip
    return SessionOut.of(made.session)
