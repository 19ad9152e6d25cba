"""Sessions side by side: their totals, tiers and units. Pure, but for the list to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select

from confhub.access.rules import Actor, branch_filter, stood_below, units_held
from confhub.checkin.published import TotalsColumns
from confhub.db.database import Tx
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.reports.people.period.model import Choice, Compared, Comparison
from confhub.reports.people.period.tree import standing
from confhub.reports.people.reading import Read
from confhub.reports.session.units import tree_order
from confhub.sessions.published import FrozenUnitColumns, SessionColumns

COMPARED_MAX: Final = 6
"""Columns that a screen and an eye can hold."""
COMPARED_MIN: Final = 2
CHOICES_MAX: Final = 100
"""Sessions offered, newest first."""


def side_by_side(reads: Sequence[Read]) -> Comparison:
    """The sessions in the order given, each by the tree of its own day, over the tiers and units that any of
    them has; these with their newest names, in their newest places."""
    by_day = sorted(reads, key=lambda one: one.report.header.actual_start or one.report.header.starts_at)
    known = {unit_id: facts for one in by_day for unit_id, facts in one.units.items()}
    shown = {unit.unit_id: one.units[unit.unit_id] for one in by_day for unit in one.report.units}
    units = standing({unit_id: [facts] for unit_id, facts in (known | shown).items()})
    order = tree_order(units)
    tiers = {tier.tier_id: tier for one in by_day for tier in one.report.tiers}
    return Comparison(
        tuple(
            Compared(
                one.report.header,
                one.report.totals,
                {tier.tier_id: tier for tier in one.report.tiers},
                {unit.unit_id: unit for unit in one.report.units},
            )
            for one in reads
        ),
        tuple(
            (tier.tier_id, tier.name, 0)
            for tier in sorted(tiers.values(), key=lambda tier: (tier.rank, tier.tier_id))
        ),
        tuple(
            (unit.id, unit.name, sum(int(part) in shown for part in unit.path.strip("/").split("/")) - 1)
            for unit in sorted((units[one] for one in shown), key=lambda unit: order(unit.path))
        ),
    )


async def choices(tx: Tx, actor: Actor, zone: ZoneInfo) -> list[Choice]:
    """Sessions with derived figures that the actor may read, by the tree of their day, newest first."""
    s, t, f = SessionColumns, TotalsColumns, FrozenUnitColumns
    of_day = (f.session_id == t.session_id) & (f.unit_id == t.unit_id)
    line = select(t.session_id).where(t.session_id == s.id)
    then = line.join(*f.on(of_day)).where(stood_below(actor, Permission.REPORT_VIEW, f.path))
    there: ColumnElement[bool] = then.exists()
    if held := units_held(actor, Permission.REPORT_VIEW):
        today = branch_filter(actor, Permission.REPORT_VIEW, UnitColumns.path)
        under = select(f.session_id).where(f.session_id == s.id, f.unit_id.in_(held))
        there = or_(there, line.join(*UnitColumns.of(t.unit_id)).where(today).exists() & ~under.exists())
    rows = await tx.execute(
        select(s.id, s.title, s.actual_start)
        .where(there, s.actual_start.is_not(None))
        .order_by(s.actual_start.desc(), s.id.desc())
        .limit(CHOICES_MAX)
    )
    return [Choice(one, title, began.astimezone(zone)) for one, title, began in rows if began is not None]
