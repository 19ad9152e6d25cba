"""What the tree hands out: frozen, never a database row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from confhub.kernel.ids import TierId, UnitId


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier of administration: `rank` 1 is the top. `code` is stable, the names are for reading."""

    id: TierId
    code: str
    name: str
    name_en: str
    rank: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A node of the tree. It counts from `valid_from` to `valid_to`, both days included; None is open."""

    id: UnitId
    code: str
    name: str
    tier_id: TierId
    parent_id: UnitId | None
    path: str
    valid_from: date | None
    valid_to: date | None

    @property
    def draft(self) -> UnitDraft:
        """The fields that a person writes."""
        return UnitDraft(self.code, self.name, self.tier_id, self.parent_id, self.valid_from, self.valid_to)

    @property
    def depth(self) -> int:
        """0 for a root unit."""
        return self.path.count("/") - 2


@dataclass(frozen=True, slots=True)
class UnitDraft:
    """The fields of a unit that a person writes."""

    code: str
    name: str
    tier_id: TierId
    parent_id: UnitId | None
    valid_from: date | None = None
    valid_to: date | None = None
