"""A small tree, people's services over it, and officers of its branches."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from confhub.access.rules import ROOT_PATH, Actor, Grant
from confhub.db.database import Database
from confhub.i18n.collation import sort_key
from confhub.i18n.folding import fold
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import AccountId, UnitId
from confhub.kernel.permissions import Role
from confhub.org.models import TierRow, UnitRow
from confhub.people.merging import MergeService
from confhub.people.privacy import PrivacyService
from confhub.people.retention import RetentionService
from confhub.people.service import PeopleService
from confhub.people.values import Person, PersonDraft

TOP, LEFT, RIGHT, COMMUNE = UnitId(1), UnitId(2), UnitId(3), UnitId(4)
UNITS = (
    (1, None, "Tỉnh Phú Thọ", "/1/"),
    (2, 1, "Huyện Hạ Hoà", "/1/2/"),
    (3, 1, "Huyện Đoan Hùng", "/1/3/"),
    (4, 2, "Xã Ấm Hạ", "/1/2/4/"),
)


def officer(unit_id: int, role: Role = Role.TRAINING_OFFICER) -> Actor:
    """Somebody with one role in one branch."""
    path = next(unit[3] for unit in UNITS if unit[0] == unit_id)
    return Actor(AccountId(unit_id), f"Cán bộ {unit_id}", "vi", (Grant(role, UnitId(unit_id), path),))


ADMIN = Actor(AccountId(9), "Quản trị", "vi", (Grant(Role.ADMINISTRATOR, None, ROOT_PATH),))


@dataclass(frozen=True)
class Register:
    """People's services over one database."""

    database: Database
    clock: ManualClock
    people: PeopleService
    merges: MergeService
    privacy: PrivacyService
    retention: RetentionService

    async def add(self, name: str, unit_id: UnitId = LEFT, *, twin: bool = False, **fields: object) -> Person:
        draft = PersonDraft(name, unit_id, **fields)  # type: ignore[arg-type]
        return await self.people.add(ADMIN, draft, despite_namesake=twin)


@pytest.fixture
async def register(database: Database, clock: ManualClock) -> Register:
    """A province with two districts and a commune, and nobody in them."""
    async with database.transaction() as tx:
        tx.add(TierRow(id=1, code="unit", name="Đơn vị", name_en="Unit", rank=1))
        await tx.flush()
        for unit_id, parent_id, name, path in UNITS:
            tx.add(
                UnitRow(
                    id=unit_id, code=f"U{unit_id}", name=name, tier_id=1, parent_id=parent_id, path=path,
                    sort_key=sort_key(name), search_key=fold(f"U{unit_id} {name}"),
                )
            )  # fmt: skip
            await tx.flush()
    privacy = PrivacyService(database, clock)
    return Register(
        database, clock, PeopleService(database, clock), MergeService(database, clock), privacy,
        RetentionService(database, clock, privacy),
    )  # fmt: skip
