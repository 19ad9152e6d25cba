"""`confhub user add|password|login|unlock|list`: accounts, from the terminal of the server itself."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from confhub import settings as settings_module
from confhub.accounts.values import Account, GrantWish
from confhub.cli.database_options import add_settings
from confhub.cli.words import Words, add_language, terminal_language
from confhub.kernel.errors import DomainError, Invalid, NotFound
from confhub.kernel.ids import UnitId
from confhub.kernel.limits import PASSWORD_MAX_CHARS
from confhub.kernel.permissions import Role

if TYPE_CHECKING:
    from confhub.accounts.service import AccountService
    from confhub.db.database import Database

_ARGUMENTS = {
    "username": "USERNAME",
    "display_name": "--name",
    "password": "--password-stdin",
    "grants": "--role",
    "unit_id": "--unit",
    "code": "--unit",
}
_ROLES = {
    Role.ADMINISTRATOR: "Administrator",
    Role.ORGANIZER: "Organizer",
    Role.TRAINING_OFFICER: "Training officer",
    Role.OPERATOR: "Operator",
    Role.VIEWER: "Viewer",
}
_SETTINGS = ("data_dir", "database_url", "public_url", "host", "port")
_Task = Callable[["Database", "AccountService"], Awaitable[None]]


class PasswordsDiffer(Invalid):
    code = "passwords_typed_differ"
    message = "The two passwords are not the same."
    remedy = "Start again and type the same one twice."


class NoTerminal(Invalid):
    code = "no_terminal"
    message = "There is no terminal to ask for the password."
    remedy = "Give it on the standard input with --password-stdin."


class UsernameUnknown(NotFound):
    code = "username_unknown"
    message = "There is no account {value}."
    remedy = "`confhub user list` shows them all."


class UnitCodeUnknown(NotFound):
    code = "unit_code_unknown"
    message = "There is no unit with the code {value}."
    remedy = "Import the tree first, or correct the code."


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`confhub user …`."""
    parser = subparsers.add_parser("user", help="add accounts, list them, set their passwords")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    add = actions.add_parser("add", help="add an account; the first one is the administrator")
    add.add_argument("username", metavar="USERNAME", help="lower-case letters, digits, dots, hyphens")
    add.add_argument("--name", help="the name shown to others (default: the username)")
    add.add_argument(
        "--role",
        choices=[role.value for role in Role],
        default=Role.ADMINISTRATOR.value,
        help="default: administrator",
    )
    add.add_argument("--unit", metavar="CODE", help="the branch where the role counts (default: everywhere)")
    _finish(add, _add, password=True)

    password = actions.add_parser("password", help="give an account a new password")
    password.add_argument("username", metavar="USERNAME")
    _finish(password, _set_password, password=True)

    login = actions.add_parser(
        "login", help="print a link that logs an account in once, within 15 minutes, and unlock it"
    )
    login.add_argument("username", metavar="USERNAME")
    _finish(login, _log_in, password=False)

    unlock = actions.add_parser("unlock", help="forget the failed logins of an account")
    unlock.add_argument("username", metavar="USERNAME")
    _finish(unlock, _unlock, password=False)

    listing = actions.add_parser("list", help="list the accounts")
    _finish(listing, _list, password=False)


def _finish(
    parser: argparse.ArgumentParser, task: Callable[[argparse.Namespace, Words], _Task], *, password: bool
) -> None:
    if password:
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from the standard input"
        )
        parser.add_argument(
            "--must-change", action="store_true", help="the owner has to change it at the first login"
        )
    add_settings(parser, _SETTINGS)
    add_language(parser)
    parser.set_defaults(handler=run, task=task)


def run(args: argparse.Namespace) -> int:
    """Do what was asked. Exit code 0 done, 2 refused."""
    words = Words(terminal_language(args.shown_language))
    try:
        asyncio.run(_with_accounts(args, args.task(args, words)))
    except DomainError as error:
        for line in words.errors(error, _ARGUMENTS):
            print(f"confhub user {args.action}: {line}", file=sys.stderr)
        return 2
    return 0


