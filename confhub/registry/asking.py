"""Asking: an unpaired machine shows a code, which somebody types on a room's page (RFC 8628's shape)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from cachetools import FIFOCache
from sqlalchemy import delete, func, select

from confhub.access.rules import SYSTEM, Actor, branch_filter
from confhub.accounts import limits
from confhub.accounts.attempts import AttemptBook
from confhub.accounts.limits import FailureLimit
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.registry import store
from confhub.registry.errors import (
    EndpointRetired,
    PairingPlacesTaken,
    PairingRequestGone,
    PairingRequestRefused,
    PairingTooFast,
    ScreenCodeTaken,
    ScreenCodeUnknown,
)
from confhub.registry.events import PairingChanged
from confhub.registry.models import EndpointRow, PairingRequestRow
from confhub.registry.rules import (
    ASKING_EACH,
    ASKING_IN_ALL,
    ASKING_TTL_S,
    DEVICE_CODE_MAX_CHARS,
    POLL_EVERY_S,
    POLL_SOONEST_S,
    digest,
    new_screen_code,
    new_token,
    plain_screen_code,
)
from confhub.registry.values import Asked, Endpoint, EndpointPrincipal, WaitingMachine

BY_ACCOUNT: Final = FailureLimit("screen-account", 10, 900, 30, 900)
"""One person types what stands on a screen: ten mistakes, then about a hundred a day."""

BY_ADDRESS: Final = FailureLimit("screen-address", 200, 900, 30, 900)
"""An office of clerks behind one address, on the day all rooms are set up."""

RETRY_S: Final = 60


class AskingService:
    """Machines that wait for their room. Tells `registry.pairing` (key endpoint id), as `PairingService`.

    A waiting machine's polls only read: strangers who poll hold up no writer.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._attempts = AttemptBook(db)
        self._polled: FIFOCache[str, float] = FIFOCache(ASKING_IN_ALL)

    async def ask(self, address: str, version: str, machine: str) -> Asked:
        """A place among the waiting machines. Raises `PairingPlacesTaken`."""
        network = limits.address_key(address)
        async with self._db.reading() as tx:
            await self._room_for_one(tx, network)  # a flood is refused before it takes the writer's turn
        now = self._clock.now()
        device, code = new_token(), new_screen_code()
        async with self._db.transaction() as tx:
            await tx.alone("pairing-requests")
            await tx.execute(delete(PairingRequestRow).where(PairingRequestRow.expires_at <= now))
            await self._room_for_one(tx, network)
            tx.add(
                PairingRequestRow(
                    device_hash=digest(device),
                    code_hash=digest(plain_screen_code(code) or ""),
                    address=address[:64],
                    network=network,
                    machine=store.machine_name(machine),
                    version=version[:40],
                    created_at=now,
                    expires_at=now + timedelta(seconds=ASKING_TTL_S),
                )
            )
        return Asked(device, code, ASKING_TTL_S, POLL_EVERY_S)

    async def _room_for_one(self, tx: Tx, network: str) -> None:
        waiting = select(func.count()).where(PairingRequestRow.expires_at > self._clock.now())
        each = await tx.scalar(waiting.where(PairingRequestRow.network == network)) or 0
        if each >= ASKING_EACH or (await tx.scalar(waiting) or 0) >= ASKING_IN_ALL:
            raise PairingPlacesTaken(retry_after_s=RETRY_S)

    async def poll(self, device_code: str) -> tuple[EndpointPrincipal, str] | None:
        """The credential once somebody has said which room it is (shown once); None while nobody has.

        Raises `PairingTooFast`, `PairingRequestGone`, `PairingRequestRefused`.
        """
        if len(device_code) > DEVICE_CODE_MAX_CHARS:
            raise PairingRequestGone
        key, moment = digest(device_code), self._clock.monotonic()
        if moment - self._polled.get(key, -POLL_SOONEST_S) < POLL_SOONEST_S:
            raise PairingTooFast(retry_after_s=POLL_EVERY_S)
        async with self._db.reading() as tx:
            row = await self._waiting(tx, key)
        self._polled[key] = moment
        return await self._fetch(key) if row.endpoint_id is not None else None

    async def _waiting(self, tx: Tx, key: str, *, lock: bool = False) -> PairingRequestRow:
        query = select(PairingRequestRow).where(PairingRequestRow.device_hash == key)
        row = await tx.scalar(query.with_for_update() if lock else query)
        if row is None or row.expires_at <= self._clock.now():
            raise PairingRequestGone
        if row.refused_at is not None:
            raise PairingRequestRefused
        return row

    async def _fetch(self, key: str) -> tuple[EndpointPrincipal, str]:
        async with self._db.transaction() as tx:
            row = await self._waiting(tx, key, lock=True)
            if row.endpoint_id is None:
                raise PairingRequestGone
            endpoint = await store.visible_endpoint(tx, SYSTEM, EndpointId(row.endpoint_id))
            await tx.delete(row)
            return await store.give_credential(tx, endpoint, row.machine, row.version, self._clock.now())

    async def find(self, actor: Actor, endpoint_id: EndpointId, typed: str, address: str) -> WaitingMachine:
        """The machine that shows the code, for the question whether it is this room's. `ENDPOINT_PAIR`.

        Raises `EndpointNotFound`, `Forbidden`, `EndpointRetired`, `ScreenCodeUnknown`, `ScreenCodeTaken`,
        `TooManyAttempts`. Only failures count, against the account and `address`.
        """
        async with self._typed(actor, endpoint_id, typed, address) as (_, _, row):
            code = plain_screen_code(typed) or ""
            return WaitingMachine(
                f"{code[:4]}-{code[4:]}",
                row.address,
                row.machine,
                row.version,
                row.created_at,
                row.expires_at,
            )

    async def approve(self, actor: Actor, endpoint_id: EndpointId, typed: str, address: str) -> None:
        """The machine is this room's: it gets the credential when it asks next. Raises as `find`.

        The room's unused codes are revoked: it has one way open at a time.
        """
        async with self._typed(actor, endpoint_id, typed, address) as (tx, endpoint, row):
            now = self._clock.now()
            await store.revoke_codes(tx, [endpoint.id], now)
            row.endpoint_id = endpoint.id
            record(tx, actor, "registry:pairing:approve", "endpoint", endpoint.id, now, path=endpoint.path,
                   machine=row.machine, version=row.version, machine_address=row.address)  # fmt: skip
            tx.tell(PairingChanged(endpoint.id))

    async def refuse(self, actor: Actor, endpoint_id: EndpointId, typed: str, address: str) -> None:
        """The machine is nobody's: it is told so. Raises as `find`."""
        async with self._typed(actor, endpoint_id, typed, address) as (tx, endpoint, row):
            row.refused_at = now = self._clock.now()
            record(tx, actor, "registry:pairing:refuse", "endpoint", endpoint.id, now, path=endpoint.path,
                   machine=row.machine, version=row.version, machine_address=row.address)  # fmt: skip

    async def choices(self, actor: Actor) -> list[Endpoint]:
        """The rooms whose machine the actor may pair, those without one first, in Vietnamese order."""
        query = (
            store.endpoint_query()
            .where(EndpointRow.retired_at.is_(None))
            .where(branch_filter(actor, Permission.ENDPOINT_PAIR, UnitColumns.path))
            .order_by(store.PAIRED, EndpointRow.sort_key, EndpointRow.code)
        )
        async with self._db.reading() as tx:
            return [store.endpoint_of(row) for row in await tx.execute(query)]

    @asynccontextmanager
    async def _typed(
        self, actor: Actor, endpoint_id: EndpointId, typed: str, address: str
    ) -> AsyncIterator[tuple[Tx, Endpoint, PairingRequestRow]]:
        """One transaction with the room and the machine behind a typed code; a failure is counted."""
        counted = ((BY_ACCOUNT, str(actor.account_id or 0)), (BY_ADDRESS, limits.address_key(address)))
        now = self._clock.now()
        try:
            async with self._db.transaction() as tx:
                endpoint = await store.pairable(tx, actor, endpoint_id)
                if endpoint.retired_at is not None:
                    raise EndpointRetired(field="endpoint_id")
                await limits.check(tx, counted, now)
                yield tx, endpoint, await self._shown(tx, typed)
        except ScreenCodeUnknown:
            await self._attempts.note(counted, now)
            raise

    async def _shown(self, tx: Tx, typed: str) -> PairingRequestRow:
        shown = digest(plain_screen_code(typed) or "")  # nobody's hash where it cannot be a code
        row = await tx.scalar(
            select(PairingRequestRow).where(PairingRequestRow.code_hash == shown).with_for_update()
        )
        if row is None or row.expires_at <= self._clock.now() or row.refused_at is not None:
            raise ScreenCodeUnknown(field="code")
        if row.endpoint_id is not None:
            raise ScreenCodeTaken(field="code")
        return row
