"""What a tablet sends: a batch of check-ins and head counts, and what became of each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from confhub.checkin import limits
from confhub.checkin.values import Guest, Named, PersonKind, RoomEvent, Way
from confhub.http.api.clock import ClockIn
from confhub.http.phones import BADGE_MAX_CHARS
from confhub.http.shapes import ApiModel, RowId
from confhub.kernel.limits import NAME_MAX_CHARS

Waiting = Annotated[int, Field(ge=0, le=limits.WAITING_MAX)]
Key = Annotated[str, Field(min_length=1, max_length=limits.CLIENT_KEY_MAX_CHARS)]


class GuestIn(ApiModel):
    """Somebody who is on no list."""

    name: Annotated[str, Field(min_length=1, max_length=2_000)]
    position: Annotated[str, Field(max_length=2_000)] | None = None


class NamedIn(ApiModel):
    """Somebody of the session's list, whatever the room: by personal code, or by name with unit."""

    code: Annotated[str, Field(max_length=NAME_MAX_CHARS)] = ""
    name: Annotated[str, Field(max_length=2_000)] = ""
    unit: Annotated[str, Field(max_length=2_000)] = ""


class EventIn(ApiModel):
    """What one person did. Exactly one of `attendee`, `badge`, `guest` and `named` says who."""

    key: Key
    kind: Literal["in", "out", "confirm"]
    at: AwareDatetime
    way: Literal["tablet", "badge"] = "tablet"
    attendee: RowId | None = None
    badge: Annotated[str, Field(max_length=BADGE_MAX_CHARS)] | None = None
    guest: GuestIn | None = None
    named: NamedIn | None = None


class HeadsIn(ApiModel):
    """A number of people in the room, declared. `sure`: taken even where it is far from what is expected."""

    key: Key
    people: Annotated[int, Field(ge=0, le=limits.HEADS_MAX)]
    at: AwareDatetime
    sure: bool = False


class EventsIn(ApiModel):
    """A batch, its times by the tablet's clock. `clock`: the tablet's quickest round trip to the hub, by
    which a wrong clock is put right. `waiting`: how many more events of this session wait on the tablet after
    this batch. `sent_at`: its clock at sending, which only tells that a clock is wrong."""

    clock: ClockIn | None = None
    waiting: Waiting | None = None
    sent_at: AwareDatetime | None = None
    events: list[EventIn] = Field(default=[], max_length=limits.BATCH_MAX)
    head_counts: list[HeadsIn] = Field(default=[], max_length=limits.BATCH_MAX)


class ResultOut(BaseModel):
    """What became of one event or head count."""

    key: str
    result: str
    code: str | None
    message: str | None
    attendee: int | None


class ResultsOut(BaseModel):
    """First the events' results, then the head counts', each in order."""

    hub_time: datetime
    results: list[ResultOut]


def event_of(one: EventIn) -> RoomEvent:
    """As the services take it."""
    guest = Guest(one.guest.name, one.guest.position) if one.guest is not None else None
    named = Named(one.named.code, one.named.name, one.named.unit) if one.named is not None else None
    return RoomEvent(
        one.key, PersonKind(one.kind), one.at, Way(one.way), one.attendee, one.badge, guest, named
    )  # fmt: skip
