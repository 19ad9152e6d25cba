"""A small tree: a province, two districts, a commune in each, a room in every unit."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from argon2 import PasswordHasher

from confhub.access.rules import SYSTEM, Actor, Grant
from confhub.accounts.passwords import Passwords
from confhub.accounts.service import AccountService, SetupCode
from confhub.db.database import Database
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import AccountId, EndpointId, TierId
from confhub.kernel.permissions import Role
from confhub.org.service import OrgService
from confhub.org.values import Unit, UnitDraft
from confhub.registry.fleet import FleetService
from confhub.registry.importing import ImportService
from confhub.registry.kiosk import KioskService
from confhub.registry.pairing import PairingService
from confhub.registry.service import RegistryService, endpoints_in_use
from confhub.registry.values import EndpointDraft

PASSWORD = "bốn từ dễ nhớ và lạ"


@dataclass
class House:
    """Every service of the tree over one database, and the small tree in it."""

    db: Database
    clock: ManualClock
    org: OrgService
    registry: RegistryService
    pairing: PairingService
    kiosk: KioskService
    fleet: FleetService
    imports: ImportService
    accounts: AccountService
    setup_code: SetupCode
    tiers: dict[str, TierId]
    units: dict[str, Unit]
    rooms: dict[str, EndpointId]

    def actor(self, role: Role, unit: str, account_id: int = 1) -> Actor:
        """Somebody who holds `role` in the branch of the unit with this code."""
        found = self.units[unit]
        return Actor(AccountId(account_id), "somebody", "vi", (Grant(role, found.id, found.path),))


def make_house(database: Database, clock: ManualClock) -> House:
    code = SetupCode()
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return House(
        database,
        clock,
        OrgService(database, clock, endpoints_in_use),
        RegistryService(database, clock),
        PairingService(database, clock),
        KioskService(database, clock),
        FleetService(database, clock),
        ImportService(database, clock),
        AccountService(database, clock, code, cheap),
        code,
        {},
        {},
        {},
    )


@pytest.fixture
def empty_house(database: Database, clock: ManualClock) -> House:
    """The services over an empty database."""
    return make_house(database, clock)


@pytest.fixture
async def house(empty_house: House) -> House:
    """P ─ A ─ A1, and P ─ B ─ B1; a room in each, coded R-<unit>."""
    house = empty_house
    for rank, code in enumerate(("province", "district", "commune"), 1):
        tier = await house.org.add_tier(SYSTEM, code, code, code, rank)
        house.tiers[code] = tier.id
    places = (("P", "province", None), ("A", "district", "P"), ("A1", "commune", "A"),
              ("B", "district", "P"), ("B1", "commune", "B"))  # fmt: skip
    for code, tier_code, parent in places:
        parent_id = house.units[parent].id if parent else None
        draft = UnitDraft(code, f"Đơn vị {code}", house.tiers[tier_code], parent_id)
        house.units[code] = await house.org.create_unit(SYSTEM, draft)
        room = EndpointDraft(f"R-{code}", f"Điểm cầu {code}", house.units[code].id)
        house.rooms[code] = (await house.registry.create_endpoint(SYSTEM, room)).id
    return house
