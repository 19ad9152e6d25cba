"""The province of the attendance tests, with people in its rooms."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from confhub.checkin.models import HeadCount
from confhub.i18n.collation import sort_key
from confhub.i18n.folding import fold
from confhub.i18n.identity import identity_key
from confhub.people.models import AttendeeRow
from confhub.rosters.models import AbsenceNotice, SessionAttendee, SessionRoster
from confhub.sessions.models import SessionEndpoint
from tests.plugins.attendance import ENDPOINTS, House


class Hall:
    """Fills the session's rooms with people, straight into the tables."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._people = 0

    async def seat(self, endpoint_id: int, states: Sequence[str], *, joined: bool = True) -> list[int]:
        """People on the room's list, each in one of the states; the room itself is connected or not."""
        made = []
        async with self.house.database.transaction() as tx:
            if await tx.get(SessionRoster, self.house.session) is None:
                now = self.house.clock.now()
                tx.add(SessionRoster(session_id=self.house.session, frozen_at=now, people=0))
            for state in states:
                self._people += 1
                made.append(self._people)
                await self._person(tx, self._people, endpoint_id, state)
            room = await tx.get_one(SessionEndpoint, (self.house.session, endpoint_id))
            room.state = "joined" if joined else "expected"
        return made

    async def _person(self, tx: object, number: int, endpoint_id: int, state: str) -> None:
        from confhub.db.database import Tx

        assert isinstance(tx, Tx)
        name, unit_id = f"Nguyễn Văn {number}", ENDPOINTS[endpoint_id - 1][3]
        tx.add(
            AttendeeRow(
                id=number, name=name, unit_id=unit_id, badge=f"BADGE{number:011}", sort_key=sort_key(name),
                search_key=fold(name), name_key=identity_key(name), created_at=self.house.live,
            )
        )  # fmt: skip
        await tx.flush()
        tx.add(
            SessionAttendee(
                session_id=self.house.session, attendee_id=number, endpoint_id=endpoint_id, unit_id=unit_id,
                origin="roster", added_at=self.house.live, state=state,
            )
        )  # fmt: skip
        await tx.flush()

    async def declare(self, endpoint_id: int, people: int, second: float) -> None:
        """A head count."""
        at = self.house.at(second)
        async with self.house.database.transaction() as tx:
            tx.add(
                HeadCount(
                    session_id=self.house.session, endpoint_id=endpoint_id, people=people, at=at,
                    received_at=at, by="tablet:1", key=f"{endpoint_id}:{second}",
                )
            )  # fmt: skip

    async def absent(self, attendee_id: int, state: str) -> None:
        """A notice of absence."""
        async with self.house.database.transaction() as tx:
            tx.add(
                AbsenceNotice(
                    session_id=self.house.session, attendee_id=attendee_id, reason="Đi công tác",
                    entered_at=self.house.live, entered_by="Cán bộ", state=state,
                )
            )  # fmt: skip


@pytest.fixture
async def hall(house: House) -> Hall:
    return Hall(house)
