"""Use cases of accounts: set-up, create, change, roles by branch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy import delete, select

from confhub.access.rules import ROOT_PATH, SYSTEM, Actor, allows, branch_filter, require_anywhere
from confhub.accounts import limits
from confhub.accounts.attempts import AttemptBook
from confhub.accounts.errors import (
    AccountNotFound,
    GrantMissing,
    LastAdministrator,
    OwnPassword,
    PasswordSame,
    PasswordWrong,
    SetupClosed,
    SetupCodeWrong,
    UsernameTaken,
)
from confhub.accounts.events import AccountChanged
from confhub.accounts.logins import Logins, end_logins
from confhub.accounts.models import AccountRow, RoleGrantRow
from confhub.accounts.origins import Origin, unlock
from confhub.accounts.passwords import Passwords
from confhub.accounts.rules import (
    GRANTS_MAX,
    clean_language,
    clean_username,
    require_may_grant,
    require_may_touch,
)
from confhub.accounts.secrecy import check_password
from confhub.accounts.setup import SetupCode
from confhub.accounts.store import account_of, grants_of, top_administrator_exists, tree_words
from confhub.accounts.values import Account, GrantWish, LoggedIn, LoginTicket
from confhub.audit.refusals import Refusals
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.i18n.collation import sort_key
from confhub.i18n.folding import fold, like_pattern
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import AccountId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.kernel.permissions import Permission, Role
from confhub.kernel.versions import check_seen
from confhub.org.dissolved import Calendar, check_standing
from confhub.org.published import UnitColumns
from confhub.org.rules import Checks, clean_text
from confhub.org.store import visible_unit

__all__ = ["AccountService", "SetupCode"]


class AccountService:
    """Accounts, roles and logins. Tells AccountChanged, LoggedOut where every login of an account ended, and
    LoginEnded where one did."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        setup_code: SetupCode | None = None,
        passwords: Passwords | None = None,
        refusals: Refusals | None = None,
        timezone: str = "Asia/Ho_Chi_Minh",
    ) -> None:
        """`timezone`: whose calendar says which units are dissolved."""
        self._calendar = Calendar(clock, timezone)
        self._db = db
        self._clock = clock
        self._setup_code = setup_code
        self._passwords = passwords or Passwords()
        self._refusals = refusals or Refusals(db, clock)
        self._attempts = AttemptBook(db)
        self._logins = Logins(db, clock, self._passwords, self._refusals, self._attempts)

    # --- set-up ---------------------------------------------------------------------------------
    async def setup_needed(self) -> bool:
        """Whether no enabled administrator of the whole house or of a root unit exists."""
        async with self._db.reading() as tx:
            return not await top_administrator_exists(tx)

    async def first_admin(
        self, code: str, username: str, password: str, display_name: str, language: str, address: str
    ) -> Account:
        """Make the first administrator (of the whole house) for whoever knows the terminal's code.

        Raises `SetupClosed` (there is one already, or no code was printed), `SetupCodeWrong`,
        `TooManyAttempts`, and what is wrong with the fields.
        """
        key = limits.address_key(address)
        async with self._db.reading() as tx:
            await limits.check(tx, [(limits.SETUP_BY_ADDRESS, key)], self._clock.now())
            if await top_administrator_exists(tx) or self._setup_code is None:
                raise SetupClosed
        if not self._setup_code.fits(code):
            self._refusals.note("accounts:setup:fail", "setup")
            await self._attempts.note([(limits.SETUP_BY_ADDRESS, key)], self._clock.now())
            raise SetupCodeWrong(field="code")
        wish = GrantWish(Role.ADMINISTRATOR, None)
        account = await self._create(SYSTEM, username, password, display_name, [wish], language, first=True)
        self._setup_code.use_up()
        return account

    # --- logins ---------------------------------------------------------------------------------
    async def log_in(self, username: str, password: str, address: str, device: str = "") -> LoginTicket:
        """A login for the right password. Raises `LoginFailed`, `TooManyAttempts` or `LoginsWaiting`.

        `device`: the browser's cookie from an earlier login, by which it is known.
        """
        return await self._logins.log_in(username, password, Origin(address, device))

    async def issue_code(self, actor: Actor, account_id: AccountId) -> str:
        """A code that logs this account in once, within a quarter of an hour; its failed attempts are
        forgotten. For the server's terminal alone. Raises `AccountNotFound`, Forbidden."""
        await self.account(actor, account_id)
        return await self._logins.issue_code(actor, account_id)

    async def redeem_code(self, code: str, address: str, device: str = "") -> LoginTicket:
        """The login of such a code, once. Raises `LoginCodeWrong`, `TooManyAttempts`."""
        return await self._logins.redeem_code(code, Origin(address, device))

    async def unlock(self, actor: Actor, account_id: AccountId) -> None:
        """Forget the failed attempts at an account. Raises `AccountNotFound`, `BranchTooWide`."""
        async with self._db.reading() as tx:
            await _touchable(tx, actor, account_id)
        await self._logins.unlock(actor, account_id)

    async def log_out(self, token: str) -> None:
        """End the login behind this cookie; unknown ones are ignored."""
        await self._logins.log_out(token)

    async def actor_of(self, token: str) -> LoggedIn | None:
        """Who is logged in with this cookie, or None. Prolongs the login."""
        return await self._logins.actor_of(token)

    # --- one's own account ----------------------------------------------------------------------
    async def change_password(
        self, actor: Actor, old: str, new: str, address: str, device: str = ""
    ) -> LoginTicket:
        """Change one's own password; ends all one's logins, and gives a fresh one.

        Raises `PasswordWrong`, `TooManyAttempts` (wrong ones count as failed logins), and what is
        wrong with the new one.
        """
        async with self._db.reading() as tx:
            row = await _own(tx, actor)
            key = f"{row.id}:own"  # strangers' guesses at the log-in do not count here
            await limits.check(tx, [(limits.LOGIN_KNOWN, key)], self._clock.now())
            words = await tree_words(tx)
        lane = f"account:{row.id}"
        if not await self._passwords.verify(row.password_hash, old, lane):
            await self._attempts.note([(limits.LOGIN_KNOWN, key)], self._clock.now())
            raise PasswordWrong(field="old")
        await self._check_new(new, row.username, row.display_name, words, "new")
        if row.must_change and new == old:
            raise PasswordSame(field="new")
        await self._store_password(actor, AccountId(row.id), new, "accounts:password:change")
        return await self._logins.open(AccountId(row.id), Origin(address, device))

    async def set_language(self, actor: Actor, language: str) -> None:
        """Keep the language that one reads in: "vi" or "en". Raises `LanguageUnknown`."""
        language = clean_language(language)
        async with self._db.transaction() as tx:
            (await _own(tx, actor)).language = language

    # --- other people's accounts ----------------------------------------------------------------
    async def accounts(self, actor: Actor, search: str = "") -> list[Account]:
        """The accounts that hold a role in the actor's branches (`ACCOUNT_VIEW`), in Vietnamese order.

        Accounts without any role are shown to administrators of the whole house.
        """
        require_anywhere(actor, Permission.ACCOUNT_VIEW)
        granted = (
            select(RoleGrantRow.account_id)
            .outerjoin(*UnitColumns.of(RoleGrantRow.unit_id))
            .where(branch_filter(actor, Permission.ACCOUNT_VIEW, UnitColumns.path))
        )
        query = select(AccountRow).order_by(AccountRow.sort_key, AccountRow.username)
        if not _sees_house(actor):
            query = query.where(AccountRow.id.in_(granted))
        if search.strip():
            pattern = like_pattern(search[:NAME_MAX_CHARS])
            query = query.where(AccountRow.search_key.like(pattern, escape="\\"))
        async with self._db.reading() as tx:
            rows = (await tx.scalars(query)).all()
            grants = await grants_of(tx, [row.id for row in rows])
        return [account_of(row, grants[row.id]) for row in rows]

    async def account(self, actor: Actor, account_id: AccountId) -> Account:
        """One account; raises `AccountNotFound`."""
        async with self._db.reading() as tx:
            return await _visible(tx, actor, account_id)

    async def create_account(
        self,
        actor: Actor,
        username: str,
        password: str,
        display_name: str,
        grants: Sequence[GrantWish],
        language: str = "vi",
        *,
        must_change: bool | None = None,
    ) -> Account:
        """A new account with at least one role, all inside the actor's `ACCOUNT_EDIT` branches.

        The password is one to be changed at the first login, unless `must_change` says otherwise; by
        default what the hub itself makes is kept.
        Raises `ValidationErrors`, `UsernameTaken`, `GrantMissing`, `UnitNotFound`, `UnitDissolved`,
        `Forbidden`.
        """
        require_anywhere(actor, Permission.ACCOUNT_EDIT)
        return await self._create(
            actor, username, password, display_name, grants, language, must_change=must_change
        )

    async def _create(
        self,
        actor: Actor,
        username: str,
        password: str,
        display_name: str,
        grants: Sequence[GrantWish],
        language: str,
        *,
        first: bool = False,
        must_change: bool | None = None,
    ) -> Account:
        checks = Checks()
        name = checks.take(lambda: clean_username(username), "")
        shown = checks.take(lambda: clean_text(display_name, "display_name"), "")
        language = checks.take(lambda: clean_language(language), "vi")
        async with self._db.reading() as tx:
            words = await tree_words(tx)
        try:
            await self._check_new(password, name, shown, words, "password")
        except DomainError as error:
            checks.errors.append(error)
        checks.finish()
        async with self._db.reading() as tx:
            await self._check_wishes(tx, actor, grants)  # before the costly hash
        stored = await self._passwords.hash(password)
        async with self._db.transaction() as tx:
            await tx.alone("accounts.account")
            if first and await top_administrator_exists(tx):
                raise SetupClosed
            await self._check_wishes(tx, actor, grants)
            if await tx.scalar(select(AccountRow.id).where(AccountRow.username == name)) is not None:
                raise UsernameTaken(field="username", value=name)
            now = self._clock.now()
            row = AccountRow(
                username=name, password_hash=stored, language=language, created_at=now,
                must_change=actor.account_id is not None if must_change is None else must_change,
            )  # fmt: skip
            _set_name(row, shown)
            tx.add(row)
            await tx.flush()
            await _set_grants(tx, AccountId(row.id), grants)
            account = account_of(row, (await grants_of(tx, [row.id]))[row.id])
            record(tx, actor, "accounts:account:add", "account", row.id, now, path=_home(account),
                   username=name, grants=_shown_grants(account))  # fmt: skip
            tx.tell(AccountChanged(AccountId(row.id)))
            return account

    async def update_account(
        self,
        actor: Actor,
        account_id: AccountId,
        display_name: str,
        grants: Sequence[GrantWish],
        *,
        seen: str | None = None,
    ) -> Account:
        """Change name and roles. Refused for accounts that hold a role outside the actor's branches.
        `seen`: see `kernel.versions`.

        A role held in a dissolved unit may stay, none is added there. Raises `AccountNotFound`,
        `BranchTooWide`, `Forbidden`, `UnitDissolved`, `LastAdministrator`, and field errors.
        """
        shown = clean_text(display_name, "display_name")
        async with self._db.transaction() as tx:
            await tx.alone("accounts.account")
            before = await _touchable(tx, actor, account_id)
            check_seen(seen, before.written)
            there_was = await top_administrator_exists(tx)
            await self._check_wishes(tx, actor, grants, before)
            row = await tx.get_one(AccountRow, account_id)
            renamed = {} if row.display_name == shown else {"display_name": [row.display_name, shown]}
            _set_name(row, shown)
            await _set_grants(tx, account_id, grants)
            await _check_administrator_left(tx, there_was)
            after = account_of(row, (await grants_of(tx, [row.id]))[row.id])
            record(tx, actor, "accounts:account:change", "account", row.id, self._clock.now(),
                   path=_home(after), changes=renamed, before=_shown_grants(before),
                   after=_shown_grants(after))  # fmt: skip
            tx.tell(AccountChanged(AccountId(row.id)))
            return after

    async def set_password(
        self, actor: Actor, account_id: AccountId, password: str, *, must_change: bool | None = None
    ) -> None:
        """Give another account a new password, to be changed at its next login (`must_change` as in
        `create_account`); ends its logins. Raises `OwnPassword` for one's own."""
        async with self._db.reading() as tx:
            account = await _touchable(tx, actor, account_id)
            words = await tree_words(tx)
        if account_id == actor.account_id:
            raise OwnPassword(field="password")
        await self._check_new(password, account.username, account.display_name, words, "password")
        if must_change is None:
            must_change = actor.account_id is not None
        await self._store_password(
            actor, account_id, password, "accounts:password:set", must_change=must_change
        )

    async def _check_wishes(
        self, tx: Tx, actor: Actor, grants: Sequence[GrantWish], before: Account | None = None
    ) -> None:
        held = {(grant.role, grant.unit_id) for grant in before.grants} if before is not None else set()
        if not grants or len(grants) > GRANTS_MAX:
            raise GrantMissing(field="grants")
        for wish in grants:
            path = ROOT_PATH
            if wish.unit_id is not None:
                unit = await visible_unit(tx, actor, wish.unit_id)
                path = unit.path
                if (wish.role, wish.unit_id) not in held:
                    await check_standing(tx, unit, self._calendar.today(), "grants")
            require_may_grant(actor, wish.role, path)

    async def _check_new(
        self, password: str, username: str, display_name: str, tree: Sequence[str], field: str
    ) -> None:
        await asyncio.to_thread(check_password, password, (username, display_name, *tree), field)

    async def disable_account(self, actor: Actor, account_id: AccountId) -> Account:
        """Close an account: no login any more, running ones end. Raises `LastAdministrator`."""
        async with self._db.transaction() as tx:
            await tx.alone("accounts.account")
            before = await _touchable(tx, actor, account_id)
            there_was = await top_administrator_exists(tx)
            row = await tx.get_one(AccountRow, account_id)
            now = self._clock.now()
            row.disabled_at = row.disabled_at or now
            await tx.flush()
            await _check_administrator_left(tx, there_was)
            await end_logins(tx, account_id)
            record(tx, actor, "accounts:account:disable", "account", row.id, now, path=_home(before))
            tx.tell(AccountChanged(AccountId(row.id)))
            return account_of(row, before.grants)

    async def enable_account(self, actor: Actor, account_id: AccountId) -> Account:
        """Open a closed account again."""
        async with self._db.transaction() as tx:
            before = await _touchable(tx, actor, account_id)
            row = await tx.get_one(AccountRow, account_id)
            row.disabled_at = None
            record(tx, actor, "accounts:account:enable", "account", row.id, self._clock.now(),
                   path=_home(before))  # fmt: skip
            tx.tell(AccountChanged(AccountId(row.id)))
            return account_of(row, before.grants)

    async def _store_password(
        self, actor: Actor, account_id: AccountId, password: str, action: str, *, must_change: bool = False
    ) -> None:
        stored = await self._passwords.hash(password, f"account:{actor.account_id}")
        async with self._db.transaction() as tx:
            if account_id != actor.account_id:
                await _touchable(tx, actor, account_id)
            row = await tx.get_one(AccountRow, account_id)
            row.password_hash, row.must_change = stored, must_change
            await unlock(tx, account_id, row.username)
            await end_logins(tx, account_id)
            record(tx, actor, action, "account", account_id, self._clock.now())
            tx.tell(AccountChanged(account_id))


