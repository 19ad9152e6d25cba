"""Logins: kept on the server, known to the browser by a random cookie of which only a hash is stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update

from confhub.access.rules import Actor
from confhub.accounts import limits
from confhub.accounts.attempts import AttemptBook
from confhub.accounts.errors import LoginCodeWrong, LoginFailed
from confhub.accounts.events import LoggedOut, LoginEnded
from confhub.accounts.models import AccountRow, LoginCodeRow, LoginRow
from confhub.accounts.origins import Origin, remember, standing, unlock
from confhub.accounts.passwords import Passwords
from confhub.accounts.rules import normal_username
from confhub.accounts.store import access_grants, actors_of, grants_of
from confhub.accounts.values import LoggedIn, LoginTicket
from confhub.audit.refusals import Refusals
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import AccountId
from confhub.kernel.limits import PASSWORD_MAX_CHARS

IDLE_FOR: Final = timedelta(hours=12)
"""A working day; a control room's page asks for something every few seconds."""

AT_MOST: Final = timedelta(days=7)
"""After a week one logs in anew, whatever one did meanwhile."""

PROLONG_EVERY: Final = timedelta(minutes=5)
"""A login is prolonged this often, so that reading pages stays reading."""

CODE_TTL: Final = timedelta(minutes=15)
"""Time to copy a link from the terminal into a browser."""

_TOKEN_MAX_CHARS = 100


