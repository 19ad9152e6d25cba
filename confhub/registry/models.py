"""Tables of the registry: endpoints, how their machines prove themselves, and who is online."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, SearchKey, SortKey, UtcDateTime
from confhub.kernel.limits import CODE_MAX_CHARS, NAME_MAX_CHARS, PHONE_MAX_CHARS

HASH_CHARS = 64
"""A SHA-256 in hexadecimal."""

ADDRESS_MAX_CHARS = 64
"""An IPv6 address with its prefix, or a hash in the place of what is no address."""


class EndpointRow(Base):
    """A conference room. Retired ones stay, for the reports on sessions they took part in."""

    __tablename__ = "endpoint"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_MAX_CHARS), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    bandwidth_profile: Mapped[str] = mapped_column(String(20))
    operator_name: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))
    operator_phone: Mapped[str | None] = mapped_column(String(PHONE_MAX_CHARS))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sort_key: Mapped[str] = mapped_column(SortKey)
    search_key: Mapped[str] = mapped_column(SearchKey)


class PairingCodeRow(Base):
    """A one-time code that a room's machine exchanges for a credential. Only its SHA-256 is stored."""

    __tablename__ = "pairing_code"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(HASH_CHARS), unique=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PairingRequestRow(Base):
    """A machine that shows a code on its screen and waits. `endpoint_id`: somebody said which room it is.

    Deleted when the machine has its credential. Only hashes of the two codes are stored.
    """

    __tablename__ = "pairing_request"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    device_hash: Mapped[str] = mapped_column(String(HASH_CHARS), unique=True)
    code_hash: Mapped[str] = mapped_column(String(HASH_CHARS), unique=True)
    address: Mapped[str] = mapped_column(String(ADDRESS_MAX_CHARS))
    network: Mapped[str] = mapped_column(String(ADDRESS_MAX_CHARS), index=True)
    machine: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    version: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"), index=True)
    refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CredentialRow(Base):
    """What a paired machine shows at every request. Only its SHA-256 is stored."""

    __tablename__ = "credential"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(HASH_CHARS), unique=True)
    machine: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class KioskTicketRow(Base):
    """One visit of the room's browser. `session_id` names no foreign key: sessions live above."""

    __tablename__ = "kiosk_ticket"

    ticket_hash: Mapped[str] = mapped_column(String(HASH_CHARS), primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"), index=True)
    credential_id: Mapped[int] = mapped_column(ForeignKey("credential.id"), index=True)
    session_id: Mapped[int] = mapped_column(BigId)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class KioskLoginRow(Base):
    """The room's browser inside one session; ends with the credential that opened it."""

    __tablename__ = "kiosk_login"

    token_hash: Mapped[str] = mapped_column(String(HASH_CHARS), primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"), index=True)
    credential_id: Mapped[int] = mapped_column(ForeignKey("credential.id"), index=True)
    session_id: Mapped[int] = mapped_column(BigId)
    csrf: Mapped[str] = mapped_column(String(HASH_CHARS))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class EndpointStatusRow(Base):
    """Who is online. Written in batches: at most one heartbeat behind."""

    __tablename__ = "endpoint_status"

    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"), primary_key=True)
    online_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[str] = mapped_column(String(40))
    mode: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    session_id: Mapped[int | None] = mapped_column(BigId)


class ImportDraftRow(Base):
    """An uploaded file between its preview and its application. `seen` is what the preview showed."""

    __tablename__ = "import_draft"

    token_hash: Mapped[str] = mapped_column(String(HASH_CHARS), primary_key=True)
    account_id: Mapped[int | None] = mapped_column(BigId)
    filename: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    complete: Mapped[bool]
    choices: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """How the file is read, as somebody said: letters and columns."""
    seen: Mapped[str] = mapped_column(String(HASH_CHARS))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
