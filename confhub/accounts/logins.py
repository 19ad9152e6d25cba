"""Logins: kept on the server, known to the browser by a random cookie of which only a hash is stored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update

from confhub.access.rules import Actor
from confhub.accounts import limits
from confhub.accounts.errors import LoginFailed
from confhub.accounts.models import AccountRow, LoginRow
from confhub.accounts.passwords import Passwords
from confhub.accounts.rules import normal_username
from confhub.accounts.store import access_grants, actors_of, grants_of
from confhub.accounts.values import LoggedIn, LoginTicket
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import AccountId
from confhub.kernel.limits import PASSWORD_MAX_CHARS

IDLE_FOR: Final = timedelta(hours=12)
"""A working day; a control room's page asks for something every few seconds."""

AT_MOST: Final = timedelta(days=7)
"""After a week one logs in anew, whatever one did meanwhile."""

PROLONG_EVERY: Final = timedelta(minutes=5)
"""A login is prolonged this often, so that reading pages stays reading."""

_TOKEN_MAX_CHARS = 100


class Logins:
    """Use cases of logging in and out; `AccountService` hands them on."""

    def __init__(self, db: Database, clock: Clock, passwords: Passwords) -> None:
        self._db = db
        self._clock = clock
        self._passwords = passwords

    async def log_in(self, username: str, password: str, address: str) -> LoginTicket:
        """A login for the right password. Raises `LoginFailed` or `TooManyAttempts`.

        An unknown name takes as long as a wrong password, and is limited alike.
        """
        name = normal_username(username)
        name_key, address_key = limits.name_key(name), limits.address_key(address)
        # The limits are looked at while a hashing place is held: guesses made at once are counted too.
        async with self._passwords.places:
            async with self._db.reading() as tx:
                now = self._clock.now()
                await limits.check(tx, limits.LOGIN_BY_ADDRESS, address_key, now)
                await limits.check(tx, limits.LOGIN_BY_NAME, name_key, now)
                account = await tx.scalar(select(AccountRow).where(AccountRow.username == name))
            stored = account.password_hash if account is not None else None
            right = len(password) <= PASSWORD_MAX_CHARS and await self._passwords.verify_held(
                stored, password
            )
            if not right or account is None or account.disabled_at is not None:
                await self._note_failure(name_key, address_key, account)
                raise LoginFailed(field="username")
        renewed = await self._passwords.hash(password) if self._passwords.outdated(stored or "") else None
        async with self._db.transaction() as tx:
            return await self._open(tx, AccountId(account.id), name_key, renewed)

    async def _note_failure(self, name_key: str, address_key: str, account: AccountRow | None) -> None:
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await limits.note_failure(tx, limits.LOGIN_BY_NAME, name_key, now)
            await limits.note_failure(tx, limits.LOGIN_BY_ADDRESS, address_key, now)
            if account is not None:
                actor = Actor(AccountId(account.id), account.display_name, account.language)
                record(tx, actor, "accounts:login:fail", "account", account.id, now)

    async def _open(
        self, tx: Tx, account_id: AccountId, name_key: str, renewed_hash: str | None
    ) -> LoginTicket:
        now = self._clock.now()
        row = await tx.get_one(AccountRow, account_id)
        if row.disabled_at is not None:
            raise LoginFailed(field="username")
        if renewed_hash is not None:
            row.password_hash = renewed_hash
        await limits.forget(tx, limits.LOGIN_BY_NAME, name_key)
        await limits.sweep(tx, now)
        await tx.execute(delete(LoginRow).where(LoginRow.expires_at <= now))
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
        actor = Actor(account_id, row.display_name, row.language)
        record(tx, actor, "accounts:login:open", "account", account_id, now)
        return LoginTicket(account_id, token, csrf, login.expires_at, row.language)

    async def log_out(self, token: str) -> None:
        """End the login behind this cookie; unknown ones are ignored."""
        ended = delete(LoginRow).where(LoginRow.token_hash == _digest(token)).returning(LoginRow.account_id)
        async with self._db.transaction() as tx:
            account_id = await tx.scalar(ended)
            if account_id is not None:
                tx.tell("accounts.login", account_id)

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
        return LoggedIn(actor, AccountId(account.id), account.username, login.csrf)

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
    tx.tell("accounts.account", account_id, logged_out=True)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