class Logins:
    """Use cases of logging in and out; `AccountService` hands them on."""

    def __init__(
        self, db: Database, clock: Clock, passwords: Passwords, refusals: Refusals, attempts: AttemptBook
    ) -> None:
        self._db = db
        self._clock = clock
        self._passwords = passwords
        self._refusals = refusals
        self._attempts = attempts

    async def log_in(self, username: str, password: str, origin: Origin) -> LoginTicket:
        """A login for the right password. Raises `LoginFailed`, `TooManyAttempts` or `LoginsWaiting`.

        An unknown name takes as long as a wrong password, and is limited alike.
        """
        name = normal_username(username)
        async with self._db.reading() as tx:
            account = await tx.scalar(select(AccountRow).where(AccountRow.username == name))
            known = account.id if account is not None else None
            now = self._clock.now()
            place = await standing(tx, known, name, origin, now)
            # Before the queue: who has to wait does not stand in it.
            await limits.check(tx, place.counts, now)
        failed: Awaitable[None] | None = None
        renewed: str | None = None
        async with self._passwords.turn(place.lane):
            # And again while a hashing place is held: guesses made at once are counted too.
            async with self._db.reading() as tx:
                await self._attempts.check(tx, place.counts, self._clock.now())
            stored = account.password_hash if account is not None else None
            right = len(password) <= PASSWORD_MAX_CHARS and await self._passwords.verify_held(
                stored, password
            )
            if not right or account is None or account.disabled_at is not None:
                failed = self._attempts.note(place.counts, self._clock.now())
            elif self._passwords.outdated(account.password_hash):
                renewed = await self._passwords.hash_held(password)
        if failed is not None:
            await failed  # without holding the place
            self._refusals.note("accounts:login:fail", "account", known or "")
            raise LoginFailed(field="username")
        assert account is not None, "nobody's password is wrong"
        async with self._db.transaction() as tx:
            for limit, key in place.clears:
                await limits.forget(tx, limit, key)
            return await self._open(tx, AccountId(account.id), origin, "accounts:login:open", renewed)

    async def open(self, account_id: AccountId, origin: Origin) -> LoginTicket:
        """A login of somebody who has proved the account in another way. Raises `LoginFailed` once closed."""
        async with self._db.transaction() as tx:
            return await self._open(tx, account_id, origin, "accounts:login:open")

    async def _open(
        self, tx: Tx, account_id: AccountId, origin: Origin, action: str, renewed_hash: str | None = None
    ) -> LoginTicket:
        now = self._clock.now()
        row = await tx.get_one(AccountRow, account_id)
        if row.disabled_at is not None:
            raise LoginFailed(field="username")
        if renewed_hash is not None:
            row.password_hash = renewed_hash
        token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        login = LoginRow(
            token_hash=_digest(token),
            account_id=account_id,
            csrf=csrf,
            created_at=now,
            last_seen_at=now,
            expires_at=now + IDLE_FOR,
        )
        tx.add(login)
        device = await remember(tx, account_id, origin, now)
        actor = Actor(account_id, row.display_name, row.language)
        record(tx, actor, action, "account", account_id, now)
        return LoginTicket(account_id, token, csrf, login.expires_at, row.language, device)

    # --- a way in from the machine itself ---------------------------------------------------------
    async def issue_code(self, actor: Actor, account_id: AccountId) -> str:
        """A code that logs this account in once, within `CODE_TTL`, and its failed attempts forgotten.

        For the server's terminal alone: raises Forbidden for whoever is logged in over the network.
        """
        if actor.account_id is not None:
            raise Forbidden(permission="terminal")
        code, now = secrets.token_urlsafe(24), self._clock.now()
        async with self._db.transaction() as tx:
            row = await tx.get_one(AccountRow, account_id)
            await tx.execute(
                delete(LoginCodeRow).where(
                    (LoginCodeRow.expires_at <= now) | (LoginCodeRow.account_id == account_id)
                )
            )
            tx.add(LoginCodeRow(code_hash=_digest(code), account_id=account_id, expires_at=now + CODE_TTL))
            await unlock(tx, account_id, row.username)
            record(tx, actor, "accounts:login:issue", "account", account_id, now)
        return code

    async def redeem_code(self, code: str, origin: Origin) -> LoginTicket:
        """The login of a code, once. Raises `LoginCodeWrong`, `TooManyAttempts`."""
        now, key = self._clock.now(), origin.network_key
        digest = _digest(code[:_TOKEN_MAX_CHARS])
        async with self._db.reading() as tx:
            await limits.check(tx, [(limits.LOGIN_BY_ADDRESS, key)], now)
        async with self._db.transaction() as tx:
            c = LoginCodeRow
            account_id = await tx.scalar(
                delete(c).where(c.code_hash == digest, c.expires_at > now).returning(c.account_id)
            )
            if account_id is not None:
                return await self._open(tx, AccountId(account_id), origin, "accounts:login:code")
            await limits.note_failure(tx, [(limits.LOGIN_BY_ADDRESS, key)], now)
        self._refusals.note("accounts:login:fail", "account")
        raise LoginCodeWrong(field="code")

    async def unlock(self, actor: Actor, account_id: AccountId) -> None:
        """Forget the failed attempts at an account; the caller has checked the right."""
        async with self._db.transaction() as tx:
            row = await tx.get_one(AccountRow, account_id)
            await unlock(tx, account_id, row.username)
            record(tx, actor, "accounts:login:unlock", "account", account_id, self._clock.now())

    async def log_out(self, token: str) -> None:
        """End the login behind this cookie; unknown ones are ignored."""
        ended = delete(LoginRow).where(LoginRow.token_hash == _digest(token)).returning(LoginRow.account_id)
        async with self._db.transaction() as tx:
            account_id = await tx.scalar(ended)
            if account_id is not None:
                tx.tell(LoginEnded(AccountId(account_id)))

    async def actor_of(self, token: str) -> LoggedIn | None:
        """Who is logged in with this cookie, or None. Prolongs the login, at most to a week."""
        if not token or len(token) > _TOKEN_MAX_CHARS:
            return None
        now = self._clock.now()
        async with self._db.reading() as tx:
            found = (
                await tx.execute(
                    select(LoginRow, AccountRow)
                    .join(AccountRow, AccountRow.id == LoginRow.account_id)
                    .where(LoginRow.token_hash == _digest(token), LoginRow.expires_at > now)
                    .where(AccountRow.disabled_at.is_(None))
                )
            ).first()
            if found is None:
                return None
            login, account = found
            grants = (await grants_of(tx, [account.id]))[account.id]
        if now - login.last_seen_at >= PROLONG_EVERY:
            await self._prolong(login, now)
        actor = Actor(AccountId(account.id), account.display_name, account.language, access_grants(grants))
        return LoggedIn(actor, AccountId(account.id), account.username, login.csrf, account.must_change)

    async def _prolong(self, login: LoginRow, now: datetime) -> None:
        expires_at = min(now + IDLE_FOR, login.created_at + AT_MOST)
        async with self._db.transaction() as tx:
            await tx.execute(
                update(LoginRow)
                .where(LoginRow.token_hash == login.token_hash)
                .values(last_seen_at=now, expires_at=expires_at)
            )


async def actor_by_id(tx: Tx, account_id: AccountId) -> Actor | None:
    """Its person with the present rights, for what is done in its name later; None once it is closed."""
    return (await actors_of(tx, [account_id])).get(account_id)


async def end_logins(tx: Tx, account_id: AccountId) -> None:
    """End every login of an account, and with them its pages in running sessions."""
    await tx.execute(delete(LoginRow).where(LoginRow.account_id == account_id))
    tx.tell(LoggedOut(account_id))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
