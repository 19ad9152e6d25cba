"""The province's people in the hub's register: imported from files, on standing lists, some with leave."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import select

from confhub.access.rules import SYSTEM
from confhub.checkin.tablets import TabletService
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.errors import StartError
from confhub.org.published import UnitColumns
from confhub.people.published import PersonColumns
from confhub.rosters.absences import AbsenceService
from confhub.rosters.importing import PeopleImportService
from confhub.rosters.plan import ImportChoices
from confhub.simulator.province.population import Citizen, as_csv, as_xlsx, populate
from confhub.simulator.province.tree import Slip
from confhub.simulator.truth.people import Expected
from confhub.simulator.truth.played import person_key
from confhub.training.store import title_and_path

PEOPLE: Final = 40_000
IN_WORKBOOK: Final = 8
"""One in so many people comes in a workbook, the others in a CSV file."""
AWAY: Final = 0.012
"""People with a notice of absence; of ten, eight are approved, one refused, one not decided."""
REASONS: Final = ("Đi công tác theo quyết định cử", "Nghỉ ốm, có giấy của cơ sở y tế", "Việc gia đình")


@dataclass(slots=True)
class Register:
    """Who was imported. `room_of`: person's number → room's code, by the list that was handed in."""

    room_of: dict[int, str] = field(default_factory=dict)
    badges: dict[int, str] = field(default_factory=dict)
    tablets: list[dict[str, str]] = field(default_factory=list)
    with_leave: set[int] = field(default_factory=set)

    def expected(self) -> dict[str, Expected]:
        """Everybody, as the comparison takes them."""
        return {
            person_key(number): Expected(room, number in self.with_leave)
            for number, room in self.room_of.items()
        }

    def write(self, path: Path) -> None:
        """What the crowd needs; badges and tablets' codes are nobody else's to read."""
        told = {"rooms": self.tablets, "badges": self.badges}
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(told, file)


async def import_people(
    database_url: str, clock: Clock, rooms: Sequence[Slip], people: int, seed: int
) -> Register:
    """Draw the people, import them from two files, and issue a code for each room's tablet."""
    wanted = [(slip.endpoint_code, slip.unit_code) for slip in rooms]
    citizens = await asyncio.to_thread(populate, wanted, people, seed)
    start = len(citizens) - len(citizens) // IN_WORKBOOK
    database = Database(database_url)
    try:
        await _import(database, clock, "dai-bieu.csv", await asyncio.to_thread(as_csv, citizens[:start]))
        if citizens[start:]:
            book = await asyncio.to_thread(as_xlsx, citizens[start:])
            await _import(database, clock, "dai-bieu-bo-sung.xlsx", book)
        register = await _read_back(database, citizens)
        tablets = TabletService(database, clock)
        for slip in rooms:
            code = (await tablets.issue(SYSTEM, slip.endpoint_id)).code
            register.tablets.append({"code": slip.endpoint_code, "tablet_code": code})
    finally:
        await database.close()
    return register


async def _import(database: Database, clock: Clock, filename: str, content: bytes) -> None:
    imports = PeopleImportService(database, clock, title_and_path)
    plan = await imports.preview(SYSTEM, filename, content, ImportChoices())
    if plan.problems:
        raise StartError(f"{filename}: {plan.problems[0]}")
    await imports.apply(SYSTEM, plan.token)


async def _read_back(database: Database, citizens: Sequence[Citizen]) -> Register:
    """The register's numbers of these people. StartError where somebody is missing, or there twice."""
    a = PersonColumns
    async with database.reading() as tx:
        rows = await tx.execute(
            select(a.id, a.code, a.name, a.badge, UnitColumns.code).join(*UnitColumns.of(a.unit_id))
        )
        found = rows.all()
    numbers: Mapping[object, int] = {code or (unit, name): number for number, code, name, _, unit in found}
    register = Register(badges={number: badge for number, _, _, badge, _ in found})
    for one in citizens:
        number = numbers.get(one.code or (one.unit, one.name))
        if number is None or number in register.room_of:
            raise StartError(f"The import has {one.name} ({one.code or one.unit}) not once.")
        register.room_of[number] = one.room
    if len(found) != len(citizens):
        raise StartError(f"The import made {len(found)} people out of {len(citizens)}.")
    return register


async def announce_absences(
    database_url: str, clock: Clock, session_id: int, register: Register, seed: int
) -> int:
    """Some say ahead that they will not come; officers decide. How many notices."""
    dice = random.Random(f"absences {seed}")
    everybody = sorted(register.room_of)
    chosen = dice.sample(everybody, max(3, round(len(everybody) * AWAY)))
    database = Database(database_url)
    try:
        notices = AbsenceService(database, clock)
        refused = []
        for place, person in enumerate(chosen):
            approve = place % 10 > 1
            notice = await notices.enter(SYSTEM, session_id, person, dice.choice(REASONS), approve=approve)
            if approve:
                register.with_leave.add(person)
            elif place % 10:
                refused.append(notice)
        for start in range(0, len(refused), 200):
            await notices.decide(SYSTEM, session_id, refused[start : start + 200], approve=False)
    finally:
        await database.close()
    return len(chosen)
