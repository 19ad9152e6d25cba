"""Use cases of the tree: look at it, add, rename, move and retire units."""

from __future__ import annotations

from datetime import date

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.ids import UnitId
from confhub.org.values import Tier, Unit, UnitDraft


class OrgService:
    """The tree. Topics told: `org.unit` (key unit id)."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def tiers(self, actor: Actor) -> list[Tier]:
        """All tiers by rank."""
        raise NotImplementedError

    async def add_tier(self, actor: Actor, code: str, name: str, name_en: str, rank: int) -> Tier:
        """Add a tier; needs `UNIT_EDIT` over the whole house."""
        raise NotImplementedError

    async def tree(self, actor: Actor, on: date | None = None) -> list[Unit]:
        """The units that the actor may see, parents before children, siblings in Vietnamese order.

        With `on`, only those that exist on that day.
        """
        raise NotImplementedError

    async def unit(self, actor: Actor, unit_id: UnitId) -> Unit:
        """One unit; raises `UnitNotFound` when it is not there or outside the actor's branches."""
        raise NotImplementedError

    async def create_unit(self, actor: Actor, draft: UnitDraft) -> Unit:
        """Add a unit below its parent; needs `UNIT_EDIT` at the parent (the whole house for a root)."""
        raise NotImplementedError

    async def update_unit(self, actor: Actor, unit_id: UnitId, draft: UnitDraft) -> Unit:
        """Change a unit; a new parent moves the whole branch.

        Needs `UNIT_EDIT` at the unit and at both parents.
        """
        raise NotImplementedError

    async def retire_unit(self, actor: Actor, unit_id: UnitId, last_day: date) -> Unit:
        """Close a unit: `last_day` is its last. Refused while valid units or endpoints hang below it."""
        raise NotImplementedError
