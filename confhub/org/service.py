"""Use cases of the tree: look at it, add, rename, move and retire units."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date

from sqlalchemy import or_, select

from confhub.access.rules import ROOT_PATH, Actor, below, branch_filter, require
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import UnitId
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.org import store
from confhub.org.dissolved import Calendar, check_standing
from confhub.org.errors import CodeTaken, DatesReversed, UnitNotEmpty
from confhub.org.events import UnitChanged
from confhub.org.models import TierRow, UnitRow
from confhub.org.rules import clean_code, clean_draft, clean_text, tree_order
from confhub.org.values import Tier, Unit, UnitDraft

Occupied = Callable[[Tx, str], Awaitable[bool]]


async def _never(_tx: Tx, _path: str) -> bool:
    return False


class OrgService:
    """The tree. Tells UnitChanged."""

    def __init__(
        self, db: Database, clock: Clock, occupied: Occupied = _never, timezone: str = "Asia/Ho_Chi_Minh"
    ) -> None:
        """`occupied(tx, path)`: whether something in use hangs in this branch besides units.

        The program hands in `registry.service.endpoints_in_use`; the tree itself knows no endpoint.
        """
        self._db = db
        self._clock = clock
        self._calendar = Calendar(clock, timezone)
        self._occupied = occupied

    async def tiers(self, actor: Actor) -> list[Tier]:
        """All tiers by rank. Names of tiers are no secret: any actor may ask."""
        async with self._db.reading() as tx:
            return list((await store.tiers_by_id(tx)).values())

    async def add_tier(self, actor: Actor, code: str, name: str, name_en: str, rank: int) -> Tier:
        """Add a tier; needs `UNIT_EDIT` over the whole house. Raises `CodeTaken`."""
        require(actor, Permission.UNIT_EDIT, ROOT_PATH)
        row = TierRow(
            code=clean_code(code),
            name=clean_text(name, "name"),
            name_en=clean_text(name_en, "name_en"),
            rank=rank,
        )
        async with self._db.transaction() as tx:
            await tx.alone("org.unit")
            if await tx.scalar(select(TierRow.id).where(TierRow.code == row.code)):
                raise CodeTaken(field="code", value=row.code)
            tx.add(row)
            await tx.flush()
            record(tx, actor, "org:tier:add", "tier", row.id, self._clock.now(), code=row.code, name=row.name)
            return store.tier_of(row)

    async def tree(self, actor: Actor, on: date | None = None) -> list[Unit]:
        """The units that the actor may see, parents before children, siblings in Vietnamese order.

        With `on`, only those that exist on that day.
        """
        query = select(UnitRow).where(branch_filter(actor, Permission.UNIT_VIEW, UnitRow.path))
        if on is not None:
            query = query.where(
                or_(UnitRow.valid_from.is_(None), UnitRow.valid_from <= on),
                or_(UnitRow.valid_to.is_(None), UnitRow.valid_to >= on),
            )
        async with self._db.reading() as tx:
            tiers = await store.tiers_by_id(tx)
            rows = (await tx.scalars(query)).all()
        return tree_order(((store.unit_of(row), row.sort_key) for row in rows), tiers)

    async def unit(self, actor: Actor, unit_id: UnitId) -> Unit:
        """One unit; raises `UnitNotFound` when it is not there or outside the actor's branches."""
        async with self._db.reading() as tx:
            return await store.visible_unit(tx, actor, unit_id)

    async def create_unit(self, actor: Actor, draft: UnitDraft) -> Unit:
        """Add a unit below its parent; needs `UNIT_EDIT` at the parent (the whole house for a root).

        Raises `UnitNotFound`, `Forbidden`, `UnitDissolved`, `CodeTaken`, and what is wrong with the fields.
        """
        draft = clean_draft(draft)
        async with self._db.transaction() as tx:
            await tx.alone("org.unit")
            await _editable_parent(tx, actor, draft.parent_id)
            path = await store.check_place(tx, draft)
            await self._check_parent_stands(tx, draft)
            await _check_code_free(tx, draft.code, None)
            row = await store.add_row(tx, draft, path)
            record(tx, actor, "org:unit:add", "unit", row.id, self._clock.now(), path=row.path,
                   code=row.code, name=row.name)  # fmt: skip
            tx.tell(UnitChanged(UnitId(row.id)))
            return store.unit_of(row)

    async def update_unit(
        self, actor: Actor, unit_id: UnitId, draft: UnitDraft, *, seen: str | None = None
    ) -> Unit:
        """Change a unit; a new parent moves the whole branch. `seen`: see `kernel.versions`.

        Needs `UNIT_EDIT` at the unit and, to move it, at both parents. A last day that is set or brought
        forward ends the unit as `retire_unit` does: raises `UnitNotEmpty`.
        """
        draft = clean_draft(draft)
        async with self._db.transaction() as tx:
            await tx.alone("org.unit")
            row = await _editable(tx, actor, unit_id)
            before = store.unit_of(row)
            check_seen(seen, before.draft)
            if draft.parent_id != before.parent_id:
                require(actor, Permission.UNIT_EDIT, await store.parent_path(tx, before.parent_id))
                await _editable_parent(tx, actor, draft.parent_id)
                await self._check_parent_stands(tx, draft)
            path = await store.check_place(tx, draft, row.path)
            await _check_code_free(tx, draft.code, row.id)
            if draft.valid_to is not None and (before.valid_to is None or draft.valid_to < before.valid_to):
                await self._check_empty(tx, row, draft.valid_to, "valid_to")
            store.set_texts(row, draft.code, draft.name)
            row.tier_id, row.valid_from, row.valid_to = draft.tier_id, draft.valid_from, draft.valid_to
            if draft.parent_id != before.parent_id:
                await store.move(tx, row, draft.parent_id, path)
            await tx.flush()
            after = store.unit_of(row)
            record(tx, actor, "org:unit:change", "unit", row.id, self._clock.now(), path=row.path,
                   changes=_differences(before, after))  # fmt: skip
            tx.tell(UnitChanged(UnitId(row.id)))
            return after

    async def retire_unit(self, actor: Actor, unit_id: UnitId, last_day: date) -> Unit:
        """Close a unit: `last_day` is its last. Raises `UnitNotEmpty` while units that live on after
        that day, or endpoints in use, hang below it."""
        async with self._db.transaction() as tx:
            await tx.alone("org.unit")
            row = await _editable(tx, actor, unit_id)
            if row.valid_from is not None and last_day < row.valid_from:
                raise DatesReversed(field="last_day")
            await self._check_empty(tx, row, last_day, "last_day")
            row.valid_to = last_day
            record(tx, actor, "org:unit:retire", "unit", row.id, self._clock.now(), path=row.path,
                   last_day=last_day)  # fmt: skip
            tx.tell(UnitChanged(UnitId(row.id)))
            return store.unit_of(row)

    async def _check_parent_stands(self, tx: Tx, draft: UnitDraft) -> None:
        """Raise `UnitDissolved` where the unit would live on below one that is dissolved."""
        if draft.parent_id is None:
            return
        parent = store.unit_of(await tx.get_one(UnitRow, draft.parent_id))
        if parent.valid_to is None or (draft.valid_to is not None and draft.valid_to <= parent.valid_to):
            return
        await check_standing(tx, parent, self._calendar.today(), "parent_id")

    async def _check_empty(self, tx: Tx, row: UnitRow, last_day: date, field: str) -> None:
        """Raise `UnitNotEmpty` while units that live on after that day, or endpoints in use, hang below it:
        whichever way the unit ends, its rooms would vanish from every session."""
        living = await tx.scalar(
            select(UnitRow.id)
            .where(below(row.path, UnitRow.path), UnitRow.id != row.id)
            .where(or_(UnitRow.valid_to.is_(None), UnitRow.valid_to > last_day))
            .limit(1)
        )
        if living is not None or await self._occupied(tx, row.path):
            raise UnitNotEmpty(field=field)


async def _editable(tx: Tx, actor: Actor, unit_id: UnitId) -> UnitRow:
    row = await store.visible_row(tx, actor, unit_id)
    require(actor, Permission.UNIT_EDIT, row.path)
    return row


async def _editable_parent(tx: Tx, actor: Actor, parent_id: UnitId | None) -> None:
    if parent_id is not None:
        await store.visible_row(tx, actor, parent_id)
    require(actor, Permission.UNIT_EDIT, await store.parent_path(tx, parent_id))


async def _check_code_free(tx: Tx, code: str, own_id: int | None) -> None:
    holder = await tx.scalar(select(UnitRow.id).where(UnitRow.code == code))
    if holder is not None and holder != own_id:
        raise CodeTaken(field="code", value=code)


def _differences(before: Unit, after: Unit) -> dict[str, list[object]]:
    fields = ("code", "name", "tier_id", "parent_id", "valid_from", "valid_to")
    return {
        field: [getattr(before, field), getattr(after, field)]
        for field in fields
        if getattr(before, field) != getattr(after, field)
    }
