"""Use cases of tablets: issue a code, hand it in, revoke; and officers who act for a room themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update

from confhub.access.rules import Actor, below, require
from confhub.accounts import limits as attempts
from confhub.accounts.attempts import AttemptBook
from confhub.audit.service import record
from confhub.checkin import limits
from confhub.checkin.errors import TabletCodeExpired, TabletCodeUnknown, TabletCodeUsed, TabletNotFound
from confhub.checkin.events import TabletChanged
from confhub.checkin.models import TabletRow
from confhub.checkin.store import among
from confhub.checkin.values import RoomTeller, TabletPrincipal, TabletSlip, TabletView
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, UnitId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.kernel.permissions import Permission
from confhub.kernel.remembered import Remembered
from confhub.org.events import UnitChanged
from confhub.org.published import UnitColumns
from confhub.org.store import visible_unit
from confhub.people.limits import IDS_AT_ONCE
from confhub.registry import store as registry
from confhub.registry.errors import EndpointNotFound, EndpointRetired
from confhub.registry.events import EndpointChanged
from confhub.registry.published import RoomColumns
from confhub.registry.rules import digest, new_pairing_code, new_token, plain_code
from confhub.registry.values import Endpoint

TOKEN_PREFIX = "tb_"  # noqa: S105 - tells a tablet's token from others, is none
_TOKEN_MAX_CHARS = 100
_SEEN_EVERY = timedelta(minutes=10)

TABLET_BY_ADDRESS = attempts.FailureLimit("tablet-address", 1_000, 900, 30, 900)
"""As for rooms' pairing: 302 rooms behind one address may each mistype three times in a quarter of an hour;
a code has 60 bits."""


TOPICS: Final = (TabletChanged, EndpointChanged, UnitChanged)
"""What changes who a tablet is."""


class TabletService:
    """Tablets of rooms. Tells `TabletChanged`."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._attempts = AttemptBook(db)
        self._known: Remembered[str, TabletPrincipal] = Remembered(
            db.bus, clock, TOPICS, for_s=limits.TABLET_SEEN_FOR_S, most=limits.PRINCIPALS_MAX, about=_touches
        )

    async def issue(self, actor: Actor, endpoint_id: EndpointId) -> TabletSlip:
        """A code for one more tablet of the room, shown once, valid a day; the code before, if nobody handed
        it in, is valid no longer. `CHECKIN_RUN` in its branch.

        Raises EndpointNotFound, Forbidden, EndpointRetired.
        """
        now = self._clock.now()
        async with self._db.transaction() as tx:
            endpoint = await _runnable(tx, actor, endpoint_id)
            if endpoint.retired_at is not None:
                raise EndpointRetired(field="endpoint_id")
            await _end_waiting(tx, [endpoint.id], now)
            return _issue(tx, actor, endpoint, now)

    async def issue_sheet(self, actor: Actor, unit_id: UnitId) -> list[TabletSlip]:
        """A code for one more tablet of every room of a branch, in Vietnamese order, for the printable sheet.

        Raises UnitNotFound, Forbidden.
        """
        now = self._clock.now()
        async with self._db.transaction() as tx:
            unit = await visible_unit(tx, actor, unit_id)
            require(actor, Permission.CHECKIN_RUN, unit.path)
            query = (
                registry.endpoint_query()
                .where(below(unit.path, UnitColumns.path), RoomColumns.retired_at.is_(None))
                .order_by(RoomColumns.sort_key, RoomColumns.code)
            )
            rooms = [registry.endpoint_of(row) for row in await tx.execute(query)]
            await _end_waiting(tx, [room.id for room in rooms], now)
            return [_issue(tx, actor, room, now) for room in rooms]

    async def enter(self, code: str, name: str, address: str) -> tuple[str, TabletPrincipal]:
        """Exchange a code for the tablet's token, shown once. Only failures count against `address`.

        Raises TabletCodeUnknown, TabletCodeUsed, TabletCodeExpired, TooManyAttempts.
        """
        key = attempts.address_key(address)
        async with self._db.reading() as tx:
            await attempts.check(tx, [(TABLET_BY_ADDRESS, key)], self._clock.now())
        try:
            return await self._enter(code, name)
        except (TabletCodeUnknown, TabletCodeUsed, TabletCodeExpired):
            await self._attempts.note([(TABLET_BY_ADDRESS, key)], self._clock.now())
            raise

    async def _enter(self, typed: str, name: str) -> tuple[str, TabletPrincipal]:
        plain = plain_code(typed)
        if plain is None:
            raise TabletCodeUnknown(field="code")
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row = await tx.scalar(
                select(TabletRow).where(TabletRow.code_hash == digest(plain)).with_for_update()
            )
            if row is None or row.revoked_at is not None:
                raise TabletCodeUnknown(field="code")
            if row.token_hash is not None:
                raise TabletCodeUsed(field="code")
            if now >= row.code_expires_at:
                raise TabletCodeExpired(field="code")
            token = TOKEN_PREFIX + new_token()
            row.token_hash, row.csrf = digest(token), new_token()
            row.name = " ".join(name.split())[:NAME_MAX_CHARS]
            row.entered_at = row.last_used_at = now
            await tx.flush()
            principal = (await _principals(tx, [row.token_hash])).get(row.token_hash)
            if principal is None:
                raise TabletCodeUnknown(field="code")
            tx.tell(TabletChanged(EndpointId(row.endpoint_id)))
        return token, principal

    async def principal_of(self, token: str) -> TabletPrincipal | None:
        """The tablet behind a token, or None (unknown, revoked, room retired). Mostly out of memory."""
        if not token.startswith(TOKEN_PREFIX) or len(token) > _TOKEN_MAX_CHARS or not token.isascii():
            return None
        return await self._known.among(digest(token), self._read)

    async def _read(self, hashes: Collection[str]) -> dict[str, TabletPrincipal]:
        return _by_hash(await self._db.ask(_PRINCIPALS, {"hashes": list(hashes)}))

    async def seen(self, principal: TabletPrincipal) -> None:
        """Note that the tablet is in use; written once in ten minutes at most."""
        now = self._clock.now()
        async with self._db.reading() as tx:
            last = await tx.scalar(
                select(TabletRow.last_used_at).where(TabletRow.id == principal.tablet_id)
            )  # fmt: skip
        if last is None or now - last >= _SEEN_EVERY:
            async with self._db.transaction() as tx:
                await tx.execute(
                    update(TabletRow).where(TabletRow.id == principal.tablet_id).values(last_used_at=now)
                )

    async def list(self, actor: Actor, endpoint_id: EndpointId) -> list[TabletView]:
        """The room's tablets and waiting codes, newest first. `CHECKIN_RUN`."""
        async with self._db.reading() as tx:
            await _runnable(tx, actor, endpoint_id)
            rows = await tx.scalars(
                select(TabletRow)
                .where(TabletRow.endpoint_id == endpoint_id)
                .order_by(TabletRow.id.desc())
                .limit(limits.TABLETS_LISTED_MAX)
            )
            return [
                TabletView(
                    row.id,
                    row.name,
                    row.issued_by,
                    row.created_at,
                    row.code_expires_at,
                    row.entered_at,
                    row.last_used_at,
                    row.revoked_at,
                )
                for row in rows
            ]

    async def revoke(self, actor: Actor, tablet_id: int) -> EndpointId:
        """Take a tablet out, or a waiting code; gives its room. Raises TabletNotFound, Forbidden."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row = await tx.get(TabletRow, tablet_id)
            if row is None:
                raise TabletNotFound(field="id")
            endpoint_id = EndpointId(row.endpoint_id)
            path = await _visible(tx, actor, endpoint_id)
            require(actor, Permission.CHECKIN_RUN, path)
            end_tablet(tx, actor, row, path, now)
        return endpoint_id

    async def leave(self, principal: TabletPrincipal) -> None:
        """The tablet itself is the room's no longer: its token ends, wherever it was copied to."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row = await tx.get(TabletRow, principal.tablet_id)
            if row is not None:
                end_tablet(tx, principal.teller.reader, row, principal.teller.path, now)

    async def teller_for(self, actor: Actor, endpoint_id: EndpointId) -> RoomTeller:
        """An officer or operator who checks people in by hand. `CHECKIN_RUN` in the room's branch."""
        async with self._db.reading() as tx:
            endpoint = await _runnable(tx, actor, endpoint_id)
        return RoomTeller(
            endpoint.id,
            endpoint.code,
            endpoint.name,
            endpoint.unit_id,
            endpoint.path,
            f"account:{actor.account_id or 0}",
            endpoint.unit_name,
            actor.name,
            actor.account_id,
            actor,
        )


