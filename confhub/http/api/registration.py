"""Registration of a session's units: closing date, answers, links, reminders."""

from __future__ import annotations

from aiohttp import web
from pydantic import AwareDatetime, Field

from confhub.http.addresses import hub_address
from confhub.http.api.shapes.registration import (
    RecordOut,
    RegistrationLinkOut,
    RegistrationOut,
    RemindedOut,
    RemindersOut,
)
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.shapes import ApiModel, RowId
from confhub.invitations import errors
from confhub.invitations.limits import REMINDED_BEFORE_H
from confhub.sessions.errors import SessionUnknown

api = Api("Registration")

UNITS_MAX = 2_000
"""Of one request: more than a session invites."""


class ClosingIn(ApiModel):
    """Until when units may answer; null: no longer."""

    closes_at: AwareDatetime | None


class RemindIn(ApiModel):
    """Of these units those that have not answered; null: of all."""

    units: list[RowId] | None = Field(default=None, max_length=UNITS_MAX)


class RemindersIn(ApiModel):
    """Hours before the start; none: no reminder."""

    hours: list[int] = Field(max_length=len(REMINDED_BEFORE_H))


@api("GET", "/api/v1/sessions/{id}/registration", summary="Who answered what", response=RegistrationOut,
     errors=(SessionUnknown,))  # fmt: skip
async def answers(request: web.Request) -> RegistrationOut:
    """All invited units for who may edit the session; for others those of their branch."""
    return RegistrationOut.of(
        await services(request).invitations.registrations.of(actor(request), path_id(request))
    )


@api("POST", "/api/v1/sessions/{id}/registration/closing", summary="Set the closing date", request=ClosingIn,
     response=RegistrationOut,
     errors=(SessionUnknown, errors.TooLateToRegister, errors.ClosingInvalid,
             errors.NotRegistering))  # fmt: skip
async def closing(request: web.Request, body: ClosingIn) -> RegistrationOut:
    """Opens registration, or moves its end; units with an address are told by a letter, once. Null closes
    it at once; what was answered stays."""
    who, hub, session = actor(request), services(request).invitations.registrations, path_id(request)
    if body.closes_at is None:
        await hub.close(who, session)
    else:
        await hub.set_closing(who, session, body.closes_at)
    return RegistrationOut.of(await hub.of(who, session))


@api("GET", "/api/v1/sessions/{id}/registration/{unit}", summary="What one unit answered", response=RecordOut,
     errors=(SessionUnknown, errors.UnitNotInvited))  # fmt: skip
async def record(request: web.Request) -> RecordOut:
    """Every answer, with the delegates of the one that holds."""
    found = services(request).invitations.registrations
    return RecordOut.of(await found.record_of(actor(request), path_id(request), path_id(request, "unit")))


@api("POST", "/api/v1/sessions/{id}/registration/{unit}/link", summary="Make a unit's link anew",
     response=RegistrationLinkOut, status=201,
     errors=(SessionUnknown, errors.NotRegistering, errors.UnitNotInvited))  # fmt: skip
async def link(request: web.Request) -> RegistrationLinkOut:
    """Those before are void, also those in letters."""
    found = services(request).invitations.registrations
    token = await found.renew_link(actor(request), path_id(request), path_id(request, "unit"))
    return RegistrationLinkOut(link=f"{hub_address(request)}/r/{token}")


@api("DELETE", "/api/v1/sessions/{id}/registration/{unit}/link", summary="Revoke a unit's links",
     errors=(SessionUnknown, errors.UnitNotInvited))  # fmt: skip
async def revoke(request: web.Request) -> None:
    """None is valid any more; what was answered stays."""
    found = services(request).invitations.registrations
    await found.revoke_links(actor(request), path_id(request), path_id(request, "unit"))


@api("POST", "/api/v1/sessions/{id}/registration/remind", summary="Remind who has not answered",
     request=RemindIn, response=RemindedOut, errors=(SessionUnknown, errors.NotRegistering))  # fmt: skip
async def remind(request: web.Request, body: RemindIn) -> RemindedOut:
    """A letter with a new link to each, at most one in an hour."""
    found = services(request).invitations.registrations
    return RemindedOut(reminded=await found.remind(actor(request), path_id(request), body.units))


@api("GET", "/api/v1/sessions/{id}/reminders", summary="Hours of reminders", response=RemindersOut,
     errors=(SessionUnknown,))  # fmt: skip
async def reminders(request: web.Request) -> RemindersOut:
    """Before the start, the most first."""
    found = services(request).invitations.reminders
    return RemindersOut(hours=list(await found.of(actor(request), path_id(request))))


@api("POST", "/api/v1/sessions/{id}/reminders", summary="Set hours of reminders", request=RemindersIn,
     response=RemindersOut,
     errors=(SessionUnknown, errors.HoursUnknown, errors.TooLateToRegister))  # fmt: skip
async def set_reminders(request: web.Request, body: RemindersIn) -> RemindersOut:
    """These, in place of those before: 1, 3, 24, 72 or 168 hours before the start everybody with an address
    whose rooms take part gets a letter. A session that moves is reminded of its new hours."""
    found = services(request).invitations.reminders
    return RemindersOut(hours=list(await found.set(actor(request), path_id(request), body.hours)))
