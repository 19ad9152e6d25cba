"""A province's people in a database: 302 rooms and 40,000 people on a session's list, written in bulk.

Straight into the tables, as a benchmark is of what comes after: nothing here is measured.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from confhub.checkin.models import CheckinPolicy, TabletRow
from confhub.checkin.tablets import TOKEN_PREFIX
from confhub.db.base import Base
from confhub.db.database import Database, Tx
from confhub.i18n.collation import person_sort_key, sort_key
from confhub.i18n.folding import fold
from confhub.i18n.identity import identity_key
from confhub.kernel.ids import endpoint_identity
from confhub.org.models import TierRow, UnitRow
from confhub.people.models import AttendeeRow
from confhub.people.rules import new_badge
from confhub.registry.models import EndpointRow
from confhub.registry.rules import digest
from confhub.rosters import store as rosters
from confhub.rosters.models import RosterEntry
from confhub.sessions.models import MeetingSession, SessionChange, SessionEndpoint

DISTRICTS = 13
ROOMS, PEOPLE = 302, 40_000
LIVE_MIN = 90
TIERS = (("province", "Tỉnh", "Province"), ("district", "Huyện", "District"), ("commune", "Xã", "Commune"))
CHUNK = 2_000
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương")
MIDDLE = ("Văn", "Thị", "Hữu", "Đức", "Minh", "Ngọc", "Thanh", "Quang", "Thu", "Hồng")
GIVEN = ("An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Hùng", "Lan", "Long", "Mai", "Nam", "Sơn", "Yến")


@dataclass(frozen=True, slots=True)
class Hall:
    """Who is there. `tablets`: token by room; `people`: attendee ids by room; `session`: the live one."""

    session: int
    started_at: datetime
    rooms: tuple[int, ...]
    people: dict[int, list[int]]
    tablets: dict[int, str]


async def fill(database: Database, *, rooms: int = ROOMS, people: int = PEOPLE, ended: bool = False) -> Hall:
    """A tree of three tiers with a room in each unit, its people on standing rosters, and one session, live
    for an hour (or ended a while ago), whose list is frozen."""
    rng = random.Random(7)
    now = datetime.now(UTC)
    begun = now - timedelta(minutes=LIVE_MIN if ended else 60)
    async with database.transaction() as tx:
        await _tree(tx, rooms, now)
        seated = await _people(tx, rng, rooms, people, now)
        tablets = await _tablets(tx, rooms, now)
        session = await _session(tx, rooms, begun, now if ended else None)
        await rosters.freeze(tx, session, begun)
    return Hall(session, begun, tuple(range(1, rooms + 1)), seated, tablets)


async def build(database: Database, rooms: int = ROOMS) -> None:
    """The tree and its rooms alone."""
    async with database.transaction() as tx:
        await _tree(tx, rooms, datetime.now(UTC))


async def hold(database: Database, rooms: int = ROOMS) -> int:
    """A session that ended a while ago, of whoever is on the rooms' standing rosters; its number."""
    now = datetime.now(UTC)
    begun = now - timedelta(minutes=LIVE_MIN)
    async with database.transaction() as tx:
        session = await _session(tx, rooms, begun, now)
        await rosters.freeze(tx, session, begun)
        return session


def name_of(rng: random.Random) -> str:
    """A name as thousands have it."""
    return f"{rng.choice(FAMILY)} {rng.choice(MIDDLE)} {rng.choice(GIVEN)}"


def unit_of(room: int) -> int:
    """Rooms and units have the same numbers: 1 is the province, then the districts, then communes."""
    return room


def _parent(unit: int) -> int | None:
    if unit == 1:
        return None
    return 1 if unit <= DISTRICTS + 1 else 2 + unit % DISTRICTS


def _path(unit: int) -> str:
    parent = _parent(unit)
    return f"{_path(parent) if parent else '/'}{unit}/"


