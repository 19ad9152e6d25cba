"""Reading endpoints inside somebody's transaction, and closing what their machines hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, delete, exists, select, update

from confhub.access.rules import SYSTEM, Actor, allows, require
from confhub.audit.service import record
from confhub.db.database import Tx
from confhub.i18n.collation import sort_key
from confhub.i18n.folding import fold
from confhub.kernel.ids import EndpointId, UnitId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.registry.errors import EndpointNotFound
from confhub.registry.events import MachineRevoked, PairingChanged
from confhub.registry.models import (
    CredentialRow,
    EndpointRow,
    ImportDraftRow,
    KioskLoginRow,
    KioskTicketRow,
    PairingCodeRow,
    PairingRequestRow,
)
from confhub.registry.rules import digest, new_credential
from confhub.registry.values import BandwidthProfile, Endpoint, EndpointKind, EndpointPrincipal

IDS_AT_ONCE = 500
"""Ids in one IN list: SQLite takes 32,766 parameters, PostgreSQL 32,767; 500 plan quickly."""

PAIRED = exists().where(CredentialRow.endpoint_id == EndpointRow.id, CredentialRow.revoked_at.is_(None))


def endpoint_query() -> Select[EndpointRow, str, str, bool]:
    """Selects (endpoint row, unit's name, unit's path, paired)."""
    return select(EndpointRow, UnitColumns.name, UnitColumns.path, PAIRED).join(
        *UnitColumns.of(EndpointRow.unit_id)
    )


ORDERS: Final = {
    "name": EndpointRow.sort_key, "code": EndpointRow.code, "unit": UnitColumns.sort_key, "state": PAIRED,
}  # fmt: skip
"""What a list of `endpoint_query` may be ordered by."""


def order(sort: str) -> tuple[ColumnElement[Any], ...]:
    """By that one of `ORDERS`, with a minus before it the other way round; nothing for any other text."""
    column = ORDERS.get(sort.removeprefix("-"))
    if column is None:
        return ()
    return (column.desc() if sort.startswith("-") else column.asc(),)


def endpoint_of(found: Row[Any] | Sequence[Any]) -> Endpoint:
    """The frozen value of one line of `endpoint_query` (further columns are ignored)."""
    row, unit_name, path, paired = found[:4]
    return Endpoint(
        EndpointId(row.id),
        row.code,
        row.name,
        UnitId(row.unit_id),
        unit_name,
        path,
        EndpointKind(row.kind),
        BandwidthProfile(row.bandwidth_profile),
        row.operator_name,
        row.operator_phone,
        row.retired_at,
        bool(paired),
    )


PRINCIPAL: Final = (
    EndpointRow.id,
    EndpointRow.code,
    EndpointRow.name,
    EndpointRow.unit_id,
    EndpointRow.bandwidth_profile,
    EndpointRow.kind,
    UnitColumns.name.label("unit_name"),
    UnitColumns.path,
    CredentialRow.id.label("credential_id"),
)
"""What `principal_in` reads."""


def principal_in(row: Any) -> EndpointPrincipal:
    """The principal of a room's machine, from a row with the columns of `PRINCIPAL`."""
    return principal_of(row, row.unit_name, row.path, row.credential_id)


def principal_of(row: EndpointRow, unit_name: str, path: str, credential_id: int) -> EndpointPrincipal:
    """The principal of a room's machine."""
    return EndpointPrincipal(
        endpoint_id=EndpointId(row.id),
        code=row.code,
        name=row.name,
        unit_id=UnitId(row.unit_id),
        path=path,
        bandwidth_profile=BandwidthProfile(row.bandwidth_profile),
        unit_name=unit_name,
        credential_id=credential_id,
        kind=EndpointKind(row.kind),
    )


async def visible_endpoint(
    tx: Tx, actor: Actor, endpoint_id: EndpointId, permission: Permission = Permission.ENDPOINT_VIEW
) -> Endpoint:
    """One endpoint; raises `EndpointNotFound` when absent or the actor lacks `permission` there."""
    found = (await tx.execute(endpoint_query().where(EndpointRow.id == endpoint_id))).first()
    if found is None or not allows(actor, permission, found[2]):
        raise EndpointNotFound(field="endpoint_id")
    return endpoint_of(found)


