"""Accounts of other people: list, create, roles by branch, password, close and open."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from confhub.access.rules import ROOT_PATH, allows
from confhub.accounts.rules import GRANTS_MAX
from confhub.accounts.values import Account, GrantWish
from confhub.http.context import BIGINT_MAX, actor, path_id, services
from confhub.http.forms import Form, FormModel, check_fields, parse_filters, parse_form, read_form
from confhub.http.language import translate
from confhub.http.pages.choices import ROLE_NAMES, named, tree_options
from confhub.http.paging import Searched
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, NOT_REFUSED, Refusal, refusal
from confhub.http.render import render
from confhub.http.seen import labelled, seen_now, version_sent
from confhub.http.wishes.accounts import AccountFields, NewAccountFields, PasswordFields
from confhub.kernel.errors import DomainError, Invalid
from confhub.kernel.ids import AccountId, UnitId
from confhub.kernel.permissions import Permission, Role

routes = web.RouteTableDef()

_ROLES = frozenset(role.value for role in Role)


class RoleNotReadable(Invalid):
    """A role or branch of the form makes no sense."""

    code = "role_not_readable"
    message = "Choose a role and a branch in each line."


class SearchQuery(Searched, FormModel):
    """Filter of the list."""


class NewAccountForm(NewAccountFields, FormModel):
    """A new account as typed; roles stand in `role` and `branch`, line by line."""


class AccountForm(AccountFields, FormModel):
    """Its name as typed; roles as in a new one."""


class PasswordForm(PasswordFields, FormModel):
    """A new password as typed."""


def read_grants(form: Form) -> list[GrantWish]:
    """The lines of roles; empty ones are left out. Raises `RoleNotReadable`."""
    roles, branches = form.all("role"), form.all("branch")
    if len(roles) != len(branches) or len(roles) > GRANTS_MAX:
        raise RoleNotReadable(field="grants")
    wishes: list[GrantWish] = []
    for role, branch in zip(roles, branches, strict=True):
        if not role:
            continue
        if role not in _ROLES or not (branch == "all" or _is_id(branch)):
            raise RoleNotReadable(field="grants")
        wish = GrantWish(Role(role), None if branch == "all" else UnitId(int(branch)))
        if wish not in wishes:
            wishes.append(wish)
    return wishes


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= BIGINT_MAX


@routes.get("/accounts")
async def listing(request: web.Request) -> web.StreamResponse:
    """The accounts of the reader's branches."""
    who = actor(request)
    search = parse_filters(request, SearchQuery).search
    found = await services(request).accounts.accounts(who, search)
    return await render(
        request, "accounts/list.html", accounts=found, search=search, roles=dict(named(request, ROLE_NAMES))
    )


async def _form(
    request: web.Request,
    account: Account | None,
    values: dict[str, Any],
    grants: list[tuple[str, str]],
    refused: Refusal = NOT_REFUSED,
    error: DomainError | None = None,
) -> web.StreamResponse:
    seen = None
    if account is not None:
        roles, branches = dict(named(request, ROLE_NAMES)), dict(await tree_options(request))
        told = [
            f"{roles[grant.role.value]}: "
            + (
                branches.get(grant.unit_id, "").strip()
                if grant.unit_id
                else translate(request, "the whole organization")
            )
            for grant in account.grants
        ]
        shown = labelled(request, ("Full name", account.display_name), ("Roles", "; ".join(sorted(told))))
        seen = seen_now(account.written, shown, await read_form(request) if error else None, error)
    return await render(
        request,
        "accounts/edit.html",
        status=refused.status,
        seen=seen,
        account=account,
        values=values,
        grants=grants or [("", "")],
        errors=refused.errors,
        roles=named(request, ROLE_NAMES),
        units=await tree_options(request),
        whole_house=allows(actor(request), Permission.ACCOUNT_EDIT, ROOT_PATH),
        own=account is not None and account.id == actor(request).account_id,
    )


def _typed_grants(form: Form) -> list[tuple[str, str]]:
    return list(zip(form.all("role"), form.all("branch"), strict=False))[:GRANTS_MAX]


@routes.get("/accounts/new")
async def new(request: web.Request) -> web.StreamResponse:
    """An empty form."""
    actor(request)
    return await _form(request, None, {}, [])


@routes.post("/accounts/new")
async def create(request: web.Request) -> web.StreamResponse:
    """Make the account."""
    who = actor(request)
    sent = await read_form(request)
    try:
        typed = check_fields(sent, NewAccountForm)
        made = await services(request).accounts.create_account(
            who, typed.username, typed.password, typed.display_name, read_grants(sent), typed.language
        )
    except FORM_ERRORS as error:
        values = {name: value for name, value in sent.values().items() if name != "password"}
        return await _form(request, None, values, _typed_grants(sent), refusal(request, error))
    return see_other(f"/accounts/{made.id}", "added")


@routes.get(r"/accounts/{id:\d+}")
async def edit(request: web.Request) -> web.StreamResponse:
    """One account."""
    account = await services(request).accounts.account(actor(request), AccountId(path_id(request)))
    return await _account_form(request, account)


async def _account_form(
    request: web.Request, account: Account, refused: Refusal = NOT_REFUSED
) -> web.StreamResponse:
    grants = [(grant.role.value, str(grant.unit_id or "all")) for grant in account.grants]
    return await _form(request, account, {"display_name": account.display_name}, grants, refused)


@routes.post(r"/accounts/{id:\d+}")
async def update(request: web.Request) -> web.StreamResponse:
    """Change name and roles."""
    who = actor(request)
    accounts = services(request).accounts
    account = await accounts.account(who, AccountId(path_id(request)))
    sent = await read_form(request)
    try:
        typed = check_fields(sent, AccountForm)
        await accounts.update_account(
            who, account.id, typed.display_name, read_grants(sent), seen=version_sent(sent)
        )
    except FORM_ERRORS as error:
        values: dict[str, Any] = dict(sent.values())
        now = await accounts.account(who, account.id)
        return await _form(request, now, values, _typed_grants(sent), refusal(request, error), error)
    return see_other(f"/accounts/{account.id}", "saved")


@routes.post(r"/accounts/{id:\d+}/password")
async def set_password(request: web.Request) -> web.StreamResponse:
    """Give the account a new password."""
    who = actor(request)
    accounts = services(request).accounts
    account = await accounts.account(who, AccountId(path_id(request)))
    try:
        typed = await parse_form(request, PasswordForm)
        await accounts.set_password(who, account.id, typed.password)
    except FORM_ERRORS as error:
        return await _account_form(request, account, refusal(request, error))
    return see_other(f"/accounts/{account.id}", "password")


@routes.post(r"/accounts/{id:\d+}/disable")
async def disable(request: web.Request) -> web.StreamResponse:
    """Close the account."""
    account_id = AccountId(path_id(request))
    await services(request).accounts.disable_account(actor(request), account_id)
    return see_other(f"/accounts/{account_id}", "disabled")


@routes.post(r"/accounts/{id:\d+}/enable")
async def enable(request: web.Request) -> web.StreamResponse:
    """Open the account again."""
    account_id = AccountId(path_id(request))
    await services(request).accounts.enable_account(actor(request), account_id)
    return see_other(f"/accounts/{account_id}", "enabled")
