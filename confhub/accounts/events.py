"""What is told of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from confhub.kernel.events import Event
from confhub.kernel.ids import AccountId


@dataclass(frozen=True, slots=True)
class AccountChanged(Event):
    """An account was made, closed, or has other rights."""

    topic: ClassVar[str] = "accounts.account"
    account_id: AccountId


@dataclass(frozen=True, slots=True)
class LoggedOut(Event):
    """Every login of an account ended."""

    topic: ClassVar[str] = "accounts.logged_out"
    account_id: AccountId


@dataclass(frozen=True, slots=True)
class LoginEnded(Event):
    """One login of an account ended."""

    topic: ClassVar[str] = "accounts.login"
    account_id: AccountId
