"""FeedService: calendars that others subscribe to by a secret link."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NewType

from sqlalchemy import ColumnElement, Row, delete, exists, or_, select

from confhub.access.rules import Actor, allows, below
from confhub.accounts.logins import actor_by_id
from confhub.audit.service import record
from confhub.calendars.asking import Asked
from confhub.calendars.errors import FeedUnknown
from confhub.calendars.limits import FEED_BACK, FEED_REFRESH, FEED_SESSIONS_MAX, TOKEN_BYTES
from confhub.calendars.models import FeedRow
from confhub.calendars.pictures import Held, Marks, events, repeated, single
from confhub.calendars.reading import SeriesFacts, Words, series_facts, session_uid, sessions_query
from confhub.db.database import Database, Tx
from confhub.i18n.catalogue import Catalogue
from confhub.ical.values import Event
from confhub.ical.writing import calendar
from confhub.kernel.clock import Clock
from confhub.kernel.errors import NotFound
from confhub.kernel.ids import AccountId, EndpointId, UnitId
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.registry.published import RoomColumns
from confhub.scheduling.room_settings import room_path, unit_path
from confhub.sessions import store as sessions
from confhub.sessions.published import PlaceColumns, SessionColumns

FeedId = NewType("FeedId", int)


class FeedKind(StrEnum):
    """What a feed shows: the sessions that its maker planned, a unit's branch, or a room's."""

    MINE = "mine"
    UNIT = "unit"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose sessions; one of both for a unit or a room, none for one's own."""

    unit_id: UnitId | None = None
    endpoint_id: EndpointId | None = None

    @property
    def kind(self) -> FeedKind:
        """What it is."""
        if self.unit_id is not None:
            return FeedKind.UNIT
        return FeedKind.ROOM if self.endpoint_id is not None else FeedKind.MINE


@dataclass(frozen=True, slots=True)
class Feed:
    """One's own link, without its secret."""

    id: FeedId
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """A feed's octets; None where the asker has them already. `etag`: a strong one, with its quotes."""

    etag: str
    content: bytes | None


