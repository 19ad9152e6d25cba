"""Reading and writing units inside somebody's transaction; no rights checked except where named."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from confhub.access.rules import ROOT_PATH, Actor, allows, below
from confhub.db.database import Tx
from confhub.i18n.collation import sort_key
from confhub.i18n.folding import fold
from confhub.kernel.ids import TierId, UnitId
from confhub.kernel.permissions import Permission
from confhub.org.errors import TierAbove, TierNotFound, TreeTooDeep, UnitCycle, UnitNotFound
from confhub.org.models import TierRow, UnitRow
from confhub.org.rules import TREE_MAX_DEPTH, path_below
from confhub.org.values import Tier, Unit, UnitDraft


def unit_of(row: UnitRow) -> Unit:
    """The frozen value of a row."""
    return Unit(
        UnitId(row.id),
        row.code,
        row.name,
        TierId(row.tier_id),
        UnitId(row.parent_id) if row.parent_id is not None else None,
        row.path,
        row.valid_from,
        row.valid_to,
    )


def tier_of(row: TierRow) -> Tier:
    """The frozen value of a row."""
    return Tier(TierId(row.id), row.code, row.name, row.name_en, row.rank)


async def tiers_by_id(tx: Tx) -> dict[TierId, Tier]:
    """Every tier, by rank."""
    rows = await tx.scalars(select(TierRow).order_by(TierRow.rank, TierRow.id))
    return {TierId(row.id): tier_of(row) for row in rows}


async def unit_by_id(tx: Tx, unit_id: int) -> Unit:
    """The unit, which is there."""
    return unit_of(await tx.get_one(UnitRow, unit_id))


async def find_unit(tx: Tx, unit_id: int) -> Unit | None:
    """The unit, None where there is none."""
    row = await tx.get(UnitRow, unit_id)
    return None if row is None else unit_of(row)


async def units_by_id(tx: Tx, unit_ids: Iterable[int]) -> dict[int, Unit]:
    """Those of these units that are there."""
    rows = await tx.scalars(select(UnitRow).where(UnitRow.id.in_(set(unit_ids))))
    return {row.id: unit_of(row) for row in rows}


async def name_above(tx: Tx, unit_id: int) -> str:
    """The name of the unit above, empty where there is none."""
    parent = aliased(UnitRow)
    query = select(parent.name).join(UnitRow, UnitRow.parent_id == parent.id).where(UnitRow.id == unit_id)
    return await tx.scalar(query) or ""


async def visible_row(
    tx: Tx, actor: Actor, unit_id: UnitId, permission: Permission = Permission.UNIT_VIEW
) -> UnitRow:
    """The unit's row; raises `UnitNotFound` when it is not there or the actor lacks `permission` there."""
    row = await tx.get(UnitRow, unit_id)
    if row is None or not allows(actor, permission, row.path):
        raise UnitNotFound(field="unit_id")
    return row


async def visible_unit(
    tx: Tx, actor: Actor, unit_id: UnitId, permission: Permission = Permission.UNIT_VIEW
) -> Unit:
    """As `visible_row`, as a value."""
    return unit_of(await visible_row(tx, actor, unit_id, permission))


async def parent_path(tx: Tx, parent_id: UnitId | None) -> str:
    """The path of a parent, "/" for None; raises `UnitNotFound`."""
    if parent_id is None:
        return ROOT_PATH
    row = await tx.get(UnitRow, parent_id)
    if row is None:
        raise UnitNotFound(field="parent_id")
    return row.path


async def check_place(tx: Tx, draft: UnitDraft, own_path: str | None = None) -> str:
    """The parent's path; raises `TierNotFound`, `UnitNotFound`, `UnitCycle`, `TierAbove`, `TreeTooDeep`."""
    tier = await tx.get(TierRow, draft.tier_id)
    if tier is None:
        raise TierNotFound(field="tier_id")
    path = await parent_path(tx, draft.parent_id)
    if draft.parent_id is not None:
        if own_path is not None and path.startswith(own_path):
            raise UnitCycle(field="parent_id")
        parent = await tx.get_one(UnitRow, draft.parent_id)
        if (await tx.get_one(TierRow, parent.tier_id)).rank > tier.rank:
            raise TierAbove(field="tier_id")
    deepest = path.count("/")
    if own_path is not None:
        lowest = await tx.scalars(select(UnitRow.path).where(below(own_path, UnitRow.path)))
        deepest += max(p.count("/") for p in lowest) - own_path.count("/")
    if deepest > TREE_MAX_DEPTH:
        raise TreeTooDeep(field="parent_id", limit=TREE_MAX_DEPTH)
    return path


def set_texts(row: UnitRow, code: str, name: str) -> None:
    """Code and name together with the keys made from them."""
    row.code, row.name = code, name
    row.sort_key = sort_key(name)
    row.search_key = fold(f"{code} {name}")


async def add_row(tx: Tx, draft: UnitDraft, path: str) -> UnitRow:
    """A new unit below the parent at `path`; flushed, so that it has its id and path."""
    row = UnitRow(
        tier_id=draft.tier_id,
        parent_id=draft.parent_id,
        path="",
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
    )
    set_texts(row, draft.code, draft.name)
    tx.add(row)
    await tx.flush()
    row.path = path_below(path, row.id)
    return row


async def move(tx: Tx, row: UnitRow, parent_id: UnitId | None, path: str) -> None:
    """Hang the branch of `row` below the parent at `path`; every path in it is rewritten."""
    old, new = row.path, path_below(path, row.id)
    row.parent_id = parent_id
    await tx.flush()
    await tx.execute(
        update(UnitRow)
        .where(below(old, UnitRow.path))
        .values(path=new + func.substr(UnitRow.path, len(old) + 1))
        .execution_options(synchronize_session=False)
    )
    await tx.refresh(row)
