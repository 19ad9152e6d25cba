"""Reading and writing check-in's tables inside somebody's transaction; no rights checked."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, exists, false, func, select, update

from confhub.checkin.models import (
    CheckinPolicy,
    DerivedState,
    HeadCount,
    PersonEvent,
    PersonPresence,
    PhoneTrace,
    PresencePrompt,
    UndoneEvent,
    UndoneHeads,
)
from confhub.checkin.values import Asked, OpenPrompt, Policy, Way
from confhub.db.database import Tx
from confhub.rosters.published import ListedColumns
from confhub.sessions.published import SessionColumns

IDS_AT_ONCE: Final = 500
"""Ids in one IN list: SQLite takes 32,766 parameters; 500 plan quickly."""

_SECRET_BYTES: Final = 32


async def policy_of(tx: Tx, session_id: int) -> Policy:
    """How the session is checked in; the defaults where nobody chose. Makes no row."""
    row = await tx.get(CheckinPolicy, session_id)
    return Policy() if row is None else policy_from(row)


def policy_from(row: Any) -> Policy:
    """The frozen value of a row."""
    return Policy(
        ways=tuple(Way(name) for name in row.ways.split(",") if name),
        scan_margin_s=row.scan_margin_s,
        guests=row.guests,
        prompts=row.prompts,
        prompts_count=row.prompts_count,
        complete_percent=row.complete_percent,
        unconnected_counts=row.unconnected_counts,
        secret=row.secret,
    )


async def write_policy(tx: Tx, session_id: int, policy: Policy) -> Policy:
    """Store the policy; a secret that stands is kept, a missing one is drawn."""
    row = await tx.get(CheckinPolicy, session_id)
    if row is None:
        await secret_of(tx, session_id)
        row = await tx.get_one(CheckinPolicy, session_id)
    row.ways = ",".join(way.value for way in policy.ways)
    row.scan_margin_s, row.guests = policy.scan_margin_s, policy.guests
    row.prompts, row.prompts_count = policy.prompts, policy.prompts_count
    row.complete_percent, row.unconnected_counts = policy.complete_percent, policy.unconnected_counts
    await tx.flush()
    return policy_from(row)


async def secret_of(tx: Tx, session_id: int) -> str:
    """What the rooms' codes are made from; drawn at the first need."""
    defaults = Policy()
    await tx.execute(
        tx.upsert(CheckinPolicy)
        .values(
            session_id=session_id,
            ways=",".join(way.value for way in defaults.ways),
            scan_margin_s=defaults.scan_margin_s,
            guests=defaults.guests,
            prompts=defaults.prompts,
            prompts_count=defaults.prompts_count,
            complete_percent=defaults.complete_percent,
            unconnected_counts=defaults.unconnected_counts,
            secret=secrets.token_hex(_SECRET_BYTES),
        )
        .on_conflict_do_nothing()
    )
    found = await tx.scalar(select(CheckinPolicy.secret).where(CheckinPolicy.session_id == session_id))
    assert found is not None, "the row was made just now, or stood there"
    return found


async def prompts_of(tx: Tx, session_id: int) -> list[OpenPrompt]:
    """Every prompt of the session, those ahead as well: shown to nobody before they open."""
    p = PresencePrompt
    query = select(p.id, p.opens_at, p.closes_at).where(p.session_id == session_id).order_by(p.opens_at, p.id)
    return [OpenPrompt(*row) for row in await tx.execute(query)]


def open_prompt(prompts: Iterable[OpenPrompt], at: datetime) -> OpenPrompt | None:
    """The prompt that is open at `at`; of several the newest."""
    found = None
    for prompt in prompts:
        if prompt.opens_at <= at < prompt.closes_at:
            found = prompt
    return found


def asked_by(prompts: Iterable[OpenPrompt], at: datetime, *, counts: bool) -> Asked | None:
    """The newest prompt that people can still answer. `counts`: unanswered ones take minutes."""
    newest = max((one for one in prompts if one.opens_at <= at), key=lambda one: one.opens_at, default=None)
    if newest is None or not (counts or at < newest.closes_at):
        return None
    return Asked(newest.opens_at, newest.closes_at, counts)


async def asked(tx: Tx, session_id: int, at: datetime) -> Asked | None:
    """As `asked_by`, by what is stored."""
    prompts = await prompts_of(tx, session_id)
    return asked_by(prompts, at, counts=(await policy_of(tx, session_id)).prompts_count) if prompts else None


async def unanswered(tx: Tx, session_id: int, at: datetime) -> dict[int, int]:
    """Room → people of its list who are checked in and have not answered what is asked; rooms with any."""
    found = await asked(tx, session_id, at)
    if found is None:
        return {}
    a = ListedColumns
    query = select(a.endpoint_id, func.count()).where(
        a.session_id == session_id, a.state == "in", a.state_at < found.opens_at
    )
    return {row[0]: row[1] for row in await tx.execute(query.group_by(a.endpoint_id))}


async def add_events(tx: Tx, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Insert the person events that are not there yet; gives the keys of the new ones."""
    return await _add(tx, PersonEvent, rows)


async def add_heads(tx: Tx, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Insert the head counts that are not there yet; gives the keys of the new ones."""
    return await _add(tx, HeadCount, rows)


async def _add(tx: Tx, model: Any, rows: Sequence[dict[str, Any]]) -> set[str]:
    if not rows:
        return set()
    return {row.key for row in await tx.rows(tx.only_new(model, model.__table__.c.key), rows)}


async def mark_stale(tx: Tx, session_ids: Iterable[int]) -> None:
    """What was derived of these sessions no longer stands."""
    d = DerivedState
    await tx.execute(
        update(d)
        .where(d.session_id.in_(list(session_ids)), d.stale == false())
        .values(stale=True)
        .execution_options(synchronize_session=False)
    )


async def mark_people_stale(tx: Tx, attendee_ids: Iterable[int]) -> None:
    """What was derived of these people no longer stands, where the attendance is not closed."""
    p, s = PersonPresence, SessionColumns
    query = select(p.session_id).join(*s.of(p.session_id)).distinct()
    open_ = query.where(p.attendee_id.in_(list(attendee_ids)), s.sealed_at.is_(None))
    await mark_stale(tx, list(await tx.scalars(open_)))


async def forget_likeness(tx: Tx, before: datetime) -> None:
    """Empty the marks of phones' addresses and browsers older than that; their check-ins stay."""
    t = PhoneTrace
    await tx.execute(
        update(t)
        .where(t.at < before, (t.network != "") | (t.browser != ""))
        .values(network="", browser="")
        .execution_options(synchronize_session=False)
    )


def stands() -> Any:
    """Condition on `PersonEvent`: nobody has taken it back."""
    return ~exists().where(UndoneEvent.event_id == PersonEvent.id)


def heads_stand(heads: Any = HeadCount) -> Any:
    """Condition on `HeadCount`, or an alias of it: nobody has taken it back."""
    return ~exists().where(UndoneHeads.head_id == heads.id)


def among(column: Any, name: str) -> Any:
    """Condition of a statement that is made once: the column is one of those that `name` stands for."""
    return column.in_(bindparam(name, expanding=True))


def parts(ids: Iterable[Any]) -> Iterable[list[Any]]:
    """The ids in lists that fit a statement. The last one stands several times, up to a power of two: with
    lists of every length a statement would be planned anew for each."""
    wanted = list(ids)
    for start in range(0, len(wanted), IDS_AT_ONCE):
        part = wanted[start : start + IDS_AT_ONCE]
        yield part + part[-1:] * ((1 << (len(part) - 1).bit_length()) - len(part))