class FeedService:
    """One has one link for each scope. It shows what its maker may see when it is asked, in the maker's
    language: nothing after the right is lost. Making one asks for the right to view the unit or the room."""

    def __init__(self, db: Database, clock: Clock, catalogue: Catalogue, home: str, timezone: str) -> None:
        """`home`: the hub's address. `timezone`: in which single sessions' hours are written."""
        self._db, self._clock, self._catalogue = db, clock, catalogue
        self._home, self._timezone = home.rstrip("/"), timezone
        self._asked = Asked(clock)

    async def mine(self, actor: Actor, scope: Scope) -> Feed | None:
        """One's own link for that scope. NotFound."""
        async with self._db.reading() as tx:
            await _path(tx, actor, scope)
            row = await tx.scalar(select(FeedRow).where(*_own(actor, scope)))
        return None if row is None else Feed(FeedId(row.id), row.made_at)

    async def make(self, actor: Actor, scope: Scope) -> str:
        """A link in place of the one before, which is void from now on; gives its secret, which is stored
        nowhere. NotFound."""
        assert actor.account_id is not None, "the hub itself subscribes to nothing"
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._clock.now()
        async with self._db.transaction() as tx:
            await tx.alone(f"calendars.feed.{actor.account_id}")
            path = await _path(tx, actor, scope)
            await tx.execute(delete(FeedRow).where(*_own(actor, scope)))
            row = FeedRow(
                account_id=actor.account_id,
                kind=scope.kind.value,
                unit_id=scope.unit_id,
                endpoint_id=scope.endpoint_id,
                token_hash=_hash(token),
                made_at=now,
            )
            tx.add(row)
            await tx.flush()
            _note(tx, actor, "calendars:feed:make", scope, now, path)
        return token

    async def revoke(self, actor: Actor, scope: Scope) -> None:
        """Void from now on; also one of a unit or room that one may see no more. FeedUnknown."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row = await tx.scalar(select(FeedRow).where(*_own(actor, scope)))
            if row is None:
                raise FeedUnknown
            await tx.delete(row)
            _note(tx, actor, "calendars:feed:revoke", scope, now, await _stands(tx, scope))

    async def asked(self, token: str, address: str, have: str = "") -> Answer:
        """The feed of that secret, asked from `address` by who has the version of the ETag `have`.
        FeedTooOften before anything is looked up, FeedUnknown."""
        key = _hash(token)
        self._asked.count(key, address)
        now = self._clock.now()
        async with self._db.reading() as tx:
            row = await tx.scalar(select(FeedRow).where(FeedRow.token_hash == key))
            actor = None if row is None else await actor_by_id(tx, AccountId(row.account_id))
            if row is None or actor is None:
                raise FeedUnknown
            words = Words(self._catalogue.into(actor.language))
            name, condition = await self._shows(tx, actor, row, words)
            rows: Sequence[Row[Any]] = []
            if condition is not None:
                query = (
                    sessions_query()
                    .where(condition, sessions.visible_to(actor), SessionColumns.starts_at > now - FEED_BACK)
                    .order_by(SessionColumns.starts_at, SessionColumns.id)
                    .limit(FEED_SESSIONS_MAX)
                )
                rows = (await tx.execute(query)).all()
            facts = await series_facts(tx, {one.series_id for one in rows if one.series_id}, words)
        etag = _etag((name, actor.language, self._home), rows, facts)
        if have == etag:
            return Answer(etag, None)
        return Answer(etag, calendar(self._events(rows, facts, words), name=name, refresh=FEED_REFRESH))

    async def _shows(
        self, tx: Tx, actor: Actor, row: FeedRow, words: Words
    ) -> tuple[str, ColumnElement[bool] | None]:
        """Its name, and which sessions; None where the maker lost the right."""
        s, p = SessionColumns, PlaceColumns
        if row.kind == FeedKind.MINE.value:
            return words.translate("Sessions of {name}").format(
                name=actor.name
            ), s.created_by == row.account_id
        try:
            if row.kind == FeedKind.UNIT.value:
                path = await unit_path(tx, actor, UnitId(row.unit_id or 0), Permission.UNIT_VIEW)
                seen = allows(actor, Permission.SESSION_VIEW, path)
                name = await tx.scalar(select(UnitColumns.name).where(UnitColumns.id == row.unit_id))
                rooms = exists(
                    select(p.endpoint_id)
                    .join(*UnitColumns.of(p.unit_id))
                    .where(p.session_id == s.id, p.expected_until.is_(None), below(path, UnitColumns.path))
                    .correlate(sessions_table())
                )
                condition: ColumnElement[bool] = or_(below(path, UnitColumns.path), rooms)
            else:
                path = await room_path(tx, actor, EndpointId(row.endpoint_id or 0), Permission.ENDPOINT_VIEW)
                seen = allows(actor, Permission.SESSION_VIEW, path)
                name = await tx.scalar(select(RoomColumns.name).where(RoomColumns.id == row.endpoint_id))
                condition = exists(
                    select(p.endpoint_id)
                    .where(
                        p.session_id == s.id,
                        p.endpoint_id == row.endpoint_id,
                        p.expected_until.is_(None),
                        p.removed_at.is_(None),
                    )
                    .correlate(sessions_table())
                )
        except NotFound:
            return words.translate("Sessions"), None
        return name or "", condition if seen else None

    def _events(self, rows: Sequence[Row[Any]], facts: dict[int, SeriesFacts], words: Words) -> list[Event]:
        found: list[Event] = []
        series: defaultdict[int, dict[date, Held]] = defaultdict(dict)
        stamps: dict[int, datetime] = {}
        texts: dict[tuple[str, str], str] = {}
        for one in rows:
            chair = one.chair or ""
            text = texts.get((one.unit, chair))
            if text is None:
                text = texts[one.unit, chair] = words.text(one.unit, chair)
            held = Held(one.starts_at, one.length_min, one.title, chair, text)
            if one.series_id is not None:
                series[one.series_id][one.day] = held
                stamps[one.series_id] = max(one.state_since, stamps.get(one.series_id, one.state_since))
                continue
            url = f"{self._home}/sessions/{one.id}"
            marks = Marks(session_uid(one.id, one.created_at), one.state_since, url=url)
            found += events(marks, single(self._timezone, held))
        for key, dates in series.items():
            known = facts[key]
            frame = replace(known.frame, since=min(dates), last=max(dates), over=True)
            marks = Marks(known.uid, stamps[key], url=f"{self._home}/series/{key}")
            found += events(marks, repeated(frame, dates))
        return found


def _etag(common: tuple[str, ...], rows: Sequence[Row[Any]], facts: dict[int, SeriesFacts]) -> str:
    """Of all that a feed is made of: to know that nothing changed, nothing is written."""
    said = [repr((common, sorted(facts.items())))]
    said += [
        f"{one.id} {one.starts_at.timestamp()} {one.length_min} {one.state_since.timestamp()} {one.series_id}"
        f" {one.day} {one.title!r} {one.unit!r} {one.chair!r}"
        for one in rows
    ]
    return f'"{hashlib.sha256("|".join(said).encode()).hexdigest()[:32]}"'


def sessions_table() -> Any:
    """What a subquery over the same sessions correlates with."""
    return SessionColumns.rows()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _own(actor: Actor, scope: Scope) -> tuple[ColumnElement[bool], ...]:
    f = FeedRow
    return (
        f.account_id == actor.account_id,
        f.kind == scope.kind.value,
        f.unit_id.is_(None) if scope.unit_id is None else f.unit_id == scope.unit_id,
        f.endpoint_id.is_(None) if scope.endpoint_id is None else f.endpoint_id == scope.endpoint_id,
    )


async def _path(tx: Tx, actor: Actor, scope: Scope) -> str:
    if scope.unit_id is not None:
        return await unit_path(tx, actor, scope.unit_id, Permission.SESSION_VIEW)
    if scope.endpoint_id is not None:
        return await room_path(tx, actor, scope.endpoint_id, Permission.SESSION_VIEW)
    return "/"


async def _stands(tx: Tx, scope: Scope) -> str:
    """The path of what it shows, for the audit trail."""
    query = select(UnitColumns.path)
    if scope.endpoint_id is not None:
        query = query.join(*RoomColumns.on(RoomColumns.unit_id == UnitColumns.id)).where(
            RoomColumns.id == scope.endpoint_id
        )
    else:
        query = query.where(UnitColumns.id == scope.unit_id)
    return await tx.scalar(query) or "/"


def _note(tx: Tx, actor: Actor, action: str, scope: Scope, now: datetime, path: str) -> None:
    what = {FeedKind.MINE: "account", FeedKind.UNIT: "unit", FeedKind.ROOM: "endpoint"}[scope.kind]
    key = scope.unit_id or scope.endpoint_id or actor.account_id or 0
    record(tx, actor, action, what, key, now, path=path)
