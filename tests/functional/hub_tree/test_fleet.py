"""Who is online: noted without waiting, written in batches, shown by branch."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from confhub.access.rules import SYSTEM
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.permissions import Role
from confhub.registry.errors import EndpointNotFound
from confhub.registry.events import FleetChanged
from confhub.registry.fleet import HEARTBEAT_S, ONLINE_FOR_S, FleetService
from confhub.registry.values import EndpointPrincipal, FleetFilter

pytestmark = pytest.mark.both_databases

if TYPE_CHECKING:
    from tests.plugins.tree import House

_MARK = FleetChanged(EndpointId(0))


async def _pair(house: House, unit: str) -> EndpointPrincipal:
    slip = await house.pairing.issue(SYSTEM, house.rooms[unit])
    return (await house.pairing.redeem(slip.code, "10.0.0.1", "0.1", "pc"))[0]


async def test_a_room_is_online_from_its_connection_to_its_end(house: House) -> None:
    principal = await _pair(house, "A1")
    connection = house.fleet.connected(principal, "0.1", "kiosk", "idle")
    row = await house.fleet.row(SYSTEM, principal.endpoint_id)
    assert (row.online, row.online_since, row.version, row.state) == (
        True, house.clock.now(), "0.1", "idle",
    )  # fmt: skip
    assert (await house.pairing.state(SYSTEM, principal.endpoint_id)).last_used_at == house.clock.now()
    since = house.clock.now()
    house.clock.advance(HEARTBEAT_S)
    house.fleet.seen(principal.endpoint_id, "joined", SessionId(3))
    row = await house.fleet.row(SYSTEM, principal.endpoint_id)
    assert (row.online_since, row.last_seen_at, row.state, row.session_id) == (
        since, house.clock.now(), "joined", 3,
    )  # fmt: skip
    house.fleet.disconnected(principal.endpoint_id, connection)
    row = await house.fleet.row(SYSTEM, principal.endpoint_id)
    assert (row.online, row.state, row.last_seen_at) == (False, None, house.clock.now())


async def test_the_end_of_an_older_connection_leaves_the_newer_one_online(house: House) -> None:
    principal = await _pair(house, "A1")
    older = house.fleet.connected(principal, "0.1", "kiosk", "idle")
    house.fleet.connected(principal, "0.2", "kiosk", "idle")
    house.fleet.disconnected(principal.endpoint_id, older)
    row = await house.fleet.row(SYSTEM, principal.endpoint_id)
    assert (row.online, row.version) == (True, "0.2")


async def test_a_room_that_a_dead_hub_left_online_goes_offline_by_itself(house: House) -> None:
    principal = await _pair(house, "A1")
    house.fleet.connected(principal, "0.1", "kiosk", "idle")
    await house.fleet.flush()
    next_hub = FleetService(house.db, house.clock)
    house.clock.advance(ONLINE_FOR_S)
    assert (await next_hub.row(SYSTEM, principal.endpoint_id)).online
    house.clock.advance(1)
    assert not (await next_hub.row(SYSTEM, principal.endpoint_id)).online


async def test_the_fleet_is_shown_by_branch_and_filtered(house: House) -> None:
    principal = await _pair(house, "A1")
    house.fleet.connected(principal, "0.1", "kiosk", "idle")
    viewer = house.actor(Role.VIEWER, "A")
    assert [row.endpoint.code for row in await house.fleet.list(viewer)] == ["R-A", "R-A1"]
    for wanted, codes in (
        (FleetFilter(online=True), ["R-A1"]),
        (FleetFilter(online=False), ["R-A"]),
        (FleetFilter(search="diem cau a1"), ["R-A1"]),
        (FleetFilter(state="joined"), []),
        (FleetFilter(version="0.1", unit_id=house.units["A1"].id), ["R-A1"]),
    ):
        assert [row.endpoint.code for row in await house.fleet.list(viewer, wanted)] == codes
    summary = await house.fleet.summary(viewer)
    assert (summary.total, summary.online, summary.paired) == (2, 1, 1)
    assert (summary.by_state, summary.by_version) == ({"idle": 1}, {"0.1": 1})
    assert (await house.fleet.summary(house.actor(Role.VIEWER, "B"))).online == 0
    with pytest.raises(EndpointNotFound):
        await house.fleet.row(house.actor(Role.VIEWER, "B"), principal.endpoint_id)


async def test_302_heartbeats_are_one_transaction(house: House) -> None:
    principal = await _pair(house, "A1")
    rows = "\n".join(f"X{number},Phòng {number},A" for number in range(302))
    plan = await house.imports.preview(SYSTEM, "rooms.csv", f"code,name,unit\n{rows}".encode())
    await house.imports.apply(SYSTEM, plan.token)
    for room in await house.registry.under(SYSTEM, [house.units["P"].id]):
        house.fleet.connected(replace(principal, endpoint_id=room.id), "0.1", "simulated", "idle")
    await house.fleet.flush()
    for row in await house.fleet.list(SYSTEM, FleetFilter(online=True)):
        house.fleet.seen(EndpointId(row.endpoint.id), "idle")
    commits: list[object] = []
    event.listen(house.db.engine.sync_engine, "commit", commits.append)
    with house.db.bus.subscribe() as heard:
        await house.fleet.flush()
        assert len(commits) == 1
        house.db.bus.publish(_MARK)
        assert await heard.get() is _MARK  # mere heartbeats tell nobody anything


async def test_the_writing_task_writes_changes_at_once_and_what_is_left_at_its_end(house: House) -> None:
    principal = await _pair(house, "A1")
    with house.db.bus.subscribe(FleetChanged) as heard:
        task = asyncio.create_task(house.fleet.run())
        house.fleet.connected(principal, "0.1", "kiosk", "idle")
        assert await asyncio.wait_for(heard.get(), 30) == FleetChanged(principal.endpoint_id)
        house.fleet.seen(principal.endpoint_id, "called", SessionId(1))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.wait_for(heard.get(), 30) == FleetChanged(principal.endpoint_id)