async def _end_waiting(tx: Tx, rooms: Sequence[EndpointId], now: datetime) -> None:
    """Codes that nobody handed in: whoever finds an old sheet gets nowhere."""
    for start in range(0, len(rooms), IDS_AT_ONCE):
        part = rooms[start : start + IDS_AT_ONCE]
        waiting = update(TabletRow).where(
            TabletRow.endpoint_id.in_(part), TabletRow.token_hash.is_(None), TabletRow.revoked_at.is_(None)
        )
        await tx.execute(waiting.values(revoked_at=now).execution_options(synchronize_session=False))


def _issue(tx: Tx, actor: Actor, endpoint: Endpoint, now: datetime) -> TabletSlip:
    code, until = new_pairing_code(), now + limits.TABLET_CODE_TTL
    tx.add(
        TabletRow(
            endpoint_id=endpoint.id, code_hash=digest(plain_code(code) or ""), code_expires_at=until,
            issued_by=actor.name, created_at=now,
        )
    )  # fmt: skip
    record(tx, actor, "checkin:tablet:issue", "endpoint", endpoint.id, now, path=endpoint.path)
    tx.tell(TabletChanged(EndpointId(endpoint.id)))
    return TabletSlip(endpoint.id, endpoint.code, endpoint.name, endpoint.unit_name, code, until)