async def _with_accounts(args: argparse.Namespace, task: _Task) -> None:
    from confhub.accounts.service import AccountService
    from confhub.app import open_database
    from confhub.kernel.clock import SystemClock
    from confhub.kernel.events import InProcessBus

    settings = settings_module.load({name: getattr(args, name) for name in _SETTINGS})
    database = await open_database(settings, InProcessBus())
    try:
        await task(database, AccountService(database, SystemClock()))
    finally:
        await database.close()


def _add(args: argparse.Namespace, words: Words) -> _Task:
    password = _read_password(args, words)

    async def task(database: Database, accounts: AccountService) -> None:
        from confhub.access.rules import SYSTEM

        wish = GrantWish(Role(args.role), await _unit_id(database, args.unit))
        name = args.name if args.name is not None else args.username
        account = await accounts.create_account(
            SYSTEM, args.username, password, name, [wish], words.language, must_change=args.must_change
        )
        print(words.say("Account {username} has been added.", username=account.username))

    return task


def _set_password(args: argparse.Namespace, words: Words) -> _Task:
    password = _read_password(args, words)

    async def task(_database: Database, accounts: AccountService) -> None:
        from confhub.access.rules import SYSTEM

        account = await _account(accounts, args.username)
        await accounts.set_password(SYSTEM, account.id, password, must_change=args.must_change)
        print(words.say("The password of {username} has been changed.", username=account.username))

    return task


def _log_in(args: argparse.Namespace, words: Words) -> _Task:
    async def task(_database: Database, accounts: AccountService) -> None:
        from confhub.access.rules import SYSTEM

        account = await _account(accounts, args.username)
        code = await accounts.issue_code(SYSTEM, account.id)
        settings = settings_module.load({name: getattr(args, name) for name in _SETTINGS})
        scheme = "https" if settings.tls else "http"
        home = settings.public_url or f"{scheme}://{settings.host}:{settings.port}"
        print(
            words.say(
                "Open this link within 15 minutes; it logs {username} in once:", username=account.username
            )
        )
        print(f"  {home.rstrip('/')}/login/code?code={code}")

    return task


def _unlock(args: argparse.Namespace, words: Words) -> _Task:
    async def task(_database: Database, accounts: AccountService) -> None:
        from confhub.access.rules import SYSTEM

        account = await _account(accounts, args.username)
        await accounts.unlock(SYSTEM, account.id)
        print(words.say("The failed logins of {username} have been cleared.", username=account.username))

    return task


def _list(_args: argparse.Namespace, words: Words) -> _Task:
    async def task(_database: Database, accounts: AccountService) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        from confhub.access.rules import SYSTEM

        table = Table(box=SIMPLE_HEAD)
        for heading in ("Username", "Name", "Roles", "Disabled"):
            table.add_column(words.say(heading))
        for account in await accounts.accounts(SYSTEM):
            roles = "\n".join(
                f"{words.say(_ROLES[grant.role])}: {grant.unit_name or words.say('the whole organization')}"
                for grant in account.grants
            )
            disabled = f"{account.disabled_at:%Y-%m-%d}" if account.disabled_at else ""
            cells = (account.username, account.display_name, roles, disabled)
            table.add_row(*(Text(cell) for cell in cells))
        Console().print(table)

    return task


async def _account(accounts: AccountService, username: str) -> Account:
    from confhub.access.rules import SYSTEM
    from confhub.accounts.rules import normal_username

    wanted = normal_username(username)
    for account in await accounts.accounts(SYSTEM):
        if account.username == wanted:
            return account
    raise UsernameUnknown(field="username", value=username[:100])


async def _unit_id(database: Database, code: str | None) -> UnitId | None:
    if code is None:
        return None
    from sqlalchemy import select

    from confhub.org.published import UnitColumns

    async with database.reading() as tx:
        found = await tx.scalar(select(UnitColumns.id).where(UnitColumns.code == code))
    if found is None:
        raise UnitCodeUnknown(field="unit_id", value=code[:100])
    return UnitId(found)


def _read_password(args: argparse.Namespace, words: Words) -> str:
    if args.password_stdin:
        return sys.stdin.readline(PASSWORD_MAX_CHARS + 10).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise NoTerminal(field="password")
    first = getpass.getpass(words.say("Password:") + " ")
    if getpass.getpass(words.say("Password again:") + " ") != first:
        raise PasswordsDiffer(field="password")
    return first
