"""Set-up: the first administrator, made by whoever reads the code in the server's terminal."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.accounts.errors import PasswordsDiffer
from confhub.http.context import language, peer, services
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.login import device_of, set_logged_in
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.kernel.errors import NotFound
from confhub.kernel.limits import NAME_MAX_CHARS, PASSWORD_MAX_CHARS

routes = web.RouteTableDef()


class SetupForm(FormModel):
    """What the first administrator types."""

    code: str = Field(min_length=1, max_length=100)
    username: str = Field(min_length=1, max_length=NAME_MAX_CHARS)
    display_name: str = Field(min_length=1, max_length=NAME_MAX_CHARS)
    password: str = Field(min_length=1, max_length=PASSWORD_MAX_CHARS)
    password_again: str = Field(min_length=1, max_length=PASSWORD_MAX_CHARS)


@routes.get("/setup")
async def form(request: web.Request) -> web.StreamResponse:
    """The form; not there once an administrator exists."""
    if not await services(request).accounts.setup_needed():
        raise NotFound()
    return await render(request, "setup.html", values={}, errors={})


@routes.post("/setup")
async def make_first_admin(request: web.Request) -> web.StreamResponse:
    """Make the administrator, and log in."""
    accounts = services(request).accounts
    if not await accounts.setup_needed():
        raise NotFound()
    sent = await read_form(request)
    address = peer(request).address
    try:
        typed = await parse_form(request, SetupForm)
        if typed.password != typed.password_again:
            raise PasswordsDiffer(field="password_again")
        await accounts.first_admin(
            typed.code, typed.username, typed.password, typed.display_name, language(request), address
        )
    except FORM_ERRORS as error:
        values = {key: value for key, value in sent.values().items() if not key.startswith("password")}
        again = refusal(request, error)
        return await render(request, "setup.html", status=again.status, values=values, errors=again.errors)
    ticket = await accounts.log_in(typed.username, typed.password, address, device_of(request))
    response = see_other("/import")
    set_logged_in(request, response, ticket)
    return response
