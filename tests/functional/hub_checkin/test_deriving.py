"""Derived figures: written once, again when something came in, and put right when changed by hand."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from confhub.attendance.models import PresenceMark
from confhub.checkin.corrections import CorrectionService
from confhub.checkin.deriving import Deriver
from confhub.checkin.models import PersonPresence, RoomTotals
from confhub.checkin.sealing import SealService
from confhub.kernel.ids import AttendeeId, EndpointId
from tests.plugins.checkin import PROVINCE, ROOM, SESSION, Hall

pytestmark = pytest.mark.both_databases


async def test_figures_are_written_once_and_again_when_something_came_in(over: Hall) -> None:
    deriver = Deriver(over.house.database, over.house.clock)
    assert await deriver.derive_due() == 1
    assert await deriver.derive_due() == 0
    async with over.house.database.transaction() as tx:
        tx.add(
            PresenceMark(
                session_id=1, endpoint_id=ROOM, source="room", connection="PA_5", at=over.house.at(915)
            )
        )
    assert await deriver.derive_due() == 1
    await CorrectionService(over.house.database, over.house.clock).add(
        PROVINCE,
        SESSION,
        AttendeeId(1),
        "remove",
        EndpointId(ROOM),
        over.house.at(3000),
        over.house.at(3060),
        "x",
    )
    over.house.clock.advance(3 * 24 * 3600)  # long after: only what is marked is looked at
    assert await deriver.derive_due() == 1
    assert await deriver.derive_due() == 0


async def test_figures_changed_by_hand_are_found_and_put_right(over: Hall, seals: SealService) -> None:
    await seals.close(PROVINCE, SESSION)
    for model, change in ((PersonPresence, {"millis": 1}), (RoomTotals, {"completed": 9})):
        async with over.house.database.transaction() as tx:
            await tx.execute(update(model).where(model.session_id == 1).values(change))
        verified = await seals.verify(SESSION)
        assert (verified.figures_hold, verified.changed) == (False, ())
        rebuilt = await seals.rebuild(SESSION)
        assert not rebuilt.identical
        assert (await seals.rebuild(SESSION)).identical
        assert (await seals.verify(SESSION)).holds
