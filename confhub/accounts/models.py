"""Tables of accounts: who may log in, with which roles, and who is logged in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, SearchKey, SortKey, UtcDateTime
from confhub.kernel.limits import NAME_MAX_CHARS

USERNAME_MAX_CHARS = 64


class AccountRow(Base):
    """A person's account. `username` is stored lower-case. Accounts are disabled, never deleted."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(USERNAME_MAX_CHARS), unique=True)
    display_name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    password_hash: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    must_change: Mapped[bool] = mapped_column(server_default=false())
    """The password was chosen by somebody else: nothing else is done before it is changed."""
    sort_key: Mapped[str] = mapped_column(SortKey)
    search_key: Mapped[str] = mapped_column(SearchKey)


class RoleGrantRow(Base):
    """A role held in a unit's branch; `unit_id` NULL is the whole house."""

    __tablename__ = "role_grant"
    __table_args__ = (
        Index("uq_role_grant_in_unit", "account_id", "role", "unit_id", unique=True),
        Index(
            "uq_role_grant_in_house",
            "account_id",
            "role",
            unique=True,
            sqlite_where=text("unit_id IS NULL"),
            postgresql_where=text("unit_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str] = mapped_column(String(30))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)


class LoginRow(Base):
    """A login in a browser. Only the token's SHA-256 is stored."""

    __tablename__ = "login"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class KnownOriginRow(Base):
    """A device (its cookie's SHA-256) or network that an account has logged in from."""

    __tablename__ = "known_origin"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class LoginCodeRow(Base):
    """A one-time way in, made at the server's terminal. Only the code's SHA-256 is stored."""

    __tablename__ = "login_code"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class AttemptRow(Base):
    """Failed attempts of one kind by one account name or one address (`key`), since `since`."""

    __tablename__ = "failed_attempt"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    count: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
