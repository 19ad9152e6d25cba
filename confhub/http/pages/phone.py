"""The check-in page on one's own phone: opened by the room's QR code, or by typing its six digits.

Plain forms; a script only offers names while one types, and reads codes with the camera. Nobody logs in: the
phone is known by a random cookie, and each page carries a visit's ticket, good for five minutes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from aiohttp import web
from pydantic import Field

from confhub.checkin.errors import CodeExpired, TooManyCodes
from confhub.checkin.values import FoundPerson, Guest, PersonKind, Result, VisitOpened
from confhub.http.context import LANGUAGE, LANGUAGE_COOKIE, services
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.login import set_cookie
from confhub.http.phones import (
    BADGE_MAX_CHARS,
    PICK_MAX_CHARS,
    TICKET_MAX_CHARS,
    WAITED_MAX_MS,
    device_of,
    likeness_of,
    set_device_cookie,
)
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.i18n.catalogue import LANGUAGES
from confhub.kernel.errors import DomainError
from confhub.kernel.limits import NAME_MAX_CHARS

routes = web.RouteTableDef()

HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "same-origin"}
"""The address in a QR code is a secret of 40 seconds: no other site and no search engine learns of it. (With
`no-referrer` browsers send a form with the origin `null`, which is refused.)"""

SHOWN_MAX_CHARS = 200


class CodeForm(FormModel):
    """The room's number and its six digits."""

    room: str = Field("", max_length=60)
    six: str = Field("", max_length=40)


class WhoForm(FormModel):
    """Looking for oneself; `language`: the page in another language instead."""

    visit: str = Field(min_length=1, max_length=TICKET_MAX_CHARS)
    q: str = Field("", max_length=SHOWN_MAX_CHARS)
    language: Literal["", *LANGUAGES] = ""  # type: ignore[valid-type]


class CheckInForm(FormModel):
    """Who it is: a person of the list, a badge, or a guest's name."""

    visit: str = Field(min_length=1, max_length=TICKET_MAX_CHARS)
    kind: PersonKind = PersonKind.IN
    attendee: str = Field("", max_length=PICK_MAX_CHARS)
    badge: str = Field("", max_length=BADGE_MAX_CHARS)
    guest_name: str = Field("", max_length=10 * NAME_MAX_CHARS)
    guest_position: str = Field("", max_length=10 * NAME_MAX_CHARS)
    waited_ms: int = Field(0, ge=0, le=WAITED_MAX_MS)


@routes.get("/c")
async def type_code(request: web.Request) -> web.StreamResponse:
    """Type the room's code, or read it with the camera."""
    return await _code_page(request, {}, {})


@routes.post("/c")
async def hand_in_code(request: web.Request) -> web.StreamResponse:
    """The six digits of a room."""
    device, cookie = await device_of(request)
    try:
        typed = await parse_form(request, CodeForm)
        opened = await services(request).codes.visit_by_digits(
            device, typed.room, typed.six, (await likeness_of(request)).network, fresh=cookie is not None
        )
    except FORM_ERRORS as error:
        values = (await read_form(request)).values()
        if isinstance(error, TooManyCodes):
            return await _code_page(request, values, {}, error, cookie=cookie)
        again = refusal(request, error)
        errors = again.errors
        return await _code_page(request, values, errors, cookie=cookie, status=again.status)
    return await _who_page(request, opened, cookie=cookie)


@routes.get(r"/c/{token:[0-9A-Za-z-]{3,60}}")
async def scanned(request: web.Request) -> web.StreamResponse:
    """What a scanned QR code opens."""
    device, cookie = await device_of(request)
    try:
        opened = await services(request).codes.visit_by_token(
            device, request.match_info["token"], fresh=cookie is not None
        )
    except FORM_ERRORS as error:
        return await _code_page(request, {}, {}, error, cookie=cookie)
    return await _who_page(request, opened, cookie=cookie)


@routes.get("/c/who")
@routes.get("/c/check-in")
async def reloaded(request: web.Request) -> web.StreamResponse:
    """A page that was reached by a form is asked for again: from the start."""
    return see_other("/c")


