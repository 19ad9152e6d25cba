"""Use cases of accounts: set-up, create, change, roles by branch."""

from __future__ import annotations

from collections.abc import Sequence

from confhub.access.rules import Actor
from confhub.accounts.values import Account, GrantWish, LoggedIn, LoginTicket
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.ids import AccountId


class SetupCode:
    """The one-time code that the server's terminal shows while there is no administrator.

    `SetupCode()` makes one; `.text` is what to print. It lives in memory alone.
    """

    text: str


class AccountService:
    """Accounts, roles and logins. Topics told: `accounts.account` (key account id)."""

    def __init__(self, db: Database, clock: Clock, setup_code: SetupCode | None = None) -> None:
        self._db = db
        self._clock = clock
        self._setup_code = setup_code

    # --- set-up ---------------------------------------------------------------------------------
    async def setup_needed(self) -> bool:
        """Whether no enabled administrator of the whole house or of a root unit exists."""
        raise NotImplementedError

    async def first_admin(
        self, code: str, username: str, password: str, display_name: str, language: str, address: str
    ) -> Account:
        """Make the first administrator (of the whole house) for whoever knows the terminal's code.

        Raises `SetupClosed` (there is one already), `SetupCodeWrong`, `TooManyAttempts`,
        `ValidationErrors`.
        """
        raise NotImplementedError

    # --- logins ---------------------------------------------------------------------------------
    async def log_in(self, username: str, password: str, address: str) -> LoginTicket:
        """A login for the right password. Raises `LoginFailed` or `TooManyAttempts`."""
        raise NotImplementedError

    async def log_out(self, token: str) -> None:
        """End the login behind this cookie; unknown ones are ignored."""
        raise NotImplementedError

    async def actor_of(self, token: str) -> LoggedIn | None:
        """Who is logged in with this cookie, or None. Prolongs the login."""
        raise NotImplementedError

    # --- one's own account ----------------------------------------------------------------------
    async def change_password(self, actor: Actor, old: str, new: str) -> None:
        """Change one's own password; ends all one's logins. Raises `PasswordWrong`, `PasswordWeak`."""
        raise NotImplementedError

    async def set_language(self, actor: Actor, language: str) -> None:
        """Keep the language that one reads in: "vi" or "en"."""
        raise NotImplementedError

    # --- other people's accounts ----------------------------------------------------------------
    async def accounts(self, actor: Actor, search: str = "") -> list[Account]:
        """The accounts that hold a role in the actor's branches (`ACCOUNT_VIEW`), in Vietnamese order."""
        raise NotImplementedError

    async def account(self, actor: Actor, account_id: AccountId) -> Account:
        """One account; raises `AccountNotFound`."""
        raise NotImplementedError

    async def create_account(
        self,
        actor: Actor,
        username: str,
        password: str,
        display_name: str,
        grants: Sequence[GrantWish],
        language: str = "vi",
    ) -> Account:
        """A new account with at least one role, all inside the actor's `ACCOUNT_EDIT` branches.

        Raises `ValidationErrors`, `UsernameTaken`, `Forbidden`.
        """
        raise NotImplementedError

    async def update_account(
        self, actor: Actor, account_id: AccountId, display_name: str, grants: Sequence[GrantWish]
    ) -> Account:
        """Change name and roles. Refused for accounts that hold a role outside the actor's branches.

        Raises `Forbidden`, `LastAdministrator`.
        """
        raise NotImplementedError

    async def set_password(self, actor: Actor, account_id: AccountId, password: str) -> None:
        """Give another account a new password; ends its logins."""
        raise NotImplementedError

    async def disable_account(self, actor: Actor, account_id: AccountId) -> Account:
        """Close an account: no login any more, running ones end. Raises `LastAdministrator`."""
        raise NotImplementedError

    async def enable_account(self, actor: Actor, account_id: AccountId) -> Account:
        """Open a closed account again."""
        raise NotImplementedError