async def pairable(tx: Tx, actor: Actor, endpoint_id: EndpointId) -> Endpoint:
    """The endpoint, where the actor may pair its machine. Raises `EndpointNotFound`, `Forbidden`."""
    endpoint = await visible_endpoint(tx, actor, endpoint_id)
    require(actor, Permission.ENDPOINT_PAIR, endpoint.path)
    return endpoint


async def endpoints_by_id(tx: Tx, endpoint_ids: Iterable[EndpointId]) -> dict[EndpointId, Endpoint]:
    """The endpoints with these ids (retired ones too); no rights checked."""
    ids = list(set(endpoint_ids))
    found: dict[EndpointId, Endpoint] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        part = ids[start : start + IDS_AT_ONCE]
        for line in await tx.execute(endpoint_query().where(EndpointRow.id.in_(part))):
            endpoint = endpoint_of(line)
            found[endpoint.id] = endpoint
    return found


def set_texts(row: EndpointRow, code: str, name: str) -> None:
    """Code and name together with the keys made from them."""
    row.code, row.name = code, name
    row.sort_key = sort_key(name)
    row.search_key = fold(f"{code} {name}")


async def revoke_codes(tx: Tx, endpoint_ids: Sequence[int], now: datetime) -> None:
    """Revoke the unused codes of these endpoints, and what was approved and not yet fetched."""
    await tx.execute(delete(PairingRequestRow).where(PairingRequestRow.endpoint_id.in_(endpoint_ids)))
    await tx.execute(
        update(PairingCodeRow)
        .where(PairingCodeRow.endpoint_id.in_(endpoint_ids))
        .where(PairingCodeRow.used_at.is_(None), PairingCodeRow.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def revoke_machines(tx: Tx, endpoint_id: int, now: datetime) -> bool:
    """Revoke the endpoint's credentials and end its browser's logins. Returns whether there was one."""
    revoked = await tx.execute(
        update(CredentialRow)
        .where(CredentialRow.endpoint_id == endpoint_id, CredentialRow.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(CredentialRow.id)
    )
    had_one = bool(revoked.all())
    await tx.execute(delete(KioskTicketRow).where(KioskTicketRow.endpoint_id == endpoint_id))
    await tx.execute(delete(KioskLoginRow).where(KioskLoginRow.endpoint_id == endpoint_id))
    if had_one:
        tx.tell(MachineRevoked(EndpointId(endpoint_id)))
    return had_one


async def give_credential(
    tx: Tx, endpoint: Endpoint, machine: str, version: str, now: datetime
) -> tuple[EndpointPrincipal, str]:
    """A machine is the room's from now on: its credential, shown this once. The machine before is revoked."""
    replaced = await revoke_machines(tx, endpoint.id, now)
    secret = new_credential()
    credential = CredentialRow(
        endpoint_id=endpoint.id, token_hash=digest(secret), machine=machine_name(machine), created_at=now
    )
    tx.add(credential)
    await tx.flush()
    record(tx, SYSTEM, "registry:pairing:redeem", "endpoint", endpoint.id, now, path=endpoint.path,
           machine=credential.machine, version=version[:40], replaced=replaced)  # fmt: skip
    tx.tell(PairingChanged(endpoint.id))
    room = await tx.get_one(EndpointRow, endpoint.id)
    return principal_of(room, endpoint.unit_name, endpoint.path, credential.id), secret


def machine_name(told: str) -> str:
    """What a machine calls itself, tidied and cut."""
    return " ".join(told.split())[:NAME_MAX_CHARS]


async def forget_kiosk_logins(tx: Tx, until: datetime) -> None:
    """Tickets and logins of the rooms' browsers that expired before `until`."""
    for row in (KioskTicketRow, KioskLoginRow):
        await tx.execute(delete(row).where(row.expires_at < until))


async def forget_pairing_requests(tx: Tx, now: datetime) -> None:
    """Machines that asked to be paired, and whose code nobody typed in time."""
    await tx.execute(delete(PairingRequestRow).where(PairingRequestRow.expires_at <= now))


async def forget_drafts(tx: Tx, now: datetime) -> None:
    """Uploaded files whose preview nobody applied in time."""
    await tx.execute(delete(ImportDraftRow).where(ImportDraftRow.expires_at <= now))
