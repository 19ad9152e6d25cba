"""Use cases of the import: preview a file, then apply exactly what was previewed, all or nothing."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import asdict, replace
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
from confhub.registry.columns import FIELDS, MEMORY
from confhub.registry.errors import ChoiceImpossible, ImportDraftGone, PreviewStale
from confhub.registry.events import EndpointChanged
from confhub.registry.import_rows import Wishes, headings_of, read_wishes
from confhub.registry.models import ImportDraftRow
from confhub.registry.plan import ImportPlan
from confhub.registry.planning import Planned, Present, plan
from confhub.registry.rules import digest, new_token
from confhub.sheets.choices import ReadingChoices, Said, by_heading_row, by_place, over
from confhub.sheets.errors import HiddenOpen, LettersOpen
from confhub.sheets.hidden import SKIP, HiddenPart, hidden_parts, without_hidden
from confhub.sheets.preview import Problems
from confhub.sheets.reading import FileReading
from confhub.sheets.table import SheetError

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
        self,
        actor: Actor,
        filename: str,
        content: bytes,
        *,
        complete: bool = False,
        choices: ReadingChoices | None = None,
    ) -> ImportPlan:
        """What the file would do. Writes nothing but the draft that `apply` takes up (30 minutes).

        `complete`: the file is the whole of the actor's branches, so that what it does not name is retired.
        A file that cannot be read at all is a plan with one problem, not an exception; where it can, the
        draft is there for `revise` even if rows are wrong. Raises Forbidden, `ChoiceImpossible`.
        """
        self.may(actor)
        filename = " ".join(filename.replace("\\", "/").rsplit("/", 1)[-1].split())[:NAME_MAX_CHARS]
        choices = choices or ReadingChoices()
        if any(name not in ("", *FIELDS) for name in choices.columns.values()):
            raise ChoiceImpossible(field="columns")
        choices, wishes, problems = await self._read(actor, filename, content, choices)
        async with self._db.reading() as tx:
            present = await import_store.load(tx)
        planned = await asyncio.to_thread(self._plan, wishes, present, actor, problems, complete)
        if not wishes.first_rows:
            return _shown(filename, choices, wishes, planned, problems)
        token = new_token()
        await self._keep_draft(actor, token, filename, content, complete, choices, _fingerprint(planned))
        return _shown(filename, choices, wishes, planned, problems, token)

    async def revise(
        self, actor: Actor, draft: str, choices: ReadingChoices, *, complete: bool = False
    ) -> ImportPlan:
        """The preview of the same file, read in another way; `draft`: of the one before.

        Raises `ImportDraftGone`, and as `preview`.
        """
        self.may(actor)
        async with self._db.reading() as tx:
            kept = await self._draft(tx, actor, draft)
        return await self.preview(actor, kept.filename, kept.content, complete=complete, choices=choices)

    async def apply(self, actor: Actor, token: str) -> ImportPlan:
        """Do what the preview with this `token` showed, all or nothing.

        Raises `ImportDraftGone` (unknown, used or too old), `LettersOpen` (nothing was said of texts in an
        old font), `HiddenOpen` (nor of what is hidden), `PreviewStale` (the tree has changed
        since; preview again).
        """
        self.may(actor)
        async with self._db.reading() as tx:
            draft = await self._draft(tx, actor, token)
        choices = ReadingChoices(**draft.choices)
        choices, wishes, problems = await self._read(actor, draft.filename, draft.content, choices)
        if wishes.letters is not None and not choices.letters:
            raise LettersOpen(field="letters", old=wishes.letters.name)
        if wishes.hidden and not choices.hidden:
            raise HiddenOpen(field="hidden")
        async with self._db.transaction() as tx:
            await tx.alone("org.unit")
            await tx.alone("registry.endpoint")
            await self._draft(tx, actor, token)
            present = await import_store.load(tx)
            planned = await asyncio.to_thread(self._plan, wishes, present, actor, problems, draft.complete)
            if problems.total or _fingerprint(planned) != draft.seen:
                raise PreviewStale
            now = self._clock.now()
            writer = import_store.Writer(tx, actor, present, now, draft.filename)
            await writer.write(planned.actions)
            await tx.execute(delete(ImportDraftRow).where(ImportDraftRow.token_hash == digest(token)))
            await MEMORY.keep(tx, actor, wishes.read, choices.said(), now)
            tx.tell(UnitChanged())
            tx.tell(EndpointChanged())
        return _shown(draft.filename, choices, wishes, planned, problems)

    async def _read(
        self, actor: Actor, filename: str, content: bytes, choices: ReadingChoices
    ) -> tuple[ReadingChoices, Wishes, Problems]:
        """The rows; and the choices, with what this branch has said before of columns under such headings."""
        tables = await self._files.tables(filename, content)
        keep = choices.letters == "keep"
        known: dict[int, Said] = {}
        hidden: tuple[HiddenPart, ...] = ()
        if not isinstance(tables, SheetError):
            hidden = hidden_parts(tables)
            if choices.hidden == SKIP:
                tables = without_hidden(tables)
            headings = await asyncio.to_thread(headings_of, tables, choices.said(), keep_letters=keep)
            async with self._db.reading() as tx:
                known = await MEMORY.recall(tx, actor, headings)
        chosen = over(known, choices.said())
        wishes, problems = await asyncio.to_thread(read_wishes, tables, chosen, keep_letters=keep)
        wishes.hidden = hidden
        wishes.read = [replace(one, remembered=one.sheet in known) for one in wishes.read]
        choices = replace(choices, columns=by_place(chosen), headings=by_heading_row(chosen))
        return choices, wishes, problems

    def _plan(
        self, wishes: Wishes, present: Present, actor: Actor, problems: Problems, complete: bool
    ) -> Planned:
        today = self._clock.now().astimezone(self._zone).date()
        return plan(wishes, present, actor, today, problems, complete=complete)

    async def _keep_draft(
        self,
        actor: Actor,
        token: str,
        filename: str,
        content: bytes,
        complete: bool,
        choices: ReadingChoices,
        seen: str,
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
                    choices=asdict(choices),
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
    filename: str,
    choices: ReadingChoices,
    wishes: Wishes,
    planned: Planned,
    problems: Problems,
    token: str = "",
) -> ImportPlan:
    shown = ImportPlan(
        filename=filename,
        lines=tuple(action.line for action in planned.actions),
        unchanged=planned.unchanged,
        problems=tuple(problems.kept),
        problems_total=problems.total,
        draft=token,
        choices=choices,
        read=tuple(wishes.read),
        first_rows=wishes.first_rows,
        letters=wishes.letters,
        hidden=wishes.hidden,
        computed=wishes.computed,
        ended=len(planned.ended),
        ended_on=max(planned.ended, default=None),
        ignored=tuple(wishes.ignored),
        skipped=tuple(wishes.left_out.first),
        skips=dict(wishes.left_out.counts),
    )
    return shown if problems.total or shown.letters_open or shown.hidden_open else replace(shown, token=token)
