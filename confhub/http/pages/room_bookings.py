"""What a unit says of its rooms, wanted twice or closed for a day, and how long a room takes to set up."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

from aiohttp import web
from pydantic import Field

from confhub.access.rules import allows
from confhub.http.context import actor, path_id, services
from confhub.http.forms import Form, FormModel, parse_filters, parse_form, read_form
from confhub.http.language import translate
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.seen import Seen, labelled, seen_now, version_sent
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import EndpointId, UnitId
from confhub.kernel.permissions import Permission
from confhub.scheduling.bookings import OnConflict
from confhub.scheduling.limits import BUFFER_MAX_MIN
from confhub.scheduling.room_settings import Buffers, OwnDay

routes = web.RouteTableDef()

_UNIT = r"/units/{id:\d+}/bookings"
_ROOM = r"/endpoints/{id:\d+}/bookings"
RULES: Final = {
    OnConflict.SHOW: "Shown, and booked all the same",
    OnConflict.REASON: "Booked with a reason",
    OnConflict.REFUSE: "Refused, with who was first and whom to ask",
}
"""What happens where a room is wanted twice."""


class DayQuery(FormModel):
    """`change`: the day off whose entry is opened."""

    change: dt.date | None = None


class RuleForm(FormModel):
    """A unit's own rule; empty: what holds above it."""

    own: OnConflict | None = None


class DayForm(FormModel):
    """A day off as typed; `was`: the one that it takes the place of."""

    day: dt.date
    name: str = Field("", max_length=1_000)
    was: dt.date | None = None


class GoneForm(FormModel):
    """The day off that is one no more."""

    was: dt.date


class BuffersForm(FormModel):
    """Minutes before and after each session as typed."""

    setup_min: int = Field(ge=-100_000, le=100_000)
    clear_min: int = Field(ge=-100_000, le=100_000)


async def _unit_page(
    request: web.Request,
    *,
    about: Literal["rule", "day"] | None = None,
    change: dt.date | None = None,
    error: DomainError | None = None,
) -> web.StreamResponse:
    """`about`: which of the two forms was refused, with its `error`."""
    hub, who, unit_id = services(request), actor(request), UnitId(path_id(request))
    unit = await hub.org.unit(who, unit_id)
    rule = await hub.room_settings.booking_rule(who, unit_id)
    days = await hub.room_settings.days_off(who, unit_id)
    opened = next((one for one in days if one.day == change), None)
    again = refusal(request, error)
    sent = await read_form(request) if error else None
    words = {key.value: translate(request, said) for key, said in RULES.items()}
    own = rule.own.value if rule.own else ""
    shown = labelled(request, ("When a room is wanted twice", words.get(own) or None))
    values: dict[str, object] = {
        "own": own,
        "was": opened.day.isoformat() if opened else "",
        "day": opened.day if opened else None,
        "name": opened.name if opened else "",
    }
    if sent is not None:
        values |= sent.values() | {"was": values["was"]}
    return await render(
        request,
        "units/bookings.html",
        status=again.status,
        unit=unit,
        may_edit=allows(who, Permission.UNIT_EDIT, unit.path),
        rule=rule,
        rules=words,
        days=days,
        opened=opened,
        values=values,
        rule_errors=again.errors if about == "rule" else {},
        day_errors=again.errors if about == "day" else {},
        seen=seen_now(rule, shown, sent if about == "rule" else None, error),
        day_seen=_day_seen(request, opened, sent if about == "day" else None, error),
    )


def _day_seen(
    request: web.Request, opened: OwnDay | None, sent: Form | None, error: DomainError | None
) -> Seen | None:
    """The version of the entry that is changed; None for one that is added."""
    if opened is None:
        return None
    return seen_now(opened, labelled(request, ("Day", opened.day), ("Name", opened.name)), sent, error)


@routes.get(_UNIT)
async def unit_bookings(request: web.Request) -> web.StreamResponse:
    """The unit's rule, and its days off."""
    return await _unit_page(request, change=parse_filters(request, DayQuery).change)


@routes.post(f"{_UNIT}/rule")
async def set_rule(request: web.Request) -> web.StreamResponse:
    """What happens from now on where a room is wanted twice."""
    key = path_id(request)
    try:
        typed = await parse_form(request, RuleForm)
        await services(request).room_settings.set_booking_rule(
            actor(request), UnitId(key), typed.own, seen=version_sent(await read_form(request))
        )
    except FORM_ERRORS as error:
        return await _unit_page(request, about="rule", error=error)
    return see_other(f"/units/{key}/bookings", "saved")


@routes.post(f"{_UNIT}/days")
async def put_day(request: web.Request) -> web.StreamResponse:
    """A day off more, or one changed."""
    key, was = path_id(request), None
    try:
        typed = await parse_form(request, DayForm)
        was = typed.was
        await services(request).room_settings.change_day_off(
            actor(request), UnitId(key), was, OwnDay(typed.day, typed.name),
            seen=version_sent(await read_form(request)) if was else None,
        )  # fmt: skip
    except FORM_ERRORS as error:
        return await _unit_page(request, about="day", change=was, error=error)
    return see_other(f"/units/{key}/bookings", "saved" if was else "added")


@routes.post(f"{_UNIT}/days/delete")
async def drop_day(request: web.Request) -> web.StreamResponse:
    """A day off less."""
    key = path_id(request)
    try:
        typed = await parse_form(request, GoneForm)
        await services(request).room_settings.change_day_off(actor(request), UnitId(key), typed.was, None)
    except FORM_ERRORS as error:
        return await _unit_page(request, about="day", error=error)
    return see_other(f"/units/{key}/bookings", "deleted")


async def _room_page(request: web.Request, error: DomainError | None = None) -> web.StreamResponse:
    hub, who, key = services(request), actor(request), EndpointId(path_id(request))
    room = await hub.registry.endpoint(who, key)
    stored = await hub.room_settings.buffers(who, key)
    again = refusal(request, error)
    sent = await read_form(request) if error else None
    shown = labelled(request, ("Minutes to set up", stored.setup_min), ("Minutes to clear", stored.clear_min))
    values: dict[str, object] = {"setup_min": stored.setup_min, "clear_min": stored.clear_min}
    if sent is not None:
        values |= sent.values()
    return await render(
        request,
        "endpoints/bookings.html",
        status=again.status,
        room=room,
        may_edit=allows(who, Permission.ENDPOINT_EDIT, room.path),
        stored=stored,
        most=BUFFER_MAX_MIN,
        values=values,
        errors=again.errors,
        seen=seen_now(stored, shown, sent, error),
    )


@routes.get(_ROOM)
async def room_bookings(request: web.Request) -> web.StreamResponse:
    """How long the room takes to set up and to clear."""
    return await _room_page(request)


@routes.post(_ROOM)
async def set_buffers(request: web.Request) -> web.StreamResponse:
    """Other minutes from now on."""
    key = path_id(request)
    try:
        typed = await parse_form(request, BuffersForm)
        await services(request).room_settings.set_buffers(
            actor(request), EndpointId(key), Buffers(typed.setup_min, typed.clear_min),
            seen=version_sent(await read_form(request)),
        )  # fmt: skip
    except FORM_ERRORS as error:
        return await _room_page(request, error)
    return see_other(f"/endpoints/{key}/bookings", "saved")
