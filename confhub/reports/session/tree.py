"""The tree as it stands today: for a unit in which nothing was held, and for the rights of who came later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from confhub.db.database import Tx
from confhub.org.published import TierColumns, UnitColumns
from confhub.reports.session.units import UnitFacts

_CHUNK = 500
"""Ids in one IN list."""


async def unit_facts(tx: Tx, unit_ids: Sequence[int], language: str) -> dict[int, UnitFacts]:
    """The units with their tiers, the tiers' names in `language`."""
    found: dict[int, UnitFacts] = {}
    for start in range(0, len(unit_ids), _CHUNK):
        u, t = UnitColumns, TierColumns
        rows = await tx.execute(
            select(u.id, u.parent_id, u.name, u.path, u.sort_key, t.id, t.name, t.name_en, t.rank)
            .join(*t.of(u.tier_id))
            .where(u.id.in_(unit_ids[start : start + _CHUNK]))
        )
        for unit_id, parent_id, name, path, sort_key, tier_id, tier, tier_en, rank in rows:
            tier_name = tier_en if language == "en" and tier_en else tier
            found[unit_id] = UnitFacts(unit_id, parent_id, name, path, sort_key, tier_id, tier_name, rank)
    return found


async def paths(tx: Tx, unit_ids: Iterable[int]) -> dict[int, str]:
    """Unit → where it stands today."""
    wanted, found = sorted(unit_ids), {}
    for start in range(0, len(wanted), _CHUNK):
        query = select(UnitColumns.id, UnitColumns.path).where(
            UnitColumns.id.in_(wanted[start : start + _CHUNK])
        )
        found.update({row[0]: row[1] for row in await tx.execute(query)})
    return found
