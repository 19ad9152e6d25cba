"""The worker: takes what is due out of the outbox, hands it to who sends it, and notes what became of it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

import structlog
from sqlalchemy import or_, select, update

from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.post.models import Outbox
from confhub.post.rules import back_then, next_try
from confhub.post.values import Fate, Outcome, Parcel, Sender

log = structlog.get_logger(__name__)

RUN_S: Final = 8.0
"""How long one run goes on handing out; the next one goes on."""
LEASE_OVER: Final = timedelta(minutes=1)
"""A lease outlives the longest try by so much: enough to note what became of it."""
ERROR_MAX_CHARS: Final = 300

_SPACE: Final = UUID("0a6f2b52-93a6-5b0b-8d6f-0d2b7f2f6c11")
"""The namespace of parcels' names."""


@dataclass(frozen=True, slots=True)
class _Carrier:
    sender: Sender
    at_once: int
    longest_s: float


class Post:
    """One worker for all kinds. Several hubs may run one each: what one has in hand, no other one takes."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self._holder = secrets.token_hex(8)
        self._carriers: dict[str, _Carrier] = {}

    def carry(self, kind: str, sender: Sender, *, at_once: int = 1, longest_s: float = 300.0) -> None:
        """From now on parcels of this kind go by that sender, so many in one try, which is broken off after
        `longest_s`. Kinds that nobody carries wait."""
        self._carriers[kind] = _Carrier(sender, at_once, longest_s)

    async def send_due(self, kind: str) -> int:
        """The clock's servant: hand out what is due, for `RUN_S` at the most; how many arrived."""
        carrier = self._carriers.get(kind)
        if carrier is None:
            return 0
        arrived, until = 0, self._clock.monotonic() + RUN_S
        while parcels := await self._claim(kind, carrier):
            outcomes = await self._tried(kind, carrier, parcels)
            await self._settle(kind, parcels, outcomes)
            arrived += sum(one.fate is Fate.SENT for one in outcomes.values())
            is_away = any(one.fate is Fate.AWAY for one in outcomes.values())
            if is_away or self._clock.monotonic() >= until:
                break
        return arrived

    async def _claim(self, kind: str, carrier: _Carrier) -> list[Parcel]:
        now = self._clock.now()
        o = Outbox
        due = (
            select(o)
            .where(o.kind == kind, o.due_at <= now, or_(o.leased_until.is_(None), o.leased_until <= now))
            .order_by(o.id)
            .limit(carrier.at_once)
            .with_for_update(skip_locked=True)
        )
        lease = now + timedelta(seconds=carrier.longest_s) + LEASE_OVER
        async with self._db.transaction() as tx:
            rows = (await tx.scalars(due)).all()
            for row in rows:
                row.holder, row.leased_until = self._holder, lease
        return [
            Parcel(
                row.id,
                row.key,
                row.about,
                _split(row.address),
                row.payload,
                _name(kind, row.key, row.made_at),
            )
            for row in rows
        ]

    async def _tried(self, kind: str, carrier: _Carrier, parcels: Sequence[Parcel]) -> Mapping[int, Outcome]:
        """What became of each. What is in hand as the hub stops goes by the next one, under the same name."""
        try:
            async with asyncio.timeout(carrier.longest_s):
                return await carrier.sender(parcels)
        except TimeoutError:
            reason = f"No answer within {carrier.longest_s:g} s"
        except asyncio.CancelledError:
            broken_off = {one.id: Outcome(Fate.BROKEN_OFF) for one in parcels}
            await asyncio.shield(self._settle(kind, parcels, broken_off))
            raise
        except Exception as error:  # containment: a sender's fault costs this try only
            log.exception("parcels not sent", kind=kind)
            reason = type(error).__name__
        return {one.id: Outcome(Fate.LATER, reason) for one in parcels}

    async def _settle(self, kind: str, parcels: Sequence[Parcel], outcomes: Mapping[int, Outcome]) -> None:
        now, o = self._clock.now(), Outbox
        mine = select(o).where(o.id.in_([one.id for one in parcels]), o.holder == self._holder)
        async with self._db.transaction() as tx:
            again_at = None
            for row in await tx.scalars(mine.with_for_update()):
                row.leased_until = None
                if row.id in outcomes:
                    note(row, outcomes[row.id], now)
                    if outcomes[row.id].fate is Fate.AWAY and row.due_at is not None:
                        again_at = row.due_at if again_at is None else max(again_at, row.due_at)
            if again_at is not None:
                await tx.execute(
                    update(o)
                    .where(o.kind == kind, o.due_at < again_at)
                    .values(due_at=again_at)
                    .execution_options(synchronize_session=False)
                )


def note(row: Outbox, outcome: Outcome, now: datetime) -> None:
    """Write into the row what became of a try. What was given up meanwhile stays so, unless it arrived."""
    row.attempts += 1
    if outcome.title is not None:
        row.title = outcome.title[:NAME_MAX_CHARS]
    if outcome.left is not None:
        row.address = ", ".join(outcome.left)
    if outcome.fate is Fate.SENT:
        row.done_at, row.due_at, row.given_up_at, row.last_error = now, None, None, ""
        return
    if row.due_at is None:
        return
    if outcome.fate is Fate.BROKEN_OFF:
        row.forgiven += 1
        return
    row.last_error = outcome.reason[:ERROR_MAX_CHARS]
    if outcome.fate is Fate.AWAY:
        row.forgiven += 1
        row.due_at = back_then(row.attempts, outcome.wait_s, now)
    elif outcome.fate is Fate.LATER:
        row.due_at = next_try(row.attempts - row.forgiven, now)
    else:
        row.due_at = None
    if row.due_at is None:
        row.given_up_at = now


def _split(address: str) -> tuple[str, ...]:
    return tuple(address.split(", ")) if address else ()


def _name(kind: str, key: str, made_at: datetime) -> str:
    return str(uuid5(_SPACE, f"{kind} {key} {made_at.isoformat()}"))
