"""Accounts in the API."""

from __future__ import annotations

import datetime as dt

from aiohttp import web
from pydantic import Field

from confhub.accounts.rules import GRANTS_MAX
from confhub.accounts.values import Account, GrantWish
from confhub.http.api_decorator import Api
from confhub.http.context import actor, login_or_none, path_id, peer, services
from confhub.http.login import device_of, set_logged_in
from confhub.http.paging import Searched
from confhub.http.seen import if_match, tell_version
from confhub.http.shapes import ApiModel, RowId
from confhub.http.wishes.accounts import AccountFields, NewAccountFields, OwnPasswordFields, PasswordFields
from confhub.kernel.errors import Conflict, Forbidden, NotFound, Unauthenticated, ValidationErrors
from confhub.kernel.ids import AccountId, UnitId
from confhub.kernel.permissions import Role

api = Api("Accounts")

_ERRORS = (Forbidden, NotFound, Conflict, ValidationErrors)


class GrantIn(ApiModel):
    """A role in a branch; `unit_id` null is the whole organization."""

    role: Role
    unit_id: RowId | None = None


class GrantOut(ApiModel):
    role: Role
    unit_id: int | None
    unit_name: str | None


class AccountOut(ApiModel):
    """A person's account."""

    id: int
    username: str
    display_name: str
    language: str
    created_at: dt.datetime
    disabled_at: dt.datetime | None
    grants: list[GrantOut]


class AccountsOut(ApiModel):
    accounts: list[AccountOut]


class AccountIn(NewAccountFields, ApiModel):
    """A new account with at least one role."""

    grants: list[GrantIn] = Field(min_length=1, max_length=GRANTS_MAX)


class AccountChange(AccountFields, ApiModel):
    """Name and roles."""

    grants: list[GrantIn] = Field(min_length=1, max_length=GRANTS_MAX)


class PasswordIn(PasswordFields, ApiModel):
    """The new password."""


class OwnPasswordIn(OwnPasswordFields, ApiModel):
    """The password of now, and the new one."""


class SearchQuery(Searched, ApiModel):
    """Which accounts: `search` is compared with their names."""


class MeOut(ApiModel):
    """Who is logged in, and the token that unsafe calls carry in `X-CSRF-Token`."""

    id: int
    username: str
    display_name: str
    language: str
    csrf_token: str
    must_change_password: bool
    """Nothing else is open before the password is changed (`PUT /api/v1/me/password`)."""


def _out(account: Account) -> AccountOut:
    return AccountOut(
        id=account.id,
        username=account.username,
        display_name=account.display_name,
        language=account.language,
        created_at=account.created_at,
        disabled_at=account.disabled_at,
        grants=[
            GrantOut(role=grant.role, unit_id=grant.unit_id, unit_name=grant.unit_name)
            for grant in account.grants
        ],
    )


def _wishes(grants: list[GrantIn]) -> list[GrantWish]:
    return [GrantWish(one.role, UnitId(one.unit_id) if one.unit_id else None) for one in grants]


@api("GET", "/api/v1/me", summary="Who am I", response=MeOut, errors=(Unauthenticated,))
async def me(request: web.Request) -> MeOut:
    """The account behind the login cookie."""
    who, login = actor(request), login_or_none(request)
    assert login is not None, "actor() raised otherwise"
    return MeOut(
        id=login.account_id,
        username=login.username,
        display_name=who.name,
        language=who.language,
        csrf_token=login.csrf,
        must_change_password=login.must_change,
    )


@api(
    "PUT",
    "/api/v1/me/password",
    summary="Change one's own password",
    request=OwnPasswordIn,
    status=204,
    errors=(Unauthenticated, Forbidden, ValidationErrors),
)
async def change_own_password(request: web.Request, body: OwnPasswordIn) -> web.StreamResponse:
    """All logins end; this one is renewed by the answer's cookie; `GET /api/v1/me` gives its CSRF token."""
    ticket = await services(request).accounts.change_password(
        actor(request), body.old, body.new, peer(request).address, device_of(request)
    )
    response = web.Response(status=204)
    set_logged_in(request, response, ticket)
    return response


@api("GET", "/api/v1/accounts", summary="List accounts", query=SearchQuery, response=AccountsOut)
async def listing(request: web.Request, query: SearchQuery) -> AccountsOut:
    """The accounts that hold a role in the asker's branches."""
    found = await services(request).accounts.accounts(actor(request), query.search)
    return AccountsOut(accounts=[_out(one) for one in found])


@api("GET", r"/api/v1/accounts/{id:\d+}", summary="Read an account", response=AccountOut, errors=(NotFound,))
async def account(request: web.Request) -> AccountOut:
    """One account of the asker's branches."""
    found = await services(request).accounts.account(actor(request), AccountId(path_id(request)))
    tell_version(request, found.written)
    return _out(found)


@api(
    "POST",
    "/api/v1/accounts",
    summary="Add an account",
    request=AccountIn,
    response=AccountOut,
    status=201,
    errors=_ERRORS,
    example={
        "username": "hop.lamthao",
        "display_name": "Phòng họp Lâm Thao",
        "password": "một câu dài dễ nhớ",
        "grants": [{"role": "operator", "unit_id": 14}],
    },
)
async def create(request: web.Request, body: AccountIn) -> AccountOut:
    """Every role has to lie in the asker's own branches."""
    made = await services(request).accounts.create_account(
        actor(request), body.username, body.password, body.display_name, _wishes(body.grants), body.language
    )
    return _out(made)


@api(
    "PUT",
    r"/api/v1/accounts/{id:\d+}",
    summary="Change an account",
    request=AccountChange,
    response=AccountOut,
    errors=_ERRORS,
)
async def update(request: web.Request, body: AccountChange) -> AccountOut:
    """Change name and roles. If-Match with the ETag of what was read: 412 where it has changed."""
    changed = await services(request).accounts.update_account(
        actor(request),
        AccountId(path_id(request)),
        body.display_name,
        _wishes(body.grants),
        seen=if_match(request),
    )
    tell_version(request, changed.written)
    return _out(changed)


@api(
    "PUT",
    r"/api/v1/accounts/{id:\d+}/password",
    summary="Set an account's password",
    request=PasswordIn,
    status=204,
    errors=_ERRORS,
)
async def set_password(request: web.Request, body: PasswordIn) -> None:
    """Its open logins end, and its owner has to change it at the next login. One's own is changed at
    `PUT /api/v1/me/password`."""
    await services(request).accounts.set_password(actor(request), AccountId(path_id(request)), body.password)


@api(
    "POST",
    r"/api/v1/accounts/{id:\d+}/disable",
    summary="Close an account",
    response=AccountOut,
    errors=_ERRORS,
)
async def disable(request: web.Request) -> AccountOut:
    """No login any more; open ones end."""
    account_id = AccountId(path_id(request))
    return _out(await services(request).accounts.disable_account(actor(request), account_id))


@api(
    "POST",
    r"/api/v1/accounts/{id:\d+}/enable",
    summary="Open a closed account again",
    response=AccountOut,
    errors=_ERRORS,
)
async def enable(request: web.Request) -> AccountOut:
    """The account may log in again."""
    account_id = AccountId(path_id(request))
    return _out(await services(request).accounts.enable_account(actor(request), account_id))
