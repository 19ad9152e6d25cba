"""One's own account: language and password."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.accounts.errors import PasswordsDiffer
from confhub.accounts.values import LoginTicket
from confhub.http.context import LANGUAGE_COOKIE, actor, login_or_none, peer, services
from confhub.http.forms import FormModel, parse_form
from confhub.http.login import device_of, drop_cookie, set_logged_in
from confhub.http.pages.choices import ROLE_NAMES, named
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, NOT_REFUSED, Refusal, refusal
from confhub.http.render import render
from confhub.http.wishes.accounts import OwnPasswordFields
from confhub.kernel.limits import PASSWORD_MAX_CHARS

routes = web.RouteTableDef()


class OwnPasswordForm(OwnPasswordFields, FormModel):
    """The password of now, and the new one twice."""

    again: str = Field(min_length=1, max_length=PASSWORD_MAX_CHARS)


class OwnLanguageForm(FormModel):
    language: str = Field(pattern="^(vi|en)$")


async def _page(request: web.Request, refused: Refusal = NOT_REFUSED) -> web.StreamResponse:
    return await render(
        request,
        "profile.html",
        status=refused.status,
        errors=refused.errors,
        roles=dict(named(request, ROLE_NAMES)),
    )


@routes.get("/profile")
async def profile(request: web.Request) -> web.StreamResponse:
    """Name, roles, language, password."""
    actor(request)
    return await _page(request)


@routes.post("/profile/language")
async def set_language(request: web.Request) -> web.StreamResponse:
    """Keep the language with the account; a cookie chosen earlier gives way."""
    who = actor(request)
    typed = await parse_form(request, OwnLanguageForm)
    await services(request).accounts.set_language(who, typed.language)
    response = see_other("/profile", "saved")
    drop_cookie(request, response, LANGUAGE_COOKIE)
    return response


@routes.get("/first-password")
async def first_password(request: web.Request) -> web.StreamResponse:
    """For whoever got a password from somebody else: nothing else is open before it is changed."""
    actor(request)
    login = login_or_none(request)
    assert login is not None, "actor() raised otherwise"
    if not login.must_change:
        return see_other("/profile")
    return await render(request, "first_password.html", errors={})


@routes.post("/first-password")
async def change_first_password(request: web.Request) -> web.StreamResponse:
    """As changing it later."""
    try:
        ticket = await _changed(request)
    except FORM_ERRORS as error:
        again = refusal(request, error)
        errors = again.errors
        return await render(request, "first_password.html", status=again.status, errors=errors)
    response = see_other("/")
    set_logged_in(request, response, ticket)
    return response


@routes.post("/profile/password")
async def change_password(request: web.Request) -> web.StreamResponse:
    """Change the password; every other login ends, this browser gets a fresh one."""
    try:
        ticket = await _changed(request)
    except FORM_ERRORS as error:
        return await _page(request, refusal(request, error))
    response = see_other("/profile", "password")
    set_logged_in(request, response, ticket)
    return response


async def _changed(request: web.Request) -> LoginTicket:
    """The password of the form in place of the present one, and a fresh login."""
    who = actor(request)
    accounts = services(request).accounts
    typed = await parse_form(request, OwnPasswordForm)
    if typed.new != typed.again:
        raise PasswordsDiffer(field="again")
    return await accounts.change_password(
        who, typed.old, typed.new, peer(request).address, device_of(request)
    )
