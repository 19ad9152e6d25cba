"""Pairing: one-time codes that a room's machine exchanges for its own revocable credential."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import bindparam, select

from confhub.access.rules import SYSTEM, Actor, below, branch_filter, require
from confhub.accounts import limits
from confhub.accounts.attempts import AttemptBook
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, UnitId
from confhub.kernel.permissions import Permission
from confhub.kernel.remembered import Remembered
from confhub.org.published import UnitColumns
from confhub.org.store import visible_unit
from confhub.registry import store
from confhub.registry.errors import (
    CredentialRevoked,
    CredentialUnknown,
    EndpointRetired,
    PairingCodeExpired,
    PairingCodeRevoked,
    PairingCodeUnknown,
    PairingCodeUsed,
)
from confhub.registry.events import PairingChanged
from confhub.registry.kiosk import SEEN_FOR_S, SEEN_MAX, TOPICS
from confhub.registry.models import CredentialRow, EndpointRow, PairingCodeRow
from confhub.registry.rules import (
    CREDENTIAL_PREFIX,
    PAIRING_TTL_DAYS,
    digest,
    new_pairing_code,
    plain_code,
)
from confhub.registry.values import Endpoint, EndpointPrincipal, PairingSlip, PairingState


class _Machine(NamedTuple):
    """`good`: neither revoked, nor its room retired."""

    room: EndpointPrincipal
    good: bool


class PairingService:
    """Codes and credentials. Tells PairingChanged and MachineRevoked."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._attempts = AttemptBook(db)
        self._seen: Remembered[str, _Machine] = Remembered(
            db.bus, clock, TOPICS, for_s=SEEN_FOR_S, most=SEEN_MAX
        )

    async def issue(self, actor: Actor, endpoint_id: EndpointId) -> PairingSlip:
        """A new code for one room, shown once; revokes the room's older unused codes. `ENDPOINT_PAIR`.

        Raises `EndpointNotFound`, `Forbidden`, `EndpointRetired`.
        """
        async with self._db.transaction() as tx:
            endpoint = await store.pairable(tx, actor, endpoint_id)
            if endpoint.retired_at is not None:
                raise EndpointRetired(field="endpoint_id")
            return (await self._issue(tx, actor, [endpoint]))[0]

    async def issue_sheet(
        self, actor: Actor, unit_id: UnitId, *, only_unpaired: bool = True
    ) -> list[PairingSlip]:
        """New codes for the rooms of a branch, in Vietnamese order, for the printable sheet.

        Older unused codes of these rooms are revoked. Raises `UnitNotFound`, `Forbidden`.
        """
        async with self._db.transaction() as tx:
            unit = await visible_unit(tx, actor, unit_id)
            require(actor, Permission.ENDPOINT_PAIR, unit.path)
            query = (
                store.endpoint_query()
                .where(below(unit.path, UnitColumns.path), EndpointRow.retired_at.is_(None))
                .where(branch_filter(actor, Permission.ENDPOINT_PAIR, UnitColumns.path))
                .order_by(EndpointRow.sort_key, EndpointRow.code)
            )
            if only_unpaired:
                query = query.where(~store.PAIRED)
            endpoints = [store.endpoint_of(row) for row in await tx.execute(query)]
            return await self._issue(tx, actor, endpoints)

    async def _issue(self, tx: Tx, actor: Actor, endpoints: list[Endpoint]) -> list[PairingSlip]:
        now = self._clock.now()
        expires_at = now + timedelta(days=PAIRING_TTL_DAYS)
        ids: list[int] = [endpoint.id for endpoint in endpoints]
        for start in range(0, len(ids), store.IDS_AT_ONCE):
            await store.revoke_codes(tx, ids[start : start + store.IDS_AT_ONCE], now)
        slips = []
        for endpoint in endpoints:
            code = new_pairing_code()
            tx.add(
                PairingCodeRow(
                    code_hash=digest(plain_code(code) or ""),
                    endpoint_id=endpoint.id,
                    created_at=now,
                    expires_at=expires_at,
                )
            )
            record(tx, actor, "registry:pairing:issue", "endpoint", endpoint.id, now, path=endpoint.path)
            tx.tell(PairingChanged(endpoint.id))
            slips.append(
                PairingSlip(endpoint.id, endpoint.code, endpoint.name, endpoint.unit_name, code, expires_at)
            )
        await tx.flush()
        return slips

    async def redeem(
        self, code: str, address: str, version: str, machine: str
    ) -> tuple[EndpointPrincipal, str]:
        """Exchange a code for the room's credential (`ep_…`, shown once).

        A room has one machine: the new pairing replaces the old one, whose credentials are revoked.
        Raises `PairingCodeUnknown`, `PairingCodeUsed`, `PairingCodeExpired`, `PairingCodeRevoked`,
        `TooManyAttempts`. Only failures count against `address`.
        """
        key = limits.address_key(address)
        async with self._db.reading() as tx:
            await limits.check(tx, [(limits.PAIRING_BY_ADDRESS, key)], self._clock.now())
        try:
            return await self._redeem(code, version, machine)
        except (PairingCodeUnknown, PairingCodeUsed, PairingCodeExpired, PairingCodeRevoked):
            await self._attempts.note([(limits.PAIRING_BY_ADDRESS, key)], self._clock.now())
            raise

    async def _redeem(self, typed: str, version: str, machine: str) -> tuple[EndpointPrincipal, str]:
        plain = plain_code(typed)
        if plain is None:
            raise PairingCodeUnknown(field="code")
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row = await tx.scalar(
                select(PairingCodeRow).where(PairingCodeRow.code_hash == digest(plain)).with_for_update()
            )
            if row is None:
                raise PairingCodeUnknown(field="code")
            _check_code(row, now)
            endpoint = await store.visible_endpoint(tx, SYSTEM, EndpointId(row.endpoint_id))
            row.used_at = now
            return await store.give_credential(tx, endpoint, machine, version, now)

    async def revoke_code(self, actor: Actor, endpoint_id: EndpointId) -> None:
        """Revoke the room's unused codes, and an approval that the machine has not fetched."""
        async with self._db.transaction() as tx:
            endpoint = await store.pairable(tx, actor, endpoint_id)
            now = self._clock.now()
            await store.revoke_codes(tx, [endpoint_id], now)
            record(tx, actor, "registry:pairing:revoke", "endpoint", endpoint_id, now, path=endpoint.path)
            tx.tell(PairingChanged(endpoint_id))

    async def revoke_credentials(self, actor: Actor, endpoint_id: EndpointId) -> None:
        """Revoke the room's credentials, tickets, browser logins and unused codes.

        Taking it out of running media rooms is the task of who hears MachineRevoked.
        """
        async with self._db.transaction() as tx:
            endpoint = await store.pairable(tx, actor, endpoint_id)
            now = self._clock.now()
            await store.revoke_codes(tx, [endpoint_id], now)
            await store.revoke_machines(tx, endpoint_id, now)
            record(tx, actor, "registry:credential:revoke", "endpoint", endpoint_id, now, path=endpoint.path)
            tx.tell(PairingChanged(endpoint_id))

    async def state(self, actor: Actor, endpoint_id: EndpointId) -> PairingState:
        """What is known of the room's newest usable code and of its machine. Needs `ENDPOINT_VIEW`."""
        async with self._db.reading() as tx:
            await store.visible_endpoint(tx, actor, endpoint_id)
            code = await tx.scalar(
                select(PairingCodeRow)
                .where(PairingCodeRow.endpoint_id == endpoint_id)
                .where(PairingCodeRow.used_at.is_(None), PairingCodeRow.revoked_at.is_(None))
                .where(PairingCodeRow.expires_at > self._clock.now())
                .order_by(PairingCodeRow.id.desc())
                .limit(1)
            )
            machine = await tx.scalar(
                select(CredentialRow)
                .where(CredentialRow.endpoint_id == endpoint_id, CredentialRow.revoked_at.is_(None))
                .order_by(CredentialRow.id.desc())
                .limit(1)
            )
        return PairingState(
            code_expires_at=code.expires_at if code else None,
            paired_at=machine.created_at if machine else None,
            machine=machine.machine if machine else None,
            last_used_at=machine.last_used_at if machine else None,
        )

    async def authenticate(self, credential: str) -> EndpointPrincipal:
        """The room behind a credential, mostly out of memory. Raises `CredentialUnknown` (401) or
        `CredentialRevoked` (403).

        Reads only: when a credential was last used is noted by the fleet, in batches.
        """
        if not credential.startswith(CREDENTIAL_PREFIX) or len(credential) > 100:
            raise CredentialUnknown
        found = await self._seen.among(digest(credential), self._read)
        if found is None:
            raise CredentialUnknown
        if not found.good:
            raise CredentialRevoked
        return found.room

    async def counting(self, credential_ids: Collection[int]) -> set[int]:
        """Those of these credentials that open the door now; asked of the database, at once for all."""
        query = (
            select(CredentialRow.id)
            .join(EndpointRow, EndpointRow.id == CredentialRow.endpoint_id)
            .where(CredentialRow.id.in_(credential_ids))
            .where(CredentialRow.revoked_at.is_(None), EndpointRow.retired_at.is_(None))
        )
        async with self._db.reading() as tx:
            return set(await tx.scalars(query))

    async def _read(self, hashes: Collection[str]) -> dict[str, _Machine]:
        return {
            row.token_hash: _Machine(
                store.principal_in(row), row.revoked_at is None and row.retired_at is None
            )
            for row in await self._db.ask(_MACHINES, {"hashes": list(hashes)})
        }


_MACHINES: Final = (
    select(CredentialRow.token_hash, CredentialRow.revoked_at, EndpointRow.retired_at, *store.PRINCIPAL)
    .join(EndpointRow, EndpointRow.id == CredentialRow.endpoint_id)
    .join(*UnitColumns.of(EndpointRow.unit_id))
    .where(CredentialRow.token_hash.in_(bindparam("hashes", expanding=True)))
)


def _check_code(row: PairingCodeRow, now: datetime) -> None:
    if row.used_at is not None:
        raise PairingCodeUsed(field="code")
    if row.revoked_at is not None:
        raise PairingCodeRevoked(field="code")
    if now >= row.expires_at:
        raise PairingCodeExpired(field="code")