@routes.post("/c/who")
async def find(request: web.Request) -> web.StreamResponse:
    """The page again: in another language, or with the people whose names were typed."""
    device, cookie = await device_of(request)
    codes = services(request).codes
    try:
        typed = await parse_form(request, WhoForm)
        opened = await codes.visit_again(device, typed.visit)
    except FORM_ERRORS as error:
        return await _code_page(request, {}, {}, error, cookie=cookie)
    if typed.language:
        request[LANGUAGE] = typed.language
        response = await _who_page(request, opened, cookie=cookie)
        set_cookie(request, response, LANGUAGE_COOKIE, typed.language, http_only=False)
        return response
    try:
        people = await codes.search(opened.visit, typed.q)
    except FORM_ERRORS as error:
        again = refusal(request, error)
        errors = again.errors
        return await _who_page(request, opened, cookie=cookie, q=typed.q, errors=errors, status=again.status)
    return await _who_page(request, opened, cookie=cookie, q=typed.q, found=people)


@routes.post("/c/check-in")
async def check_in(request: web.Request) -> web.StreamResponse:
    """Check in, out, or confirm; the answer comes after the commit."""
    device, cookie = await device_of(request)
    hub = services(request)
    try:
        typed = await parse_form(request, CheckInForm)
        opened = await hub.codes.visit_again(device, typed.visit)
    except FORM_ERRORS as error:
        return await _code_page(request, {}, {}, error, cookie=cookie)
    guest = Guest(typed.guest_name, typed.guest_position or None) if typed.guest_name else None
    try:
        attendee = await hub.codes.picked(opened.visit, typed.attendee) if typed.attendee else None
        told = await hub.checkin.phone(
            opened.visit, typed.kind, attendee=attendee, badge=typed.badge or None, guest=guest,
            likeness=await likeness_of(request), waited=timedelta(milliseconds=typed.waited_ms),
        )  # fmt: skip
    except FORM_ERRORS as error:
        again = refusal(request, error)
        return await _who_page(
            request,
            opened,
            cookie=cookie,
            opened_part="badge" if typed.badge else "guest" if guest else "",
            values={
                "badge": typed.badge,
                "guest_name": typed.guest_name,
                "guest_position": typed.guest_position,
            },
            errors=_at_their_fields(again.errors, typed),
            status=again.status,
        )
    response = await render(
        request,
        "phone/done.html",
        posted=True,
        kind=typed.kind.value,
        name=told.name,
        at=told.at or hub.clock.now(),
        attendee=await hub.codes.pick(opened.visit, told.attendee or 0),
        waits=told.result is Result.WAITING,
        visit=_shown(opened),
        languages=LANGUAGES_SHOWN,
    )
    return _out(request, response, cookie)


LANGUAGES_SHOWN = {"vi": "Tiếng Việt", "en": "English"}


def _at_their_fields(errors: dict[str, str], typed: CheckInForm) -> dict[str, str]:
    """The services' names of fields are the form's; what has no place in it stands above all."""
    names = {"badge": "badge" if typed.badge else "", "name": "guest_name", "guest": "guest_name"}
    names["position"] = "guest_position"
    return {names.get(field, ""): text for field, text in errors.items()}


def _shown(opened: VisitOpened) -> dict[str, Any]:
    known = opened.known
    return {
        "visit": opened.ticket,
        "session_title": opened.session_title,
        "endpoint_name": opened.endpoint_name,
        "does": opened.visit.does.value,
        "guests": opened.guests,
        "known": None
        if known is None
        else {"id": known.pick, "name": known.name, "here": known.state == "in"},
    }


async def _who_page(
    request: web.Request,
    opened: VisitOpened,
    *,
    cookie: str | None,
    q: str = "",
    found: list[FoundPerson] | None = None,
    opened_part: str = "",
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> web.StreamResponse:
    response = await render(
        request,
        "phone/who.html",
        status=status,
        posted=request.method == "POST",
        visit=_shown(opened),
        q=q,
        found=found,
        opened=opened_part,
        values=values or {},
        errors=errors or {},
        languages=LANGUAGES_SHOWN,
    )
    return _out(request, response, cookie)


async def _code_page(
    request: web.Request,
    values: dict[str, str],
    errors: dict[str, str],
    error: DomainError | None = None,
    *,
    cookie: str | None = None,
    status: int = 200,
) -> web.StreamResponse:
    """`error`: what became of a scanned code, said above the form."""
    again = refusal(request, error)
    problem = again.problem
    response = await render(
        request,
        "phone/code.html",
        status=status if error is None else again.status,
        posted=request.method == "POST",
        values=values,
        errors=errors,
        problem=problem,
        expired=isinstance(error, CodeExpired),
        languages=LANGUAGES_SHOWN,
    )
    return _out(request, response, cookie)


def _out(request: web.Request, response: web.Response, cookie: str | None) -> web.StreamResponse:
    response.headers.update(HEADERS)
    if cookie is not None:
        set_device_cookie(request, response, cookie)
    return response
