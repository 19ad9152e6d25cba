"""HookTeller: what happened, as the audit trail has it, put into the outbox for those who want to know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from cachetools import LRUCache
from sqlalchemy import select, update

from confhub.access.rules import within
from confhub.audit.service import Deed, deeds_since
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.org.published import UnitColumns
from confhub.post import outbox
from confhub.post.values import Draft
from confhub.post.worker import Post
from confhub.sessions.published import SessionColumns
from confhub.sessions.values import SessionState
from confhub.webhooks.limits import KEPT_KEYS, LOOK_BACK, LOOKED_AT_ONCE
from confhub.webhooks.models import HookRow
from confhub.webhooks.values import TOLD, Topic

WEBHOOK: Final = "webhook"
"""The kind of parcels."""
_MARKED_EVERY: Final = timedelta(minutes=1)


class HookTeller:
    """Looks through the audit trail, whose entries stand in the transactions of what they name; so no use
    case tells, and none can forget to. It looks back over what may have become visible late: the outbox takes
    nothing twice."""

    def __init__(self, db: Database, clock: Clock, post: Post, home: str) -> None:
        """`home`: the hub's address."""
        self._db, self._clock, self._post, self._home = db, clock, post, home.rstrip("/")
        self._put: LRUCache[str, bool] = LRUCache(KEPT_KEYS)

    async def send_due(self) -> int:
        """The clock's servant: tell what happened, and send what is due; how many arrived."""
        await self._tell()
        return await self._post.send_due(WEBHOOK)

    async def _tell(self) -> None:
        async with self._db.reading() as tx:
            query = select(HookRow, UnitColumns.path).join(*UnitColumns.of(HookRow.unit_id))
            hooks = [(row, path) for row, path in await tx.execute(query.where(HookRow.active))]
            if not hooks:
                return
            now = self._clock.now()
            since = min(row.looked_at for row, _ in hooks) - LOOK_BACK
            deeds = await deeds_since(tx, tuple(TOLD), since, LOOKED_AT_ONCE)
            s = SessionColumns
            edited = {int(one.subject_id) for one in deeds if TOLD[one.action] is Topic.SESSION_CHANGED}
            drafts = select(s.id).where(s.id.in_(edited), s.state == SessionState.DRAFT.value)
            unsaid = set((await tx.scalars(drafts)).all()) if edited else set()
        new = [one for one in self._drafts(hooks, deeds, unsaid) if one.key not in self._put]
        until = deeds[-1].at if len(deeds) == LOOKED_AT_ONCE else now
        stale = any(until - row.looked_at >= _MARKED_EVERY for row, _ in hooks)
        if new or stale:
            async with self._db.transaction(later=True) as tx:
                await outbox.put(tx, WEBHOOK, new, now)
                mark = update(HookRow).where(HookRow.active, HookRow.looked_at < until)
                await tx.execute(mark.values(looked_at=until).execution_options(synchronize_session=False))
        self._put.update({one.key: True for one in new})

    def _drafts(
        self, hooks: Sequence[tuple[HookRow, str]], deeds: Sequence[Deed], unsaid: set[int]
    ) -> Iterator[Draft]:
        for deed in deeds:
            topic = TOLD[deed.action]
            if topic is Topic.SESSION_CHANGED and int(deed.subject_id) in unsaid:
                continue
            for row, path in hooks:
                if topic.value in row.topics and deed.at >= row.since and within(deed.path, path):
                    yield draft_of(row, f"{row.id}:{deed.id}", topic.value, deed.at, self._data(deed))

    def _data(self, deed: Deed) -> dict[str, Any]:
        """Ids alone: whoever may see more asks the API."""
        what = "series" if deed.subject == "series" else "sessions"
        unit = deed.path.rstrip("/").rpartition("/")[2]
        return {
            f"{deed.subject}_id": int(deed.subject_id),
            "unit_id": int(unit) if unit else None,
            "url": f"{self._home}/{what}/{deed.subject_id}",
        }


def draft_of(row: HookRow, key: str, kind: str, at: datetime, data: dict[str, Any]) -> Draft:
    """A parcel for that address."""
    message = {"type": kind, "timestamp": at.isoformat(), "data": data}
    return Draft(
        key, about_of(row.id), row.unit_id, (row.url,), kind, {"webhook": row.id, "message": message}
    )


def about_of(hook_id: int) -> str:
    """What its parcels are about."""
    return f"webhook:{hook_id}"
