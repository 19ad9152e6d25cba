"""A small province, its organizers, and the session services over a media server that is away."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from confhub.access.rules import Actor, Grant
from confhub.accounts.models import AccountRow
from confhub.db.database import Database, Tx
from confhub.engine.engine import MediaEngine
from confhub.engine.types import EngineEvent, EventKind
from confhub.i18n.collation import sort_key
from confhub.i18n.folding import fold
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import AccountId, EndpointId, Identity, MediaRoom, SessionId, UnitId
from confhub.kernel.permissions import Role
from confhub.org.models import TierRow, UnitRow
from confhub.registry.models import CredentialRow, EndpointRow, EndpointStatusRow
from confhub.registry.values import BandwidthProfile, EndpointKind, EndpointPrincipal
from confhub.sessions import presence
from confhub.sessions.control import ControlService
from confhub.sessions.join import JoinService
from confhub.sessions.live import LiveService
from confhub.sessions.service import SessionService
from confhub.sessions.stage import StageKeeper
from confhub.sessions.values import Call, Participants, SessionInput

UNITS = (
    # id, parent, name, tier, path
    (1, None, "Tỉnh Phú Thọ", 1, "/1/"),
    (2, 1, "Huyện Hạ Hoà", 2, "/1/2/"),
    (3, 1, "Huyện Đoan Hùng", 2, "/1/3/"),
    (4, 2, "Xã Ấm Hạ", 3, "/1/2/4/"),
)
ROOMS = (
    # id, code, name, unit, kind
    (1, "TQ", "Trường quay tỉnh", 1, EndpointKind.STUDIO),
    (2, "P0", "Hội trường tỉnh", 1, EndpointKind.ROOM),
    (3, "H1", "Phòng họp Hạ Hoà", 2, EndpointKind.ROOM),
    (4, "H2", "Phòng họp Đoan Hùng", 3, EndpointKind.ROOM),
    (5, "X1", "Phòng họp xã Ấm Hạ", 4, EndpointKind.ROOM),
)
CHAIR = EndpointId(1)


def actor(account: int, role: Role, unit: int) -> Actor:
    path = next(row[4] for row in UNITS if row[0] == unit)
    return Actor(AccountId(account), f"Tài khoản {account}", "vi", (Grant(role, UnitId(unit), path),))


ORGANIZER = actor(1, Role.ORGANIZER, 1)
DISTRICT_ORGANIZER = actor(2, Role.ORGANIZER, 2)
OTHER_ORGANIZER = actor(3, Role.ORGANIZER, 3)
VIEWER = actor(4, Role.VIEWER, 1)


@dataclass
class Hub:
    """The services of one hub, and shortcuts to a session that is under way."""

    db: Database
    clock: ManualClock
    engine: MediaEngine
    sessions: SessionService
    control: ControlService
    join: JoinService
    live: LiveService
    stage: StageKeeper

    def form(self, **changed: object) -> SessionInput:
        wanted = SessionInput(
            title="Học tập nghị quyết",
            kind="training",
            unit_id=UnitId(1),
            starts_at=self.clock.now() + timedelta(hours=2),
            length_min=60,
            chair_endpoint_id=CHAIR,
            participants=Participants(include_units=(UnitId(1),)),
        )
        return replace(wanted, **changed)  # type: ignore[arg-type]

    async def scheduled(self, **changed: object) -> SessionId:
        session = (await self.sessions.create(ORGANIZER, self.form(**changed))).session.id
        await self.sessions.schedule(ORGANIZER, session)
        return session

    async def expect(self, session: SessionId, *rooms: int) -> None:
        """The organizer chooses these rooms as well."""
        form = await self.sessions.form(ORGANIZER, session)
        chosen = form.participants
        wanted = replace(
            chosen,
            include_endpoints=(*chosen.include_endpoints, *map(EndpointId, rooms)),
            exclude_endpoints=tuple(e for e in chosen.exclude_endpoints if e not in rooms),
        )
        await self.sessions.update(ORGANIZER, session, replace(form, participants=wanted))

    async def drop(self, session: SessionId, *rooms: int) -> None:
        """The organizer takes these rooms out of the choice."""
        form = await self.sessions.form(ORGANIZER, session)
        chosen = form.participants
        wanted = replace(
            chosen,
            include_endpoints=tuple(e for e in chosen.include_endpoints if e not in rooms),
            exclude_endpoints=(*chosen.exclude_endpoints, *map(EndpointId, rooms)),
        )
        await self.sessions.update(ORGANIZER, session, replace(form, participants=wanted))

    async def in_lobby(self, **changed: object) -> SessionId:
        session = await self.scheduled(**changed)
        await self.sessions.open_lobby(ORGANIZER, session)
        return session

    async def live_now(self, **changed: object) -> SessionId:
        session = await self.in_lobby(**changed)
        await self.sessions.start(ORGANIZER, session)
        return session

    async def tell(
        self, session: SessionId, kind: EventKind, identity: str, connection: str = "PA_1", **more: object
    ) -> None:
        """The media server reports an event, as attendance hands it on."""
        async with self.db.transaction() as tx:
            media_room = (await self.sessions.get(ORGANIZER, session)).session.media_room
            ref = await presence.session_of(tx, media_room or MediaRoom(""))
            assert ref is not None
            event = EngineEvent(
                id="EV",
                kind=kind,
                media_room=ref.media_room,
                instance="RM_1",
                at=self.clock.now(),
                identity=Identity(identity),
                connection=connection,
            )
            await presence.apply(tx, ref, replace(event, **more))  # type: ignore[arg-type]

    async def joins(self, session: SessionId, *identities: str) -> None:
        for identity in identities:
            await self.tell(session, EventKind.JOINED, identity, f"PA_{identity}")

    async def call_of(self, endpoint_id: int) -> Call | None:
        """Where the room is sent as it comes in."""
        room = EndpointId(endpoint_id)
        return (await self.join.standings([room], arrived=[room]))[room].call

    async def calls_to(self, session: SessionId) -> list[Call]:
        """Whom the session calls now."""
        found = await self.join.standings([EndpointId(row[0]) for row in ROOMS])
        return [one.call for one in found.values() if one.call and one.call.session_id == session]

    async def states(self, session: SessionId) -> dict[str, str]:
        """State by the room's code, as the live page shows it."""
        return {row.code: row.state.value for row in (await self.live.snapshot(ORGANIZER, session)).rows}


