"""WebhookService: addresses of other systems, in branches of the tree."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from confhub.access.rules import Actor
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import UnitId
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.post import outbox
from confhub.post.published import ParcelColumns
from confhub.scheduling.room_settings import unit_path
from confhub.webhooks import errors
from confhub.webhooks.addresses import Bounds
from confhub.webhooks.limits import HOOKS_MAX, ROTATION
from confhub.webhooks.models import HookRow
from confhub.webhooks.telling import WEBHOOK, about_of, draft_of
from confhub.webhooks.values import TEST, Hook, HookDraft, Topic

_SECRET_BYTES: Final = 32
OFF: Final = "The webhook is switched off"


@dataclass(frozen=True, slots=True)
class Made:
    """A webhook's number and its secret, which is shown this once."""

    id: int
    secret: str


class WebhookService:
    """All of it asks for the right to edit sessions of the unit: what is told is what happens to them."""

    def __init__(self, db: Database, clock: Clock, bounds: Bounds) -> None:
        self._db, self._clock, self._bounds = db, clock, bounds

    async def list(self, actor: Actor, unit_id: UnitId) -> tuple[Hook, ...]:
        """The unit's own, in order. NotFound, Forbidden."""
        async with self._db.reading() as tx:
            await unit_path(tx, actor, unit_id, Permission.SESSION_EDIT)
            rows = (
                await tx.scalars(select(HookRow).where(HookRow.unit_id == unit_id).order_by(HookRow.id))
            ).all()
            return tuple(await _hooks(tx, rows))

    async def get(self, actor: Actor, unit_id: UnitId, hook_id: int) -> Hook:
        """One. NotFound, Forbidden, HookUnknown."""
        async with self._db.reading() as tx:
            await unit_path(tx, actor, unit_id, Permission.SESSION_EDIT)
            (found,) = await _hooks(tx, [await _row(tx, unit_id, hook_id)])
            return found

    async def add(self, actor: Actor, unit_id: UnitId, draft: HookDraft) -> Made:
        """A new address; what happens from now on is told. NotFound, Forbidden, UrlInvalid, UrlInside,
        TopicsMissing, TooManyHooks."""
        now, secret = self._clock.now(), _secret()
        async with self._db.transaction() as tx:
            await tx.alone(f"webhooks.{unit_id}")
            path = await unit_path(tx, actor, unit_id, Permission.SESSION_EDIT)
            self._check(draft)
            count = await tx.scalar(select(func.count()).where(HookRow.unit_id == unit_id)) or 0
            if count >= HOOKS_MAX:
                raise errors.TooManyHooks(max_count=HOOKS_MAX)
            row = HookRow(
                unit_id=unit_id, url=draft.url, topics=_topics(draft), active=draft.active, secret=secret,
                since=now, looked_at=now,
            )  # fmt: skip
            tx.add(row)
            await tx.flush()
            record(tx, actor, "webhooks:webhook:add", "unit", unit_id, now, path=path, number=row.id,
                   url=row.url, topics=row.topics)  # fmt: skip
            return Made(row.id, secret)

    async def change(
        self, actor: Actor, unit_id: UnitId, hook_id: int, draft: HookDraft, *, seen: str | None = None
    ) -> None:
        """Another address, other topics, on or off. Switched off, what waits is given up, and what happens
        meanwhile is not told. `seen`: see `kernel.versions`. Raises as `add`, HookUnknown,
        ChangedMeanwhile."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tx.alone(f"webhooks.{unit_id}")
            path = await unit_path(tx, actor, unit_id, Permission.SESSION_EDIT)
            row = await _row(tx, unit_id, hook_id)
            before = draft_of_row(row)
            check_seen(seen, before)
            self._check(draft)
            if draft.active and not row.active:
                row.since = row.looked_at = now
            if row.active and not draft.active:
                await outbox.give_up(tx, now, OFF, _about(hook_id))
            row.url, row.topics, row.active = draft.url, _topics(draft), draft.active
            record(tx, actor, "webhooks:webhook:change", "unit", unit_id, now, path=path, number=row.id,
                   url=row.url, topics=row.topics, active=row.active)  # fmt: skip

    async def rotate(self, actor: Actor, unit_id: UnitId, hook_id: int) -> Made:
        """A new secret; for a day the one before signs as well. NotFound, Forbidden, HookUnknown."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tx.alone(f"webhooks.{unit_id}")
            path = await unit_path(tx, actor, unit_id, Permission.SESSION_EDIT)
            row = await _row(tx, unit_id, hook_id)
            row.old_secret, row.old_until, row.secret = row.secret, now + ROTATION, _secret()
            record(tx, actor, "webhooks:webhook:rotate", "unit", unit_id, now, path=path, number=row.id)
            return Made(row.id, row.secret)

    async def test(self, actor: Actor, unit_id: UnitId, hook_id: int) -> None:
        """Send something that says that it is a test. NotFound, Forbidden, HookUnknown, HookOff."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            path = await unit_path(tx, actor, unit_id, Permission.SESSION_EDIT)
            row = await _row(tx, unit_id, hook_id)
            if not row.active:
                raise errors.HookOff
            key = f"{row.id}:{TEST}:{secrets.token_hex(8)}"
            data: dict[str, Any] = {"webhook_id": row.id, "unit_id": unit_id}
            await outbox.put(tx, WEBHOOK, [draft_of(row, key, TEST, now, data)], now)
            record(tx, actor, "webhooks:webhook:test", "unit", unit_id, now, path=path, number=row.id)

    async def remove(self, actor: Actor, unit_id: UnitId, hook_id: int) -> None:
        """Nothing more goes there, and what waits is forgotten. NotFound, Forbidden, HookUnknown."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tx.alone(f"webhooks.{unit_id}")
            path = await unit_path(tx, actor, unit_id, Permission.SESSION_EDIT)
            row = await _row(tx, unit_id, hook_id)
            await outbox.forget(tx, _about(hook_id))
            await tx.delete(row)
            record(tx, actor, "webhooks:webhook:remove", "unit", unit_id, now, path=path, number=row.id,
                   url=row.url)  # fmt: skip

    def _check(self, draft: HookDraft) -> None:
        self._bounds.check(draft.url)
        if not draft.topics:
            raise errors.TopicsMissing(field="topics")


