"""A small province with a session in it, written straight into the tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import TestClient, TestServer

from confhub.access.rules import Actor, Grant
from confhub.db.database import Database
from confhub.engine.types import Capabilities, EngineEvent, EngineParticipant, EventKind
from confhub.http.app import build_app
from confhub.i18n.collation import sort_key
from confhub.i18n.folding import fold
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import (
    AccountId,
    EndpointId,
    Identity,
    MediaRoom,
    SessionId,
    UnitId,
    endpoint_identity,
)
from confhub.kernel.permissions import Role
from confhub.org.models import TierRow, UnitRow
from confhub.registry.models import EndpointRow
from confhub.registry.values import BandwidthProfile, EndpointKind, EndpointPrincipal
from confhub.sessions.models import MeetingSession, SessionChange, SessionEndpoint
from confhub.sessions.values import SessionState
from confhub.settings import Settings
from tests.plugins.website import composed

if TYPE_CHECKING:
    from tests.functional.hub_attendance.hub import Hub

KEY, SECRET = "devkey", "a secret that is long enough for HS256"
ROOM = MediaRoom("s1-test")
UNITS = (
    # id, parent, name, tier, path
    (1, None, "Tỉnh Phú Thọ", 1, "/1/"),
    (2, 1, "Huyện Hạ Hoà", 2, "/1/2/"),
    (3, 1, "Huyện Đoan Hùng", 2, "/1/3/"),
    (4, 2, "Xã Ấm Hạ", 3, "/1/2/4/"),
    (5, 3, "Xã Chí Đám", 3, "/1/3/5/"),
)
ENDPOINTS = (
    # id, code, name, unit, kind
    (1, "CHU-TOA", "Trường quay tỉnh", 1, EndpointKind.STUDIO),
    (2, "H1", "Hội trường tỉnh", 1, EndpointKind.ROOM),
    (3, "H2", "Phòng họp Hạ Hoà", 2, EndpointKind.ROOM),
    (4, "H3", "Phòng họp Đoan Hùng", 3, EndpointKind.ROOM),
    (5, "H4", "Phòng họp xã Ấm Hạ", 4, EndpointKind.ROOM),
    (6, "H5", "=HYPERLINK(1) xã Chí Đám", 5, EndpointKind.ROOM),
)


@dataclass(frozen=True)
class House:
    """The session (id 1) that goes live at `live`, its rooms 1–6; 1 is the chair's studio."""

    database: Database
    clock: ManualClock
    session: SessionId
    live: datetime

    def at(self, seconds: float) -> datetime:
        """Seconds after live began."""
        return self.live + timedelta(seconds=seconds)

    def move_to(self, seconds: float) -> None:
        """Set the clock to that many seconds after live began."""
        self.clock.advance((self.at(seconds) - self.clock.now()).total_seconds())

    async def end(self, seconds: float) -> None:
        """The session ends then."""
        async with self.database.transaction() as tx:
            row = await tx.get_one(MeetingSession, self.session)
            row.state, row.actual_end = SessionState.ENDED.value, self.at(seconds)


def principal(endpoint_id: int) -> EndpointPrincipal:
    """A room's machine."""
    _, code, name, unit_id, kind = ENDPOINTS[endpoint_id - 1]
    unit = UNITS[unit_id - 1]
    return EndpointPrincipal(
        EndpointId(endpoint_id), code, name, UnitId(unit_id), unit[4], BandwidthProfile.FULL, unit[2], 1, kind
    )


def webhook(
    kind: EventKind,
    endpoint_id: int,
    at: datetime,
    connection: str,
    *,
    last_seen: datetime | None = None,
    event_id: str | None = None,
    media_room: MediaRoom = ROOM,
) -> EngineEvent:
    """One event as the engine seam hands it in."""
    return EngineEvent(
        event_id or f"EV_{kind}_{connection}",
        kind,
        media_room,
        "RM_1",
        at,
        endpoint_identity(ENDPOINTS[endpoint_id - 1][1]),
        connection,
        last_seen=last_seen,
    )


