"""The fleet: which rooms are online, since when, with which version. Heartbeats are written in batches."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, not_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from confhub.access.rules import Actor, allows, below, branch_filter
from confhub.db.database import Database, Tx
from confhub.i18n.folding import like_pattern
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.org.store import visible_unit
from confhub.registry import store
from confhub.registry.errors import EndpointNotFound
from confhub.registry.events import FleetChanged
from confhub.registry.models import CredentialRow, EndpointRow, EndpointStatusRow
from confhub.registry.values import EndpointPrincipal, FleetFilter, FleetRow, FleetSummary

HEARTBEAT_S: Final = 15
"""Heartbeats come, and are written, this often."""

ONLINE_FOR_S: Final = 3 * HEARTBEAT_S
"""A room whose heartbeat is older is offline, whatever the last hub that saw it wrote."""

GATHER_S: Final = 0.25
"""How long changes wait for each other, so that 302 rooms coming back are a few transactions."""

_TEXT_MAX: Final = {"version": 40, "mode": 20, "state": 20}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Status:
    online_since: datetime | None
    last_seen_at: datetime
    version: str
    mode: str
    state: str
    session_id: int | None
    credential_id: int
    connection: int


class FleetService:
    """Who is online. Tells FleetChanged when something to show has changed.

    `connected`, `seen` and `disconnected` never wait for the database: they note, and `run()`, one task
    owned by the program, writes what was noted in one transaction (at once for changes of state, every
    15 s for mere heartbeats). `run()` writes what is left when it is cancelled.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._now: dict[EndpointId, _Status] = {}
        self._unwritten: set[EndpointId] = set()
        self._changed: set[EndpointId] = set()
        self._connections = 0
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()

    async def run(self) -> None:
        """Write what was noted, until cancelled."""
        try:
            while True:
                # Not wait_for: Python 3.11's swallows a cancellation that comes along with the wake-up.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT_S):
                        await self._wake.wait()
                    await asyncio.sleep(GATHER_S)
                await self._flush_or_log()
        finally:
            await self._flush_or_log()

    async def _flush_or_log(self) -> None:
        try:
            await self.flush()
        except (SQLAlchemyError, OSError):
            _log.exception("the fleet's status could not be written; it is tried again")

    async def flush(self) -> None:
        """Write what was noted now, in one transaction."""
        async with self._writing:
            self._wake.clear()
            ids, changed = self._unwritten, self._changed
            if not ids:
                return
            self._unwritten, self._changed = set(), set()
            statuses = {endpoint_id: self._now[endpoint_id] for endpoint_id in ids}
            try:
                async with self._db.transaction() as tx:
                    await _write(tx, self._db.is_sqlite, statuses)
                    for endpoint_id in changed:
                        tx.tell(FleetChanged(endpoint_id))
            except BaseException:
                self._unwritten |= ids
                self._changed |= changed
                raise
            for endpoint_id, status in statuses.items():
                if status.online_since is None and self._now.get(endpoint_id) is status:
                    del self._now[endpoint_id]  # an offline room needs no memory

    def connected(
        self,
        principal: EndpointPrincipal,
        version: str,
        mode: str,
        state: str,
        session_id: SessionId | None = None,
    ) -> int:
        """The room's socket is open. The number returned names this connection in `disconnected`."""
        self._connections += 1
        now = self._clock.now()
        self._now[principal.endpoint_id] = _Status(
            online_since=now,
            last_seen_at=now,
            version=version[: _TEXT_MAX["version"]],
            mode=mode[: _TEXT_MAX["mode"]],
            state=state[: _TEXT_MAX["state"]],
            session_id=session_id,
            credential_id=principal.credential_id,
            connection=self._connections,
        )
        self._note(principal.endpoint_id, changed=True)
        return self._connections

    def seen(self, endpoint_id: EndpointId, state: str, session_id: SessionId | None = None) -> None:
        """A heartbeat came over the room's open connection; ignored when there is none."""
        status = self._now.get(endpoint_id)
        if status is None or status.online_since is None:
            return
        state = state[: _TEXT_MAX["state"]]
        changed = (status.state, status.session_id) != (state, session_id)
        self._now[endpoint_id] = replace(
            status, last_seen_at=self._clock.now(), state=state, session_id=session_id
        )
        self._note(endpoint_id, changed=changed)

    def disconnected(self, endpoint_id: EndpointId, connection: int) -> None:
        """The socket closed; ignored when a newer connection of the room is open.

        `last_seen_at` stays: a broken line is noticed long after it broke.
        """
        status = self._now.get(endpoint_id)
        if status is None or status.connection != connection:
            return
        self._now[endpoint_id] = replace(status, online_since=None)
        self._note(endpoint_id, changed=True)

    def _note(self, endpoint_id: EndpointId, *, changed: bool) -> None:
        self._unwritten.add(endpoint_id)
        if changed:
            self._changed.add(endpoint_id)
            self._wake.set()

    async def list(self, actor: Actor, wanted: FleetFilter | None = None) -> list[FleetRow]:
        """The rooms in use that the actor sees (`ENDPOINT_VIEW`), in Vietnamese order, with their status.

        Raises `UnitNotFound` when the wanted branch lies outside the actor's.
        """
        wanted = wanted or FleetFilter()
        await self._flush_changes()
        now = self._clock.now()
        async with self._db.reading() as tx:
            query = _fleet_query(actor)
            if wanted.unit_id is not None:
                path = (await visible_unit(tx, actor, wanted.unit_id)).path
                query = query.where(below(path, UnitColumns.path))
            for condition in _conditions(wanted, now):
                query = query.where(condition)
            rows = await tx.execute(query.order_by(EndpointRow.sort_key, EndpointRow.code))
            return [_row_of(row, now) for row in rows]

    async def row(self, actor: Actor, endpoint_id: EndpointId) -> FleetRow:
        """One room's status; raises `EndpointNotFound`."""
        await self._flush_changes()
        query = _with_status().where(EndpointRow.id == endpoint_id)
        async with self._db.reading() as tx:
            found = (await tx.execute(query)).first()
        if found is None or not allows(actor, Permission.ENDPOINT_VIEW, found[2]):
            raise EndpointNotFound(field="endpoint_id")
        return _row_of(found, self._clock.now())

    async def summary(self, actor: Actor) -> FleetSummary:
        """Counts over all rooms that the actor sees: states and versions of those online."""
        await self._flush_changes()
        now = self._clock.now()
        rooms = (
            _fleet_query(actor)
            .with_only_columns(
                _online(now).label("online"),
                store.PAIRED.label("paired"),
                EndpointStatusRow.state,
                EndpointStatusRow.version,
            )
            .subquery()
        )
        columns = (rooms.c.online, rooms.c.paired, rooms.c.state, rooms.c.version)
        query = select(*columns, func.count()).group_by(*columns)
        states: Counter[str] = Counter()
        versions: Counter[str] = Counter()
        total = online_total = paired_total = 0
        async with self._db.reading() as tx:
            for is_online, paired, state, version, count in await tx.execute(query):
                total += count
                paired_total += count if paired else 0
                if is_online:
                    online_total += count
                    states[state] += count
                    versions[version] += count
        return FleetSummary(total, online_total, paired_total, dict(states), dict(versions))

    async def _flush_changes(self) -> None:
        if self._changed:
            await self.flush()


