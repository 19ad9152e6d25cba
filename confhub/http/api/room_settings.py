"""What a branch says of its rooms: the rule for conflicts, days off, setting up and clearing."""

from __future__ import annotations

from datetime import date

from aiohttp import web
from pydantic import Field

from confhub.http.api.shapes.series import BuffersOut, OwnDaysOut, UnitBookingOut
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.seen import if_match, tell_version
from confhub.http.shapes import ApiModel
from confhub.kernel.errors import NotFound
from confhub.kernel.ids import EndpointId, UnitId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.scheduling.bookings import OnConflict
from confhub.scheduling.errors import BuffersMeet
from confhub.scheduling.room_settings import Buffers, OwnDay

api = Api("Rooms' bookings")


class BookingRuleIn(ApiModel):
    """What happens where a room is wanted twice: shown and booked, booked with a reason, or refused; null:
    what holds for the unit above."""

    own: OnConflict | None


class OwnDayIn(ApiModel):
    """A day off and its name."""

    day: date
    name: str = Field(max_length=NAME_MAX_CHARS)


class OwnDaysIn(ApiModel):
    """The unit's own days off, besides the public holidays."""

    days: list[OwnDayIn] = Field(max_length=10_000)


class BuffersIn(ApiModel):
    """Minutes before and after each session."""

    setup_min: int = Field(ge=-100_000, le=100_000)
    clear_min: int = Field(ge=-100_000, le=100_000)


@api("GET", "/api/v1/units/{id}/booking-rule", summary="Rule for conflicts", response=UnitBookingOut,
     errors=(NotFound,))  # fmt: skip
async def booking_rule(request: web.Request) -> UnitBookingOut:
    """Of the unit's rooms, and those below it that have no rule of their own."""
    found = await services(request).room_settings.booking_rule(actor(request), UnitId(path_id(request)))
    tell_version(request, found)
    return UnitBookingOut.of(found)


@api("PUT", "/api/v1/units/{id}/booking-rule", summary="Set the rule for conflicts", request=BookingRuleIn,
     response=UnitBookingOut, errors=(NotFound,))  # fmt: skip
async def set_booking_rule(request: web.Request, body: BookingRuleIn) -> UnitBookingOut:
    """Holds for what is booked from now on. If-Match with the ETag of what was read: 412 where it has
    changed."""
    found = await services(request).room_settings.set_booking_rule(
        actor(request), UnitId(path_id(request)), body.own, seen=if_match(request)
    )
    tell_version(request, found)
    return UnitBookingOut.of(found)


@api(
    "GET", "/api/v1/units/{id}/days-off", summary="A unit's days off", response=OwnDaysOut, errors=(NotFound,)
)
async def days_off(request: web.Request) -> OwnDaysOut:
    """Its own ones, besides the public holidays of Viet Nam; they count below it as well."""
    found = await services(request).room_settings.days_off(actor(request), UnitId(path_id(request)))
    tell_version(request, found)
    return OwnDaysOut.of(found)


@api("PUT", "/api/v1/units/{id}/days-off", summary="Set a unit's days off", request=OwnDaysIn,
     response=OwnDaysOut, errors=(NotFound,))  # fmt: skip
async def set_days_off(request: web.Request, body: OwnDaysIn) -> OwnDaysOut:
    """Series heed them for dates made from now on. If-Match with the ETag of what was read: 412 where it has
    changed."""
    days = [OwnDay(one.day, one.name) for one in body.days]
    found = await services(request).room_settings.set_days_off(
        actor(request), UnitId(path_id(request)), days, seen=if_match(request)
    )
    tell_version(request, found)
    return OwnDaysOut.of(found)


@api("GET", "/api/v1/endpoints/{id}/buffers", summary="A room's setting up and clearing", response=BuffersOut,
     errors=(NotFound,))  # fmt: skip
async def buffers(request: web.Request) -> BuffersOut:
    """Minutes before and after each session in which nobody else has the room."""
    found = await services(request).room_settings.buffers(actor(request), EndpointId(path_id(request)))
    tell_version(request, found)
    return BuffersOut.of(found)


@api("PUT", "/api/v1/endpoints/{id}/buffers", summary="Set a room's setting up and clearing",
     request=BuffersIn, response=BuffersOut, errors=(NotFound, BuffersMeet))  # fmt: skip
async def set_buffers(request: web.Request, body: BuffersIn) -> BuffersOut:
    """What the room is booked for from now on follows. If-Match with the ETag of what was read: 412 where it
    has changed."""
    wanted = Buffers(body.setup_min, body.clear_min)
    found = await services(request).room_settings.set_buffers(
        actor(request), EndpointId(path_id(request)), wanted, seen=if_match(request)
    )
    tell_version(request, found)
    return BuffersOut.of(found)
