"""Reading registrations inside somebody's transaction; no rights checked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select

from confhub.db.database import Tx
from confhub.invitations.errors import RegistrationOver, SessionOff
from confhub.invitations.limits import LINKS_KEPT, TOKEN_BYTES
from confhub.invitations.models import (
    RegistrationAnswer,
    RegistrationDelegate,
    RegistrationLink,
    RegistrationRow,
)
from confhub.invitations.values import Choice, Delegate, Given
from confhub.org.published import UnitColumns
from confhub.registry.published import RoomColumns
from confhub.sessions.published import PlaceColumns, SessionColumns
from confhub.sessions.values import SessionState

OPEN_STATES: Final = (SessionState.SCHEDULED.value, SessionState.LOBBY.value)
"""Of sessions that units may register for: announced, and not begun."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A session with its registration."""

    session_id: int
    title: str
    state: str
    starts_at: datetime
    length_min: int
    unit_id: int
    organizer: str
    chair_id: int | None
    closes_at: datetime

    @property
    def ends_at(self) -> datetime:
        """By plan."""
        return self.starts_at + timedelta(minutes=self.length_min)

    def require_open(self, now: datetime) -> None:
        """Raises `SessionOff`, `RegistrationOver`."""
        if self.state == SessionState.CANCELLED.value:
            raise SessionOff
        if self.state not in OPEN_STATES or now >= self.closes_at:
            raise RegistrationOver


async def facts_of(tx: Tx, session_id: int) -> Facts | None:
    """None where the session never asked. `closes_at`: as it holds, never after the start."""
    s, r = SessionColumns, RegistrationRow
    query = (
        select(
            s.id, s.title, s.state, s.starts_at, s.length_min, s.unit_id, UnitColumns.name,
            s.chair_endpoint_id, r.closes_at,
        )
        .join(*s.of(r.session_id))
        .join(*UnitColumns.of(s.unit_id))
        .where(r.session_id == session_id)
    )  # fmt: skip
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else Facts(*row[:8], min(row[8], row[3]))


async def rooms_of(tx: Tx, session_id: int, unit_id: int) -> list[tuple[int, str]]:
    """The unit's rooms that take part: (id, name) in order."""
    p = PlaceColumns
    query = (
        select(p.endpoint_id, RoomColumns.name)
        .join(*RoomColumns.of(p.endpoint_id))
        .where(
            p.session_id == session_id, p.expected_until.is_(None), p.removed_at.is_(None),
            RoomColumns.unit_id == unit_id,
        )
        .order_by(RoomColumns.sort_key, RoomColumns.id)
    )  # fmt: skip
    return [(row[0], row[1]) for row in await tx.execute(query)]


async def newest(
    tx: Tx, session_id: int, units: Collection[int] | None = None
) -> dict[int, RegistrationAnswer]:
    """Unit → the answer that holds. `units`: of these alone."""
    a = RegistrationAnswer
    last = select(func.max(a.id)).where(a.session_id == session_id).group_by(a.unit_id)
    query = select(a).where(a.id.in_(last))
    if units is not None:
        query = query.where(a.unit_id.in_(units))
    return {row.unit_id: row for row in await tx.scalars(query)}


async def delegates_of(tx: Tx, answer_id: int) -> tuple[Delegate, ...]:
    """Whom an answer names, in its order; those who were erased are left out."""
    d = RegistrationDelegate
    query = select(d.name, d.position, d.unit).where(d.answer_id == answer_id, d.name != "").order_by(d.place)
    return tuple(Delegate(*row) for row in await tx.execute(query))


def given(row: RegistrationAnswer) -> Given:
    """As it is handed out."""
    return Given(row.at, Choice(row.choice), row.comes_at, row.said, row.by_name, row.people)


async def make_link(tx: Tx, session_id: int, unit_id: int, now: datetime) -> str:
    """One more secret of the unit for the session; it is stored nowhere."""
    token, link = secrets.token_urlsafe(TOKEN_BYTES), RegistrationLink
    tx.add(link(session_id=session_id, unit_id=unit_id, token_hash=hash_of(token), made_at=now))
    await tx.flush()
    return token


async def keep_newest(tx: Tx, session_id: int, unit_id: int) -> None:
    """Of the unit's links those beyond `LINKS_KEPT` are void, the oldest first."""
    link = RegistrationLink
    mine = (link.session_id == session_id, link.unit_id == unit_id)
    kept = await tx.scalars(select(link.id).where(*mine).order_by(link.id.desc()).limit(LINKS_KEPT))
    await tx.execute(
        delete(link).where(*mine, link.id.not_in(list(kept))).execution_options(synchronize_session=False)
    )


async def void_link(tx: Tx, token: str) -> None:
    """This one alone."""
    link = RegistrationLink
    gone = delete(link).where(link.token_hash == hash_of(token))
    await tx.execute(gone.execution_options(synchronize_session=False))


async def void_links(tx: Tx, session_id: int, unit_id: int) -> None:
    """None of the unit's is valid any more."""
    link = RegistrationLink
    await tx.execute(
        delete(link)
        .where(link.session_id == session_id, link.unit_id == unit_id)
        .execution_options(synchronize_session=False)
    )


def hash_of(token: str) -> str:
    """As it is stored."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
