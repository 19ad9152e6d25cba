"""Putting into the outbox, and taking out of it, inside somebody's transaction; no rights checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, update

from confhub.db.database import Tx
from confhub.post.models import Outbox
from confhub.post.values import Draft

AT_ONCE: Final = 2_000
"""Rows in one statement: each holds the database's writer for some 30 ms at the most."""


async def put(tx: Tx, kind: str, drafts: Iterable[Draft], now: datetime) -> None:
    """To be sent from now on. What is there under the same key stays as it is, whatever became of it."""
    rows = [
        {
            "kind": kind,
            "key": one.key,
            "about": one.about,
            "unit_id": one.unit_id,
            "address": ", ".join(one.address),
            "title": one.title,
            "payload": dict(one.payload),
            "made_at": now,
            "due_at": now,
            "attempts": 0,
            "forgiven": 0,
            "last_error": "",
            "holder": "",
        }
        for one in drafts
    ]
    for start in range(0, len(rows), AT_ONCE):
        await tx.rows(tx.only_new(Outbox), rows[start : start + AT_ONCE])


async def take_back(tx: Tx, kind: str, keys: Collection[str]) -> set[str]:
    """Take out those of the keys that nobody tried to send yet; gives them. The others may have arrived."""
    taken: set[str] = set()
    wanted = list(keys)
    for start in range(0, len(wanted), AT_ONCE):
        untried = (
            delete(Outbox)
            .where(
                Outbox.kind == kind,
                Outbox.key.in_(wanted[start : start + AT_ONCE]),
                Outbox.attempts == 0,
                Outbox.leased_until.is_(None),
                Outbox.done_at.is_(None),
            )
            .returning(Outbox.key)
            .execution_options(synchronize_session=False)
        )
        taken.update(await tx.scalars(untried))
    return taken


async def forget(tx: Tx, *which: ColumnElement[bool]) -> None:
    """Those that `which` holds of, sent or not."""
    await tx.execute(delete(Outbox).where(*which).execution_options(synchronize_session=False))


async def hush(tx: Tx, *which: ColumnElement[bool]) -> None:
    """Empty what receivers said of them."""
    await _change(tx, *which, last_error="")


async def send_again(tx: Tx, now: datetime, *which: ColumnElement[bool]) -> int:
    """At once, and with all tries before it: what was given up, or waits, and `which` holds of; how many."""
    return await _change(
        tx,
        Outbox.done_at.is_(None),
        *which,
        due_at=now,
        given_up_at=None,
        last_error="",
        forgiven=Outbox.attempts,
    )


async def give_up(tx: Tx, now: datetime, reason: str, *which: ColumnElement[bool]) -> int:
    """Those that wait, and `which` holds of; how many. One in a hub's hand this moment may leave."""
    return await _change(
        tx, Outbox.due_at.is_not(None), *which, due_at=None, given_up_at=now, last_error=reason
    )


async def _change(tx: Tx, *which: ColumnElement[bool], **values: Any) -> int:
    changed = await tx.execute(
        update(Outbox).where(*which).values(**values).execution_options(synchronize_session=False)
    )
    return int(changed.rowcount)  # type: ignore[attr-defined]
