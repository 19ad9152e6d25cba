"""Use cases of those who look after the post: what could not be delivered, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from confhub.access.rules import ROOT_PATH, Actor, branch_filter, require_anywhere
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.limits import PAGE_SIZE, PAGE_SIZE_MAX
from confhub.kernel.paging import offset_of
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.post import outbox
from confhub.post.errors import ParcelGivenUp, ParcelSent, ParcelUnknown
from confhub.post.models import Outbox
from confhub.post.values import State


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A parcel as lists show it. `unit_name` None: it is the whole house's. `last_error`: why not."""

    id: int
    kind: str
    about: str
    unit_name: str | None
    address: str
    title: str
    attempts: int
    last_error: str
    made_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    given_up_at: datetime | None

    @property
    def state(self) -> State:
        """How far it is."""
        if self.sent_at is not None:
            return State.SENT
        return State.WAITING if self.due_at is not None else State.GIVEN_UP


@dataclass(frozen=True, slots=True)
class ParcelPage:
    """One page of parcels, those that changed last first; `total` counts all pages."""

    parcels: list[ParcelView]
    total: int
    page: int
    size: int


_STATES = {
    State.WAITING: Outbox.due_at.is_not(None),
    State.SENT: Outbox.done_at.is_not(None),
    State.GIVEN_UP: Outbox.given_up_at.is_not(None),
}
_TROUBLED = Outbox.done_at.is_(None) & (Outbox.given_up_at.is_not(None) | (Outbox.attempts > 0))


class PostService:
    """`POST_KEEP` is needed in the branch of a parcel's unit; for one without, in the whole house."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def parcels(
        self,
        actor: Actor,
        *,
        state: State | None = None,
        search: str = "",
        page: int = 1,
        size: int = PAGE_SIZE,
    ) -> ParcelPage:
        """Parcels in that state; with None what could not be delivered so far: given up, or tried in vain.
        `search`: a part of address, title, reason or of what it is about."""
        require_anywhere(actor, Permission.POST_KEEP)
        size = min(max(size, 1), PAGE_SIZE_MAX)
        o = Outbox
        query = _shown().where(_TROUBLED if state is None else _STATES[state], _branch(actor))
        if search:
            columns = (o.address, o.title, o.last_error, o.about)
            query = query.where(or_(*(one.icontains(search, autoescape=True) for one in columns)))
        rows = query.order_by(o.given_up_at.is_(None), o.id.desc()).offset(offset_of(page, size)).limit(size)
        counted = query.with_only_columns(func.count(), maintain_column_froms=True)
        async with self._db.reading() as tx:
            total = await tx.scalar(counted) or 0
            found = [ParcelView(*row) for row in await tx.execute(rows)]
        return ParcelPage(found, total, page, size)

    async def send_again(self, actor: Actor, parcel_id: int) -> None:
        """At once, and with all tries before it. Raises ParcelUnknown, ParcelSent."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            parcel, path = await _kept(tx, actor, parcel_id)
            await outbox.send_again(tx, now, Outbox.id == parcel.id)
            record(tx, actor, "post:parcel:again", "parcel", parcel.id, now, path=path, kind=parcel.kind)

    async def give_up(self, actor: Actor, parcel_id: int, reason: str = "") -> None:
        """Try no more. `reason` stands in place of what the receiver said. Raises ParcelUnknown, ParcelSent,
        ParcelGivenUp."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            parcel, path = await _kept(tx, actor, parcel_id)
            if parcel.state is State.GIVEN_UP:
                raise ParcelGivenUp
            said = " ".join(reason.split()) or parcel.last_error
            await outbox.give_up(tx, now, said, Outbox.id == parcel.id)
            record(tx, actor, "post:parcel:give_up", "parcel", parcel.id, now, path=path, kind=parcel.kind,
                   reason=said)  # fmt: skip


def _branch(actor: Actor) -> ColumnElement[bool]:
    return branch_filter(actor, Permission.POST_KEEP, UnitColumns.path)


def _shown() -> Select[*tuple[Any, ...]]:
    o = Outbox
    return select(
        o.id, o.kind, o.about, UnitColumns.name, o.address, o.title, o.attempts, o.last_error, o.made_at,
        o.due_at, o.done_at, o.given_up_at,
    ).outerjoin(*UnitColumns.of(o.unit_id))  # fmt: skip


async def _kept(tx: Tx, actor: Actor, parcel_id: int) -> tuple[ParcelView, str]:
    """A parcel of the actor's branches that was not sent, and its unit's path."""
    query = _shown().add_columns(UnitColumns.path).where(Outbox.id == parcel_id, _branch(actor))
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise ParcelUnknown
    parcel = ParcelView(*row[:-1])
    if parcel.state is State.SENT:
        raise ParcelSent
    return parcel, row[-1] or ROOT_PATH
