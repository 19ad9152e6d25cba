"""What can be wrong with accounts, passwords, roles and logins."""

from __future__ import annotations

from confhub.accounts.limits import TooManyAttempts
from confhub.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated

__all__ = [
    "AccountNotFound",
    "BranchTooWide",
    "GrantMissing",
    "LanguageUnknown",
    "LastAdministrator",
    "LoginCodeWrong",
    "LoginFailed",
    "OwnPassword",
    "PasswordBuiltOnName",
    "PasswordCommon",
    "PasswordGuessable",
    "PasswordInRow",
    "PasswordMustChange",
    "PasswordSame",
    "PasswordTooLong",
    "PasswordTooShort",
    "PasswordWrong",
    "PasswordsDiffer",
    "SetupClosed",
    "SetupCodeWrong",
    "TooManyAttempts",
    "UsernameInvalid",
    "UsernameTaken",
]


class LoginFailed(Unauthenticated):
    code = "login_failed"
    message = "The username or the password is wrong."
    remedy = "Check both; after several mistakes you have to wait."


class LoginCodeWrong(Unauthenticated):
    code = "login_code_wrong"
    message = "This link has already been used or has expired."
    remedy = "Make a new one in the server's terminal: confhub user login."


class PasswordMustChange(Forbidden):
    """The password was chosen by somebody else; until it is changed nothing else is open."""

    code = "password_must_change"
    message = "Your password was chosen by somebody else, who knows it."
    remedy = "Choose one of your own first."


class OwnPassword(Forbidden):
    code = "own_password"
    message = "To change your own password, enter the current one."
    remedy = "Change it under My account (API: PUT /api/v1/me/password)."


class AccountNotFound(NotFound):
    code = "account_not_found"
    message = "There is no such account, or it holds no role in your branch."


class UsernameInvalid(Invalid):
    code = "username_invalid"
    message = (
        "A username holds lower-case letters without diacritics, digits, dots, hyphens and underscores only."
    )
    remedy = "Write it like van.phong, with 2 to {limit} characters."


class UsernameTaken(Conflict):
    code = "username_taken"
    message = "The username {value} is in use already."
    remedy = "Choose another one."


class PasswordTooShort(Invalid):
    code = "password_too_short"
    message = "The password has fewer than {limit} characters."
    remedy = "Choose a longer one: a sentence, or four unrelated words."


class PasswordTooLong(Invalid):
    code = "password_too_long"
    message = "The password has more than {limit} characters."
    remedy = "Choose a shorter one."


class PasswordCommon(Invalid):
    code = "password_common"
    message = "This password is easy to guess: it is made of words and numbers that many people use."
    remedy = "Use four or more unrelated words, or a sentence that only you know."


class PasswordBuiltOnName(Invalid):
    code = "password_name"
    message = "This password is easy to guess: it is based on the name of a person, a unit or a place."
    remedy = "Use four or more words that have nothing to do with you, your unit or your work."


class PasswordInRow(Invalid):
    code = "password_row"
    message = "This password is easy to guess: it repeats itself, or follows the alphabet or the keyboard."
    remedy = "Use four or more unrelated words, or a sentence that only you know."


class PasswordGuessable(Invalid):
    code = "password_guessable"
    message = "This password is easy to guess."
    remedy = "Use four or more unrelated words, or a sentence that only you know."


class PasswordSame(Invalid):
    code = "password_same"
    message = "This is the password that you were given."
    remedy = "Choose one of your own."


class PasswordWrong(Forbidden):
    code = "password_wrong"
    message = "The current password is wrong."
    remedy = "Type the password with which you have logged in."


class LanguageUnknown(Invalid):
    code = "language_unknown"
    message = "This language is not offered."
    remedy = "Choose Vietnamese (vi) or English (en)."


class GrantMissing(Invalid):
    code = "grant_missing"
    message = "An account needs at least one role."
    remedy = "Choose a role and the unit in whose branch it counts."


class BranchTooWide(Forbidden):
    code = "branch_too_wide"
    message = "This account holds a role outside your branch."
    remedy = "Ask an administrator of the wider branch."


class LastAdministrator(Conflict):
    code = "last_administrator"
    message = "This is the last administrator of the whole tree."
    remedy = "Make another account administrator of the whole tree first."


class SetupClosed(Conflict):
    code = "setup_closed"
    message = "The set-up is finished: there is an administrator already."
    remedy = "Log in, or ask the administrator for an account."


class SetupCodeWrong(Forbidden):
    code = "setup_code_wrong"
    message = "The set-up code is wrong."
    remedy = "Copy the code that the server's terminal shows."


class PasswordsDiffer(Invalid):
    """The password was typed differently the second time."""

    code = "passwords_differ"
    message = "The two passwords are not the same."