def participant(
    endpoint_id: int, sid: str, joined_at: datetime, last_seen: datetime | None = None
) -> EngineParticipant:
    """One participant as ListParticipants tells it."""
    code = ENDPOINTS[endpoint_id - 1][1]
    identity: Identity = endpoint_identity(code)
    return EngineParticipant(identity, sid, code, True, joined_at, last_seen, False, (), False, ())


def officer(path: str, unit_id: int, role: Role = Role.TRAINING_OFFICER, language: str = "vi") -> Actor:
    """A person with one role in one branch."""
    return Actor(AccountId(1), "Cán bộ", language, (Grant(role, UnitId(unit_id), path),))


@pytest.fixture
async def house(database: Database, clock: ManualClock) -> House:
    """A session of six rooms that goes live now; its lobby opened ten minutes ago."""
    live = clock.now()
    async with database.transaction() as tx:
        for tier_id, code, name, english in (
            (1, "province", "Tỉnh", "Province"),
            (2, "district", "Huyện", "District"),
            (3, "commune", "Xã", "Commune"),
        ):
            tx.add(TierRow(id=tier_id, code=code, name=name, name_en=english, rank=tier_id))
        await tx.flush()
        for unit_id, parent_id, name, tier_id, path in UNITS:
            tx.add(
                UnitRow(
                    id=unit_id, code=f"U{unit_id}", name=name, tier_id=tier_id, parent_id=parent_id,
                    path=path,
                    sort_key=sort_key(name), search_key=fold(name),
                )
            )  # fmt: skip
            await tx.flush()
        for endpoint_id, code, name, unit_id, kind in ENDPOINTS:
            tx.add(
                EndpointRow(
                    id=endpoint_id, code=code, name=name, unit_id=unit_id, kind=kind.value,
                    bandwidth_profile="full", created_at=live, sort_key=sort_key(name), search_key=fold(name),
                )
            )  # fmt: skip
        await tx.flush()
        await add_session(tx, 1, ROOM, live, range(1, len(ENDPOINTS) + 1))
    return House(database, clock, SessionId(1), live)


async def add_session(
    tx: object, session_id: int, media_room: str, live: datetime, endpoint_ids: Sequence[int]
) -> None:
    """A live session with these rooms; the first is the chair's."""
    from confhub.db.database import Tx

    assert isinstance(tx, Tx)
    tx.add(
        MeetingSession(
            id=session_id, title="Học tập Nghị quyết – đợt 1", search_key="hoc tap nghi quyet",
            kind="training", state="live", state_since=live, unit_id=1, starts_at=live, length_min=60,
            chair_endpoint_id=endpoint_ids[0], media_room=media_room, actual_start=live, created_at=live,
        )
    )  # fmt: skip
    await tx.flush()
    tx.add(
        SessionChange(session_id=session_id, state="lobby", at=live - timedelta(minutes=10), actor_name="")
    )
    for endpoint_id in endpoint_ids:
        _, code, _, unit_id, _ = ENDPOINTS[endpoint_id - 1]
        tx.add(
            SessionEndpoint(
                session_id=session_id, endpoint_id=endpoint_id, unit_id=unit_id,
                identity=endpoint_identity(code), is_chair=endpoint_id == endpoint_ids[0],
            )
        )  # fmt: skip
    await tx.flush()


@pytest.fixture
async def hub(house: House, tmp_path: Path) -> AsyncIterator[Hub]:
    """The real application over the real services and a media server that nobody calls."""
    from tests.functional.hub_attendance.hub import Hub

    settings = Settings(data_dir=tmp_path, database_url=str(house.database.url))
    can = Capabilities(stage_view=True, last_seen=True, engine="confhub")
    async with composed(
        settings, house.database, house.clock, key=(KEY, SECRET), capabilities=can
    ) as services:
        await services.attendance.start()
        async with TestClient(TestServer(build_app(services))) as client:
            yield Hub(house, services, client)
        await services.attendance.close()