async def _runnable(tx: Tx, actor: Actor, endpoint_id: EndpointId) -> Endpoint:
    endpoint = await registry.visible_endpoint(tx, actor, endpoint_id)
    require(actor, Permission.CHECKIN_RUN, endpoint.path)
    return endpoint


def end_tablet(tx: Tx, actor: Actor, row: TabletRow, path: str, now: datetime) -> None:
    """The tablet's token ends, in the caller's transaction; within `limits.TABLET_SEEN_FOR_S` everywhere."""
    if row.revoked_at is not None:
        return
    row.revoked_at = now
    record(tx, actor, "checkin:tablet:revoke", "endpoint", row.endpoint_id, now, path=path,
           tablet=row.id)  # fmt: skip
    tx.tell(TabletChanged(EndpointId(row.endpoint_id)))


def _touches(event: TabletChanged | EndpointChanged | UnitChanged, principal: TabletPrincipal) -> bool:
    """Whether the event may have changed who that tablet is."""
    if isinstance(event, UnitChanged):
        return True
    return event.endpoint_id in (None, principal.teller.endpoint_id)


async def _visible(tx: Tx, actor: Actor, endpoint_id: EndpointId) -> str:
    """The path of the tablet's room; a tablet elsewhere is as unknown as one that never was."""
    try:
        return (await registry.visible_endpoint(tx, actor, endpoint_id)).path
    except EndpointNotFound:
        raise TabletNotFound(field="id") from None


_PRINCIPALS: Final = (
    select(
        TabletRow.token_hash, TabletRow.id, TabletRow.name, TabletRow.csrf, TabletRow.entered_at,
        RoomColumns.id, RoomColumns.code, RoomColumns.name, RoomColumns.unit_id, UnitColumns.path,
        UnitColumns.name,
    )
    .join(*RoomColumns.of(TabletRow.endpoint_id))
    .join(*UnitColumns.of(RoomColumns.unit_id))
    .where(among(TabletRow.token_hash, "hashes"))
    .where(TabletRow.revoked_at.is_(None), RoomColumns.retired_at.is_(None))
)  # fmt: skip


async def _principals(tx: Tx, hashes: Collection[str]) -> dict[str, TabletPrincipal]:
    return _by_hash(await tx.rows(_PRINCIPALS, {"hashes": list(hashes)}))


def _by_hash(rows: Iterable[Any]) -> dict[str, TabletPrincipal]:
    """By the hash of the token; who is out is missing."""
    return {row[0]: _principal(*row[1:]) for row in rows if row[0] is not None}


def _principal(
    tablet: int, label: str, csrf: str | None, entered_at: datetime | None, room: int, code: str, name: str,
    unit_id: int, path: str, unit_name: str,
) -> TabletPrincipal:  # fmt: skip
    who = " · ".join(filter(None, (f"tablet {tablet}", label, code)))
    teller = RoomTeller(
        EndpointId(room), code, name, UnitId(unit_id), path, f"tablet:{tablet}", unit_name, who,
        admitted_at=entered_at,
    )  # fmt: skip
    return TabletPrincipal(tablet, teller, csrf or "")
