"""What others' statements may read of the tree."""

from __future__ import annotations

from confhub.db.published import Published
from confhub.org.models import TierRow, UnitRow


class UnitColumns(Published):
    """Units."""

    _row = UnitRow

    id = UnitRow.id
    parent_id = UnitRow.parent_id
    tier_id = UnitRow.tier_id
    code = UnitRow.code
    name = UnitRow.name
    path = UnitRow.path
    sort_key = UnitRow.sort_key
    search_key = UnitRow.search_key
    valid_from = UnitRow.valid_from
    valid_to = UnitRow.valid_to


class TierColumns(Published):
    """Tiers of the tree."""

    _row = TierRow

    id = TierRow.id
    name = TierRow.name
    name_en = TierRow.name_en
    rank = TierRow.rank