def principal(endpoint_id: int) -> EndpointPrincipal:
    """A room's machine."""
    _, code, name, unit_id, kind = ROOMS[endpoint_id - 1]
    unit = next(row for row in UNITS if row[0] == unit_id)
    return EndpointPrincipal(
        EndpointId(endpoint_id), code, name, UnitId(unit_id), unit[4], BandwidthProfile.FULL, unit[2], 1, kind
    )


async def settle(tx: Tx, now: datetime) -> None:
    """Write the province and its accounts. Every room has a machine, and it is on, however far a test moves
    the clock."""
    tx.add_all(
        TierRow(id=n, code=f"t{n}", name=name, name_en=name_en, rank=n)
        for n, name, name_en in ((1, "Tỉnh", "Province"), (2, "Huyện", "District"), (3, "Xã", "Commune"))
    )
    await tx.flush()
    for unit_id, parent, name, tier, path in UNITS:
        tx.add(
            UnitRow(
                id=unit_id, code=f"U{unit_id}", name=name, tier_id=tier, parent_id=parent, path=path,
                sort_key=sort_key(name), search_key=fold(name),
            )
        )  # fmt: skip
        await tx.flush()
    tx.add_all(
        EndpointRow(
            id=room_id, code=code, name=name, unit_id=unit_id, kind=kind.value, bandwidth_profile="full",
            created_at=now, sort_key=sort_key(name), search_key=fold(f"{code} {name}"),
        )
        for room_id, code, name, unit_id, kind in ROOMS
    )  # fmt: skip
    await tx.flush()
    tx.add_all(
        CredentialRow(id=100 + room[0], endpoint_id=room[0], token_hash=room[1], machine="", created_at=now)
        for room in ROOMS
    )
    tx.add_all(
        EndpointStatusRow(
            endpoint_id=room[0], online_since=now, last_seen_at=now + timedelta(days=365), version="1",
            mode="simulated", state="idle",
        )
        for room in ROOMS
    )  # fmt: skip
    tx.add_all(
        AccountRow(
            id=n, username=f"account{n}", display_name=f"Tài khoản {n}", password_hash="-", language="vi",
            created_at=now, sort_key=sort_key(f"Tài khoản {n}"), search_key=fold(f"account{n}"),
        )
        for n in range(1, 5)
    )  # fmt: skip
    await tx.flush()


def services(db: Database, clock: ManualClock, engine: MediaEngine) -> Hub:
    stage = StageKeeper(db, clock, engine, db.bus)
    return Hub(
        db=db,
        clock=clock,
        engine=engine,
        sessions=SessionService(db, clock, engine),
        control=ControlService(db, clock, stage),
        join=JoinService(db, clock, engine),
        live=LiveService(db, clock),
        stage=stage,
    )


@pytest.fixture
async def hub(database: Database, clock: ManualClock) -> AsyncIterator[Hub]:
    """Orders are stored; the media server they are for answers nobody."""
    async with database.transaction() as tx:
        await settle(tx, clock.now())
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and never listening: every call is refused at once
        engine = MediaEngine(f"http://127.0.0.1:{reserved.getsockname()[1]}", "key", "s" * 32, clock)
        yield services(database, clock, engine)
        await engine.close()
