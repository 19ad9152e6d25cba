"""Use cases of the import: preview a file, then apply exactly what was previewed, all or nothing."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import asdict
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from confhub.access.rules import Actor, allows_anywhere
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Forbidden
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.kernel.permissions import Permission
from confhub.org.events import UnitChanged
from confhub.registry import import_store
from confhub.registry.errors import ImportDraftGone, PreviewStale
from confhub.registry.events import EndpointChanged
from confhub.registry.file_reading import FileReading
from confhub.registry.import_rows import Problems, Wishes, read_wishes
from confhub.registry.models import ImportDraftRow
from confhub.registry.plan import ImportPlan
from confhub.registry.planning import Planned, Present, plan
from confhub.registry.rules import digest, new_token

DRAFT_TTL: Final = timedelta(minutes=30)
"""Time to look at a preview of some hundred lines and to ask a colleague."""


class ImportService:
    """Units and endpoints from CSV and XLSX. Needs `UNIT_EDIT` and `ENDPOINT_EDIT` where it writes.

    Tells UnitChanged and EndpointChanged of None: anything may have changed.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        timezone: str = "Asia/Ho_Chi_Minh",
        files: FileReading | None = None,
    ) -> None:
        """`timezone`: whose calendar says which day a unit retired today ends on. `files`: the hub's one."""
        self._files = files or FileReading()
        self._db = db
        self._clock = clock
        self._zone = ZoneInfo(timezone)

    def may(self, actor: Actor) -> None:
        """Raise Forbidden unless the actor may import anything; a door asks before it reads a file."""
        if not (
            allows_anywhere(actor, Permission.UNIT_EDIT) or allows_anywhere(actor, Permission.ENDPOINT_EDIT)
        ):
            raise Forbidden(permission=Permission.ENDPOINT_EDIT.value)

    async def preview(
        self, actor: Actor, filename: str, content: bytes, *, complete: bool = False
    ) -> ImportPlan:
        """What the file would do. Writes nothing but the draft that `apply` takes up (30 minutes).

        `complete`: the file is the whole of the actor's branches, so that what it does not name is retired.
        A file that cannot be read at all is a plan with one problem, not an exception.
        """
        self.may(actor)
        filename = " ".join(filename.replace("\\", "/").rsplit("/", 1)[-1].split())[:NAME_MAX_CHARS]
        wishes, problems = await self._read(filename, content)
        async with self._db.reading() as tx:
            present = await import_store.load(tx)
        planned = await asyncio.to_thread(self._plan, wishes, present, actor, problems, complete)
        if problems.total:
            return _shown(filename, wishes, planned, problems)
        token = new_token()
        await self._keep_draft(actor, token, filename, content, complete, _fingerprint(planned))
        return _shown(filename, wishes, planned, problems, token)

    async def apply(self, actor: Actor, token: str) -> ImportPlan:
        """Do what the preview with this `token` showed, all or nothing.

        Raises `ImportDraftGone` (unknown, used or too old), `PreviewStale` (the tree has changed since;
        preview again).
        """
        self.may(actor)
        async with self._db.reading() as tx:
            draft = await self._draft(tx, actor, token)
        wishes, problems = await self._read(draft.filename, draft.content)
        async with self._db.transaction() as tx:
            await tx.alone("org.unit")
            await tx.alone("registry.endpoint")
            await self._draft(tx, actor, token)
            present = await import_store.load(tx)
            planned = await asyncio.to_thread(self._plan, wishes, present, actor, problems, draft.complete)
            if problems.total or _fingerprint(planned) != draft.seen:
                raise PreviewStale
            writer = import_store.Writer(tx, actor, present, self._clock.now(), draft.filename)
            await writer.write(planned.actions)
            await tx.execute(delete(ImportDraftRow).where(ImportDraftRow.token_hash == digest(token)))
            tx.tell(UnitChanged())
            tx.tell(EndpointChanged())
        return _shown(draft.filename, wishes, planned, problems)

    async def _read(self, filename: str, content: bytes) -> tuple[Wishes, Problems]:
        return await asyncio.to_thread(read_wishes, await self._files.tables(filename, content))

    def _plan(
        self, wishes: Wishes, present: Present, actor: Actor, problems: Problems, complete: bool
    ) -> Planned:
        today = self._clock.now().astimezone(self._zone).date()
        return plan(wishes, present, actor, today, problems, complete=complete)

    async def _keep_draft(
        self, actor: Actor, token: str, filename: str, content: bytes, complete: bool, seen: str
    ) -> None:
        now = self._clock.now()
        async with self._db.transaction() as tx:
            # One draft per account: a new preview replaces the old one, and bounds what is kept.
            await tx.execute(
                delete(ImportDraftRow).where(
                    (ImportDraftRow.expires_at <= now)
                    | ImportDraftRow.account_id.is_not_distinct_from(actor.account_id)
                )
            )
            tx.add(
                ImportDraftRow(
                    token_hash=digest(token),
                    account_id=actor.account_id,
                    filename=filename,
                    content=content,
                    complete=complete,
                    seen=seen,
                    expires_at=now + DRAFT_TTL,
                )
            )

    async def _draft(self, tx: Tx, actor: Actor, token: str) -> ImportDraftRow:
        draft = await tx.scalar(
            select(ImportDraftRow)
            .where(ImportDraftRow.token_hash == digest(token[:200]))
            .where(ImportDraftRow.account_id.is_not_distinct_from(actor.account_id))
            .where(ImportDraftRow.expires_at > self._clock.now())
        )
        if draft is None:
            raise ImportDraftGone(field="token")
        return draft


def _fingerprint(planned: Planned) -> str:
    lines = [asdict(action.line) for action in planned.actions]
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()


def _shown(
    filename: str, wishes: Wishes, planned: Planned, problems: Problems, token: str = ""
) -> ImportPlan:
    return ImportPlan(
        filename=filename,
        lines=tuple(action.line for action in planned.actions),
        unchanged=planned.unchanged,
        problems=tuple(problems.kept),
        problems_total=problems.total,
        token=token,
        ended=len(planned.ended),
        ended_on=max(planned.ended, default=None),
        ignored=tuple(wishes.ignored),
        skipped=tuple(wishes.left_out.first),
        skips=dict(wishes.left_out.counts),
    )
