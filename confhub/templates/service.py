"""TemplateService: sessions kept as templates, and sessions made like others, with their agendas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select

from confhub.access.rules import Actor, branch_filter
from confhub.agenda.store import append, drafts_here, drafts_of
from confhub.agenda.values import ItemDraft
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import EndpointId, SessionId, UnitId
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.org.rules import clean_text
from confhub.scheduling.occurrences import form_of, session_like
from confhub.sessions.service import SessionService
from confhub.sessions.store import participants_of, visible_view
from confhub.sessions.values import SessionDetails, SessionInput
from confhub.sessions.values import form_of as input_of
from confhub.templates import errors
from confhub.templates.limits import TEMPLATES_MAX
from confhub.templates.models import TemplateRow
from confhub.templates.values import Template


class TemplateService:
    """Everything needs `SESSION_EDIT` at the template's unit. What a session made by one may hold is asked
    when it is made: the rights of whoever makes it count."""

    def __init__(self, db: Database, clock: Clock, sessions: SessionService) -> None:
        self._db, self._clock, self._sessions = db, clock, sessions

    async def templates(self, actor: Actor) -> list[Template]:
        """Those of the actor's branches, by unit and name."""
        async with self._db.reading() as tx:
            query = (
                select(TemplateRow, UnitColumns.name)
                .join(*UnitColumns.of(TemplateRow.unit_id))
                .where(branch_filter(actor, Permission.SESSION_EDIT, UnitColumns.path))
                .order_by(UnitColumns.path, TemplateRow.name)
            )
            found = list(await tx.execute(query))
        return [
            Template(
                row.id, row.name, row.title, UnitId(row.unit_id), unit_name, row.form["length_min"],
                len(row.agenda), row.made_at, row.made_by,
            )
            for row, unit_name in found
        ]  # fmt: skip

    async def keep(self, actor: Actor, session_id: int, name: str) -> int:
        """Keep a session that the actor may edit as a template of its unit; gives its number.
        `SessionUnknown`, `Forbidden`, `TemplateNameTaken`, `TooManyTemplates`."""
        name = clean_text(name, "name")
        async with self._db.transaction() as tx:
            view = await visible_view(tx, actor, session_id)
            if not view.may_edit:
                raise Forbidden(permission=Permission.SESSION_EDIT.value)
            await tx.alone("session templates")
            count = select(func.count()).select_from(TemplateRow).where(TemplateRow.unit_id == view.unit_id)
            if (await tx.scalar(count) or 0) >= TEMPLATES_MAX:
                raise errors.TooManyTemplates(max_count=TEMPLATES_MAX)
            if await tx.scalar(
                select(TemplateRow.id).where(TemplateRow.unit_id == view.unit_id, TemplateRow.name == name)
            ):
                raise errors.TemplateNameTaken(field="name")
            wanted = input_of(view, await participants_of(tx, session_id))
            items = await drafts_of(tx, session_id)
            row = TemplateRow(
                unit_id=view.unit_id, name=name, title=view.title, form=form_of(wanted),
                agenda=[[one.title, one.minutes, one.presenter, list(one.rooms)] for one in items],
                made_at=self._clock.now(), made_by=actor.name,
            )  # fmt: skip
            tx.add(row)
            await tx.flush()
            record(
                tx, actor, "templates:template:keep", "template", row.id, self._clock.now(),
                path=view.unit_path, name=name,
            )  # fmt: skip
            return row.id

    async def use(self, actor: Actor, template_id: int, starts_at: datetime) -> SessionDetails:
        """A new draft by the template, at that hour. `TemplateUnknown`, and what `SessionService.create`
        raises where something in it is no longer right."""
        async with self._db.reading() as tx:
            row, _ = await _found(tx, actor, template_id)
            wanted = session_like(row.form, UnitId(row.unit_id), row.title, starts_at)
            items = [
                ItemDraft(title, minutes, presenter, tuple(map(EndpointId, rooms)))
                for title, minutes, presenter, rooms in row.agenda
            ]
        return await self._made(actor, wanted, items)

    async def copy(self, actor: Actor, session_id: SessionId, starts_at: datetime) -> SessionDetails:
        """A new draft like a session that the actor sees, at another hour, with its agenda; documents stay
        where they are. As `use`, and `SessionUnknown`."""
        wanted = replace(await self._sessions.form(actor, session_id), starts_at=starts_at)
        async with self._db.reading() as tx:
            items = await drafts_of(tx, session_id)
        return await self._made(actor, wanted, items)

    async def remove(self, actor: Actor, template_id: int) -> None:
        """Forget it; sessions made by it stay as they are. `TemplateUnknown`."""
        async with self._db.transaction() as tx:
            row, path = await _found(tx, actor, template_id)
            await tx.delete(row)
            record(
                tx, actor, "templates:template:remove", "template", row.id, self._clock.now(),
                path=path, name=row.name,
            )  # fmt: skip

    async def _made(self, actor: Actor, wanted: SessionInput, items: Sequence[ItemDraft]) -> SessionDetails:
        async def with_agenda(tx: Tx, session_id: SessionId) -> None:
            await append(tx, session_id, await drafts_here(tx, session_id, items))

        return await self._sessions.create(actor, wanted, also=with_agenda)


async def _found(tx: Tx, actor: Actor, template_id: int) -> tuple[TemplateRow, str]:
    """The template and its unit's path. `TemplateUnknown`."""
    query = (
        select(TemplateRow, UnitColumns.path)
        .join(*UnitColumns.of(TemplateRow.unit_id))
        .where(TemplateRow.id == template_id, branch_filter(actor, Permission.SESSION_EDIT, UnitColumns.path))
    )
    found = (await tx.execute(query)).one_or_none()
    if found is None:
        raise errors.TemplateUnknown
    return found[0], found[1]