async def _tree(tx: Tx, rooms: int, now: datetime) -> None:
    for rank, (code, name, english) in enumerate(TIERS, 1):
        tx.add(TierRow(id=rank, code=code, name=name, name_en=english, rank=rank))
    await tx.flush()
    units, places = [], []
    for number in range(1, rooms + 1):
        tier = 1 if number == 1 else 2 if number <= DISTRICTS + 1 else 3
        name = f"{TIERS[tier - 1][1]} {number}"
        keys = {"sort_key": sort_key(name), "search_key": fold(name)}
        units.append(
            {
                "id": number,
                "code": f"U{number:03}",
                "name": name,
                "tier_id": tier,
                "parent_id": _parent(number),
            }
            | {"path": _path(number), **keys}
        )
        places.append(
            {"id": number, "code": f"R{number:03}", "name": f"Hội trường {name}", "unit_id": number}
            | {"kind": "room", "bandwidth_profile": "full", "created_at": now, **keys}
        )
    await write(tx, UnitRow, units)
    await write(tx, EndpointRow, places)


async def _people(tx: Tx, rng: random.Random, rooms: int, people: int, now: datetime) -> dict[int, list[int]]:
    seated: dict[int, list[int]] = {room: [] for room in range(1, rooms + 1)}
    rows, entries = [], []
    for number in range(1, people + 1):
        room = 1 + number % rooms
        name = name_of(rng)
        seated[room].append(number)
        rows.append(
            {
                "id": number,
                "code": f"CB{number:06}",
                "name": name,
                "unit_id": unit_of(room),
                "badge": new_badge(),
            }
            | {"position": "Chuyên viên", "sort_key": person_sort_key(name), "search_key": fold(name)}
            | {"name_key": identity_key(name), "created_at": now}
        )
        entries.append({"attendee_id": number, "endpoint_id": room, "created_at": now})
    await write(tx, AttendeeRow, rows)
    await write(tx, RosterEntry, entries)
    return seated


async def _tablets(tx: Tx, rooms: int, now: datetime) -> dict[int, str]:
    tokens = {room: f"{TOKEN_PREFIX}bench-{room:03}-{room * 7919:x}" for room in range(1, rooms + 1)}
    rows = [
        {"endpoint_id": room, "code_hash": digest(f"code {token}"), "code_expires_at": now}
        | {"token_hash": digest(token), "csrf": "x" * 64, "name": "tablet", "issued_by": "bench"}
        | {"created_at": now, "entered_at": now}
        for room, token in tokens.items()
    ]
    await write(tx, TabletRow, rows)
    return tokens


async def _session(tx: Tx, rooms: int, begun: datetime, ended_at: datetime | None) -> int:
    row = MeetingSession(
        title="Học tập, quán triệt nghị quyết", search_key="hoc tap quan triet nghi quyet", kind="training",
        state="ended" if ended_at else "live", state_since=begun, unit_id=1, starts_at=begun, length_min=600,
        chair_endpoint_id=1, media_room=None, actual_start=begun, actual_end=ended_at, created_at=begun,
        auto_end=False,
    )  # fmt: skip
    tx.add(row)
    await tx.flush()
    opened = begun - timedelta(minutes=30)
    tx.add(SessionChange(session_id=row.id, state="lobby", at=opened, actor_name="bench"))
    tx.add(SessionChange(session_id=row.id, state="live", at=begun, actor_name="bench"))
    tx.add(
        CheckinPolicy(
            session_id=row.id, ways="tablet,qr,code,badge", scan_margin_s=20, guests=True, prompts=0,
            prompts_count=False, complete_percent=80, secret="5a" * 32,
        )
    )  # fmt: skip
    await write(
        tx,
        SessionEndpoint,
        [
            {"session_id": row.id, "endpoint_id": room, "unit_id": unit_of(room), "is_chair": room == 1}
            | {"identity": endpoint_identity(f"R{room:03}"), "state": "joined", "mic_on": False}
            | {"camera_on": False}
            for room in range(1, rooms + 1)
        ],
    )
    return row.id


async def write(tx: Tx, table: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    """Insert them, a few thousand at a statement."""
    everything = list(rows)
    for start in range(0, len(everything), CHUNK):
        await tx.execute(insert(table), everything[start : start + CHUNK])