def draft_of_row(row: HookRow) -> HookDraft:
    """What can be changed of it."""
    return HookDraft(row.url, tuple(Topic(one) for one in row.topics), row.active)


def draft_of_hook(hook: Hook) -> HookDraft:
    """The same of what was read."""
    return HookDraft(hook.url, hook.topics, hook.active)


def _topics(draft: HookDraft) -> list[str]:
    return [one.value for one in Topic if one in draft.topics]


def _about(hook_id: int) -> Any:
    return (ParcelColumns.kind == WEBHOOK) & (ParcelColumns.about == about_of(hook_id))


async def _row(tx: Tx, unit_id: UnitId, hook_id: int) -> HookRow:
    row = await tx.get(HookRow, hook_id)
    if row is None or row.unit_id != unit_id:
        raise errors.HookUnknown
    return row


async def _hooks(tx: Tx, rows: Sequence[HookRow]) -> list[Hook]:
    p = ParcelColumns
    query = (
        select(p.about, func.count(p.due_at), func.count(p.given_up_at))
        .where(p.kind == WEBHOOK, p.about.in_([about_of(row.id) for row in rows]), p.done_at.is_(None))
        .group_by(p.about)
    )
    counts = {row[0]: (row[1], row[2]) for row in await tx.execute(query)}
    found = []
    for row in rows:
        waiting, given_up = counts.get(about_of(row.id), (0, 0))
        last = ""
        if waiting or given_up:
            said = select(p.last_error).where(_about(row.id), p.done_at.is_(None), p.last_error != "")
            last = await tx.scalar(said.order_by(p.made_at.desc()).limit(1)) or ""
        draft = draft_of_row(row)
        found.append(Hook(row.id, row.url, draft.topics, row.active, row.old_until, waiting, given_up, last))
    return found


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