def _sees_house(actor: Actor) -> bool:
    return ROOT_PATH in {grant.path for grant in actor.grants if grant.role is Role.ADMINISTRATOR}


def _set_name(row: AccountRow, shown: str) -> None:
    row.display_name = shown
    row.sort_key = sort_key(shown)
    row.search_key = fold(f"{row.username} {shown}")


async def _own(tx: Tx, actor: Actor) -> AccountRow:
    row = await tx.get(AccountRow, actor.account_id) if actor.account_id is not None else None
    if row is None:
        raise AccountNotFound
    return row


async def _visible(tx: Tx, actor: Actor, account_id: AccountId) -> Account:
    row = await tx.get(AccountRow, account_id)
    if row is None:
        raise AccountNotFound(field="account_id")
    account = account_of(row, (await grants_of(tx, [row.id]))[row.id])
    paths = [grant.path for grant in account.grants] or [ROOT_PATH]
    if not any(allows(actor, Permission.ACCOUNT_VIEW, path) for path in paths):
        raise AccountNotFound(field="account_id")
    return account


async def _touchable(tx: Tx, actor: Actor, account_id: AccountId) -> Account:
    account = await _visible(tx, actor, account_id)
    require_may_touch(actor, [grant.path for grant in account.grants] or [ROOT_PATH])
    return account


async def _set_grants(tx: Tx, account_id: AccountId, grants: Sequence[GrantWish]) -> None:
    await tx.execute(delete(RoleGrantRow).where(RoleGrantRow.account_id == account_id))
    for wish in dict.fromkeys(grants):
        tx.add(RoleGrantRow(account_id=account_id, role=wish.role.value, unit_id=wish.unit_id))
    await tx.flush()


async def _check_administrator_left(tx: Tx, there_was: bool) -> None:
    if there_was and not await top_administrator_exists(tx):
        raise LastAdministrator(field="grants")


def _home(account: Account) -> str:
    return account.grants[0].path if account.grants else ROOT_PATH


def _shown_grants(account: Account) -> list[str]:
    return [f"{grant.role.value} {grant.unit_name or '*'}" for grant in account.grants]
