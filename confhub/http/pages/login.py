"""Logging in and out."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.http.context import LOGIN_COOKIE, login_or_none, peer, services
from confhub.http.errors import retry_headers
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.login import device_of, drop_cookie, set_logged_in
from confhub.http.redirect import local_path
from confhub.http.refusal import refusal
from confhub.http.render import render
from confhub.kernel.errors import DomainError
from confhub.kernel.limits import NAME_MAX_CHARS, PASSWORD_MAX_CHARS

routes = web.RouteTableDef()


CODE_MAX_CHARS = 100


class CodeForm(FormModel):
    """The one-time code of a link."""

    code: str = Field(min_length=1, max_length=CODE_MAX_CHARS)


class LoginForm(FormModel):
    """What a person types to log in."""

    username: str = Field(min_length=1, max_length=NAME_MAX_CHARS)
    password: str = Field(min_length=1, max_length=PASSWORD_MAX_CHARS)


@routes.get("/login")
async def form(request: web.Request) -> web.StreamResponse:
    """The log-in form; set-up first where there is no account."""
    target = local_path(request.query.get("next", "/"))
    if login_or_none(request) is not None:
        return web.Response(status=303, headers={"Location": target})
    if await services(request).accounts.setup_needed():
        return web.Response(status=303, headers={"Location": "/setup"})
    return await render(request, "login.html", values={"next": target}, errors={})


@routes.post("/login")
async def log_in(request: web.Request) -> web.StreamResponse:
    """Check the password and give the browser its cookie."""
    sent = await read_form(request)
    target = local_path(sent.get("next", "/"))
    try:
        typed = await parse_form(request, LoginForm)
        ticket = await services(request).accounts.log_in(
            typed.username, typed.password, peer(request).address, device_of(request)
        )
    except DomainError as error:
        values = {"username": sent.get("username"), "next": target}
        again = refusal(request, error)
        response = await render(
            request, "login.html", status=again.status, values=values, errors=again.errors
        )
        response.headers.update(retry_headers(error))
        return response
    response = web.Response(status=303, headers={"Location": target})
    set_logged_in(request, response, ticket)
    return response


@routes.get("/login/code")
async def code_form(request: web.Request) -> web.StreamResponse:
    """A link from the server's terminal. Opening it uses nothing up: programs open links, too."""
    code = request.query.get("code", "")[:CODE_MAX_CHARS]
    return await render(request, "login_code.html", code=code, errors={})


@routes.post("/login/code")
async def log_in_by_code(request: web.Request) -> web.StreamResponse:
    """Log in, once."""
    typed = await parse_form(request, CodeForm)
    try:
        ticket = await services(request).accounts.redeem_code(
            typed.code, peer(request).address, device_of(request)
        )
    except DomainError as error:
        again = refusal(request, error)
        errors = again.errors
        response = await render(
            request,
            "login_code.html",
            status=again.status,
            code="",
            errors={"": " ".join(errors.values())},
        )
        response.headers.update(retry_headers(error))
        return response
    response = web.Response(status=303, headers={"Location": "/"})
    set_logged_in(request, response, ticket)
    return response


@routes.post("/logout")
async def log_out(request: web.Request) -> web.StreamResponse:
    """End the login, here and in the database."""
    await services(request).accounts.log_out(request.cookies.get(LOGIN_COOKIE, ""))
    response = web.Response(status=303, headers={"Location": "/login"})
    drop_cookie(request, response, LOGIN_COOKIE)
    return response
