"""Accounts: their fields and passwords."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from confhub.kernel.limits import NAME_MAX_CHARS, PASSWORD_MAX_CHARS


class AccountFields(BaseModel):
    """What can be changed of an account, beside its roles."""

    display_name: str = Field(min_length=1, max_length=NAME_MAX_CHARS)


class PasswordFields(BaseModel):
    password: str = Field(min_length=1, max_length=PASSWORD_MAX_CHARS)


class NewAccountFields(AccountFields, PasswordFields):
    """A new account, beside its roles."""

    username: str = Field(min_length=1, max_length=NAME_MAX_CHARS)
    language: Literal["vi", "en"] = "vi"


class OwnPasswordFields(BaseModel):
    old: str = Field(min_length=1, max_length=PASSWORD_MAX_CHARS)
    new: str = Field(min_length=1, max_length=PASSWORD_MAX_CHARS)
