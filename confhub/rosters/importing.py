"""Use cases of importing people: preview a file, then apply exactly what was previewed, all or nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from confhub.access.rules import Actor, require_anywhere
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.kernel.permissions import Permission
from confhub.people.looks import LookBook
from confhub.people.models import PeopleDraftRow
from confhub.registry.errors import ImportDraftGone, PreviewStale
from confhub.registry.rules import digest, new_token
from confhub.rosters import import_store, reading, store
from confhub.rosters.columns import MEMORY
from confhub.rosters.errors import QuestionsOpen
from confhub.rosters.import_rows import PeopleRows, Tell, headings_of, quiet, read_rows
from confhub.rosters.plan import ImportChoices, PeoplePlan
from confhub.rosters.planning import Planned, plan, resolve_units
from confhub.rosters.questions import KEEP, SKIP, Questions, ask_of_reading
from confhub.rosters.values import CourseAsked, Scope
from confhub.sessions.facts import session_facts
from confhub.sessions.store import locked_unchecked, visible_view
from confhub.sheets.choices import Said, by_heading_row, by_place, over
from confhub.sheets.hidden import HiddenPart, hidden_parts, without_hidden
from confhub.sheets.reading import FileReading
from confhub.sheets.table import SheetError

DRAFT_TTL: Final = timedelta(minutes=30)
"""Time to look at a preview and to ask a colleague."""


class PeopleImportService:
    """People, and with them the rooms' lists, from CSV and XLSX. Needs `PERSON_EDIT` in the branches of the
    people, `ROSTER_EDIT` in those of the rooms."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        course: CourseAsked,
        timezone: str = "Asia/Ho_Chi_Minh",
        files: FileReading | None = None,
    ) -> None:
        """`course`: asked for the courses whose lists are filled. `timezone`: whose calendar says which
        birth dates lie in the future. `files`: the hub's one."""
        self._files = files or FileReading()
        self._db = db
        self._clock = clock
        self._course = course
        self._zone = ZoneInfo(timezone)
        self._looks = LookBook(db, clock)

    def may(self, actor: Actor) -> None:
        """Raise Forbidden unless the actor may import anybody; a door asks before it reads a file."""
        require_anywhere(actor, Permission.PERSON_EDIT)

    async def preview(
        self,
        actor: Actor,
        filename: str,
        content: bytes,
        choices: ImportChoices | None = None,
        tell: Tell = quiet,
    ) -> PeoplePlan:
        """What the file would do. Writes nothing but the draft that `apply` takes up (30 minutes).

        A file that cannot be read at all is a plan with one problem, not an exception; where it can, the
        draft is there for `revise` even if rows are wrong or questions open. Raises Forbidden,
        `ChoiceImpossible`, and where a session's or a course's list is chosen `SessionUnknown`,
        `CourseUnknown`, `AttendanceSealed`, `SessionCancelled`.
        """
        self.may(actor)
        filename = " ".join(filename.replace("\\", "/").rsplit("/", 1)[-1].split())[:NAME_MAX_CHARS]
        return await self._preview(actor, filename, content, (choices or ImportChoices()).checked(), tell)

    async def revise(
        self, actor: Actor, draft: str, choices: ImportChoices, tell: Tell = quiet
    ) -> PeoplePlan:
        """The preview of the same file anew, with other choices; `draft`: of the one before. Answers come to
        those that were given before; an empty one takes an answer back.

        Raises `ImportDraftGone`, and as `preview`.
        """
        self.may(actor)
        async with self._db.reading() as tx:
            kept = await self._draft(tx, actor, draft)
        answers = {**ImportChoices(**kept.choices).answers, **choices.answers}
        choices = replace(choices, answers={key: answer for key, answer in answers.items() if answer})
        return await self._preview(actor, kept.filename, kept.content, choices.checked(), tell)

    async def _preview(
        self, actor: Actor, filename: str, content: bytes, choices: ImportChoices, tell: Tell
    ) -> PeoplePlan:
        async with self._db.reading() as tx:
            await self._check_list(tx, actor, choices.scope)
        choices, found = await self._read(actor, filename, content, choices, tell)
        async with self._db.reading() as tx:
            await self._check_list(tx, actor, choices.scope)
            planned = await self._plan(tx, found, actor, choices, tell)
        known = [person.id for person in planned.changed if person.id is not None]
        await self._looks.told(actor, "import", known)
        if not found.first_rows:
            return _shown(filename, choices, found, planned)
        token = new_token()
        now = self._clock.now()
        d = PeopleDraftRow
        async with self._db.transaction() as tx:
            # One draft per account: a new preview replaces the old one, and bounds what is kept.
            await tx.execute(
                delete(d).where((d.expires_at <= now) | d.account_id.is_not_distinct_from(actor.account_id))
            )
            tx.add(
                d(
                    token_hash=digest(token), account_id=actor.account_id, filename=filename, content=content,
                    choices=choices.plain(), seen=planned.fingerprint(), expires_at=now + DRAFT_TTL,
                )
            )  # fmt: skip
        return _shown(filename, choices, found, planned, token)

    async def apply(self, actor: Actor, token: str, tell: Tell = quiet) -> PeoplePlan:
        """Do what the preview with this `token` showed, all or nothing.

        Raises `ImportDraftGone` (unknown, used or too old), `QuestionsOpen`, `PreviewStale` (the register or
        the list has changed since; preview again), and as `preview` for the list.
        """
        self.may(actor)
        async with self._db.reading() as tx:
            draft = await self._draft(tx, actor, token)
        choices = ImportChoices(**draft.choices)
        scope = choices.scope
        _, found = await self._read(actor, draft.filename, draft.content, choices, tell)
        async with self._db.transaction() as tx:
            await tx.alone("people.import")
            await self._draft(tx, actor, token)
            if scope is not None and scope.session_id is not None:
                await store.alone(tx, scope.session_id)
                await locked_unchecked(tx, scope.session_id)
            await self._check_list(tx, actor, scope)
            planned = await self._plan(tx, found, actor, choices, tell)
            if planned.questions.open:
                raise QuestionsOpen(count=planned.questions.open)
            if found.problems.total or planned.fingerprint() != draft.seen:
                raise PreviewStale
            now = self._clock.now()
            await import_store.write(tx, planned, scope, now, tell)
            await tx.execute(delete(PeopleDraftRow).where(PeopleDraftRow.token_hash == digest(token)))
            await MEMORY.keep(tx, actor, found.headers.values(), choices.said(), now)
            record(
                tx, actor, "people:person:import", "people", draft.filename, now,
                roster=choices.roster, session_id=choices.session_id, course_id=choices.course_id,
                added=planned.counts["added"], changed=planned.counts["changed"],
                listed=planned.counts["listed"], moved=planned.counts["moved"],
            )  # fmt: skip
        return _shown(draft.filename, choices, found, planned)

    async def _read(
        self, actor: Actor, filename: str, content: bytes, choices: ImportChoices, tell: Tell
    ) -> tuple[ImportChoices, PeopleRows]:
        """The rows; and the choices, with what this branch has said before of columns under such headings."""
        today = self._clock.now().astimezone(self._zone).date()
        tell("reading", 0, 0)
        tables = await self._files.tables(filename, content)
        keep = choices.answers.get("letters") == KEEP
        known: dict[int, Said] = {}
        hidden: tuple[HiddenPart, ...] = ()
        if not isinstance(tables, SheetError):
            hidden = hidden_parts(tables)
            if choices.answers.get("hidden") == SKIP:
                tables = without_hidden(tables)
            headings = await asyncio.to_thread(headings_of, tables, choices.said(), keep_letters=keep)
            async with self._db.reading() as tx:
                known = await MEMORY.recall(tx, actor, headings)
        chosen = over(known, choices.said())
        found = await asyncio.to_thread(read_rows, tables, today, tell, chosen, keep_letters=keep)
        found.hidden = hidden
        for sheet in known.keys() & found.headers.keys():
            found.headers[sheet] = replace(found.headers[sheet], remembered=True)
        choices = replace(choices, columns=by_place(chosen), headings=by_heading_row(chosen))
        return choices, found

    async def _plan(
        self, tx: Tx, found: PeopleRows, actor: Actor, choices: ImportChoices, tell: Tell
    ) -> Planned:
        if not found.rows:
            planned = Planned(questions=Questions(choices.answers))
            ask_of_reading(found, planned.questions)
            return planned
        today = self._clock.now().astimezone(self._zone).date()
        units = await import_store.units(tx, today)
        unit_ids = await asyncio.to_thread(resolve_units, found, units, choices)
        present = await import_store.load(tx, units, choices.scope, today)
        return await asyncio.to_thread(plan, found, unit_ids, present, actor, choices, tell)

    async def _check_list(self, tx: Tx, actor: Actor, scope: Scope | None) -> None:
        """The list may be filled, as far as it is not a matter of a single room."""
        if scope is None:
            return
        if scope.course_id is not None:
            await reading.visible_course(tx, actor, scope.course_id, self._course)
        if scope.session_id is not None:
            await visible_view(tx, actor, scope.session_id)
            (await session_facts(tx, scope.session_id)).require_unsealed()

    async def _draft(self, tx: Tx, actor: Actor, token: str) -> PeopleDraftRow:
        d = PeopleDraftRow
        draft = await tx.scalar(
            select(d)
            .where(d.token_hash == digest(token[:200]))
            .where(d.account_id.is_not_distinct_from(actor.account_id))
            .where(d.expires_at > self._clock.now())
        )
        if draft is None:
            raise ImportDraftGone(field="token")
        return draft


def _shown(
    filename: str, choices: ImportChoices, found: PeopleRows, planned: Planned, token: str = ""
) -> PeoplePlan:
    return PeoplePlan(
        filename=filename,
        choices=choices,
        rows=len(found.rows),
        counts=dict(planned.counts),
        lines={kind: tuple(lines) for kind, lines in planned.lines.items()},
        problems=tuple(found.problems.kept),
        problems_total=found.problems.total,
        token=token if not (found.problems.total or planned.questions.open) else "",
        draft=token,
        read=tuple(found.headers.values()),
        first_rows=found.first_rows,
        hidden=found.hidden,
        skipped=tuple(found.left_out.first),
        skips=dict(found.left_out.counts),
        read_as=planned.read_as,
        computed=found.computed,
        questions=tuple(planned.questions.shown(choices.page)),
        questions_page=planned.questions.page(choices.page),
        questions_pages=planned.questions.pages,
        questions_total=planned.questions.total,
        questions_open=planned.questions.open,
        questions_of_kind={str(kind): count for kind, count in planned.questions.of_kind.items()},
    )