def _with_status() -> Select[Any]:
    return (
        store.endpoint_query()
        .add_columns(EndpointStatusRow)
        .outerjoin(EndpointStatusRow, EndpointStatusRow.endpoint_id == EndpointRow.id)
    )


def _fleet_query(actor: Actor) -> Select[Any]:
    return (
        _with_status()
        .where(EndpointRow.retired_at.is_(None))
        .where(branch_filter(actor, Permission.ENDPOINT_VIEW, UnitColumns.path))
    )


def _online(now: datetime) -> ColumnElement[bool]:
    return and_(
        EndpointStatusRow.online_since.is_not(None),
        EndpointStatusRow.last_seen_at >= now - timedelta(seconds=ONLINE_FOR_S),
    )


def _conditions(wanted: FleetFilter, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.search.strip():
        pattern = like_pattern(wanted.search[:NAME_MAX_CHARS])
        conditions.append(EndpointRow.search_key.like(pattern, escape="\\"))
    if wanted.online is True:
        conditions.append(_online(now))
    elif wanted.online is False:
        conditions.append(or_(EndpointStatusRow.endpoint_id.is_(None), not_(_online(now))))
    if wanted.state:
        conditions.append(EndpointStatusRow.state == wanted.state)
    if wanted.version:
        conditions.append(EndpointStatusRow.version == wanted.version)
    return conditions


def _row_of(found: Sequence[Any], now: datetime) -> FleetRow:
    endpoint = store.endpoint_of(found)
    status: EndpointStatusRow | None = found[4]
    if status is None:
        return FleetRow(endpoint, False, None, None, None, None, None, None)
    online = status.online_since is not None and now - status.last_seen_at <= timedelta(seconds=ONLINE_FOR_S)
    return FleetRow(
        endpoint=endpoint,
        online=online,
        online_since=status.online_since if online else None,
        last_seen_at=status.last_seen_at,
        version=status.version,
        mode=status.mode,
        state=status.state if online else None,
        session_id=SessionId(status.session_id) if online and status.session_id is not None else None,
    )


async def _write(tx: Tx, is_sqlite: bool, statuses: dict[EndpointId, _Status]) -> None:
    columns = ("online_since", "last_seen_at", "version", "mode", "state", "session_id")
    insert: Any = (sqlite if is_sqlite else postgresql).insert(EndpointStatusRow)
    upsert = insert.on_conflict_do_update(
        index_elements=["endpoint_id"], set_={name: insert.excluded[name] for name in columns}
    )
    await tx.execute(
        upsert,
        [
            {"endpoint_id": endpoint_id, **{name: getattr(status, name) for name in columns}}
            for endpoint_id, status in sorted(statuses.items())
        ],
    )
    connection = await tx.connection()
    await connection.execute(
        update(CredentialRow)
        .where(CredentialRow.id == bindparam("credential"))
        .values(last_used_at=bindparam("used_at")),
        [
            {"credential": status.credential_id, "used_at": status.last_seen_at}
            for status in statuses.values()
        ],
    )
