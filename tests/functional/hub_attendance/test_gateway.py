"""The rooms' WebSocket against a real server and client."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from sqlalchemy import event, select, update

from confhub.access.rules import SYSTEM
from confhub.attendance.models import AttendanceEvent, PresenceMark
from confhub.http.rooms.connection import TOKEN_REFRESH_S
from confhub.http.rooms.gateway import GATEWAY
from confhub.kernel.errors import Unavailable
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.limits import EVENT_QUEUE
from confhub.registry.values import FleetFilter
from confhub.sessions.events import RoomOrdered, SessionChanged
from confhub.sessions.models import MeetingSession, MuteOrder, SessionEndpoint, StageGrant
from tests.functional.hub_attendance.hub import Hub, Room, bearer
from tests.functional.hub_sessions.running import eventually


def heartbeat(**more: Any) -> dict[str, Any]:
    return {"type": "heartbeat", "state": "joined", "session": 1, "log": [], **more}


def entry(seq: int, event: str, at: str, **more: Any) -> dict[str, Any]:
    return {"seq": seq, "at": at, "event": event, "session": 1, "connection": "own-1", **more}


@pytest.mark.both_databases
async def test_a_room_is_welcomed_and_called_to_the_running_session(hub: Hub) -> None:
    credential = await hub.pair(2)
    ws = await hub.client.ws_connect("/api/v1/endpoint/ws", headers=bearer(credential))
    room = Room(ws)
    welcome = await room.next()
    assert welcome["type"] == "welcome"
    assert welcome["endpoint"] == {
        "id": 2, "code": "H1", "name": "Hội trường tỉnh", "unit": "Tỉnh Phú Thọ", "bandwidth_profile": "full",
    }  # fmt: skip
    assert welcome["heartbeat_s"] == 15
    assert welcome["hub_time"].endswith("Z")
    await room.hello()
    call = await room.until("call")
    assert call["session"] == {
        "id": 1, "title": "Học tập Nghị quyết – đợt 1", "kind": "training", "state": "live",
        "starts_at": "2026-03-02T01:00:00.000Z",
    }  # fmt: skip
    claims = jwt.decode(call["media"]["token"], options={"verify_signature": False})
    assert claims["sub"] == "room:H1"
    assert claims["video"]["canPublish"] is False
    assert call["media"]["url"].startswith("ws://127.0.0.1:")
    await ws.close()


@pytest.mark.parametrize("header", [{}, bearer("ep_nobody"), bearer("é"), {"Authorization": "Basic eA=="}])
async def test_without_a_known_credential_the_door_stays_shut(hub: Hub, header: dict[str, str]) -> None:
    async with hub.client.get("/api/v1/endpoint/ws", headers=header) as answer:
        assert answer.status == 401
        assert (await answer.json())["error"]["code"] == "credential_unknown"


async def test_a_plain_request_at_the_websocket_is_told_to_upgrade(hub: Hub) -> None:
    credential = await hub.pair(2)
    async with hub.client.get("/api/v1/endpoint/ws", headers=bearer(credential)) as answer:
        assert answer.status == 426


async def test_a_newer_connection_of_a_room_closes_the_older(hub: Hub) -> None:
    credential = await hub.pair(2)
    older = await hub.connect(credential)
    newer = await hub.connect(credential)
    assert await older.closed() == 4009
    await newer.hello()
    assert hub.client.app is not None
    assert hub.client.app[GATEWAY].connected == {2}


async def test_a_revoked_credential_closes_the_connection_at_once(hub: Hub) -> None:
    credential = await hub.pair(2)
    room = await hub.connect(credential)
    await room.hello()
    await hub.services.pairing.revoke_credentials(SYSTEM, EndpointId(2))
    assert await room.closed() == 4003
    async with hub.client.get("/api/v1/endpoint/ws", headers=bearer(credential)) as answer:
        assert answer.status == 403
        assert (await answer.json())["error"]["code"] == "credential_revoked"


async def test_another_rooms_revocation_disturbs_nobody(hub: Hub) -> None:
    room, other = await hub.room(2), await hub.room(3)
    await hub.services.pairing.revoke_credentials(SYSTEM, EndpointId(3))
    assert await other.closed() == 4003
    await room.say(**heartbeat(session=None, state="idle"))
    assert (await room.until("heartbeat_ack"))["log_through"] == 0


@pytest.mark.both_databases
async def test_the_rooms_log_is_acknowledged_once_it_is_stored(hub: Hub) -> None:
    room = await hub.room(2)
    hub.house.move_to(120)
    log = [
        entry(1, "joined", "2026-03-02T01:00:10.000Z"),
        entry(2, "present", "2026-03-02T01:00:25.000Z"),
        entry(3, "lost", "2026-03-02T01:00:40.000Z"),
    ]
    await room.say(**heartbeat(log=log))
    ack = await room.until("heartbeat_ack")
    assert ack["log_through"] == 3
    assert ack["received_at"] == ack["hub_time"] == "2026-03-02T01:02:00.000Z"
    assert ack["sent_at"] is None  # the room did not say
    async with hub.house.database.reading() as tx:
        events = (await tx.scalars(select(AttendanceEvent).order_by(AttendanceEvent.seq))).all()
        marks = (await tx.scalars(select(PresenceMark))).all()
    assert [(e.source, e.kind, e.seq) for e in events] == [("room", "joined", 1), ("room", "lost", 3)]
    assert len(marks) == 1


async def test_a_room_states_its_round_trip_and_a_slow_message_moves_nothing(hub: Hub) -> None:
    room = await hub.room(2)
    hub.house.move_to(60)
    await room.say(**heartbeat(sent_at="2026-03-02T01:01:07.000Z"))  # seven seconds ahead
    ack = await room.until("heartbeat_ack")
    assert ack["sent_at"] == "2026-03-02T01:01:07.000Z"
    clock = {
        "asked_at": ack["sent_at"],
        "received_at": ack["received_at"],
        "answered_at": ack["hub_time"],
        "heard_at": ack["sent_at"],
    }
    log = [entry(1, "joined", "2026-03-02T01:01:17.000Z")]
    hub.house.move_to(160)
    await room.say(**heartbeat(sent_at="2026-03-02T01:01:18.000Z", clock=clock, log=log))
    assert (await room.until("heartbeat_ack"))["log_through"] == 1
    async with hub.house.database.reading() as tx:
        at = await tx.scalar(select(AttendanceEvent.at))
    assert at == hub.house.at(70)


async def test_a_room_with_an_older_program_is_judged_by_the_quickest_of_several_messages(hub: Hub) -> None:
    room = await hub.room(2)
    log = [entry(1, "joined", "2026-03-02T01:07:10.000Z")]  # its clock is seven minutes ahead
    acknowledged = []
    for second, way_s in ((60, 9), (75, 0), (90, 20), (105, 5)):
        hub.house.move_to(second)
        sent = hub.house.at(second - way_s) + timedelta(minutes=7)
        await room.say(**heartbeat(sent_at=sent.isoformat(), log=log))
        acknowledged.append((await room.until("heartbeat_ack"))["log_through"])
    assert acknowledged == [0, 0, 0, 1]
    async with hub.house.database.reading() as tx:
        assert await tx.scalar(select(AttendanceEvent.at)) == hub.house.at(10)


@pytest.mark.both_databases
async def test_an_unreadable_log_entry_does_not_block_the_others(hub: Hub) -> None:
    room = await hub.room(2)
    hub.house.move_to(60)
    log = [
        entry(1, "joined", "2026-03-02T01:00:10.000Z"),
        entry(2, "exploded", "2026-03-02T01:00:11.000Z"),
        entry(3, "left", "yesterday"),
        entry(4, "left", "2026-03-02T01:00:20.000Z", connection="x" * 5000),
        entry(5, "left", "9999-12-31T23:59:59Z"),
        "nonsense", None,
        entry(6, "left", "2026-03-02T01:00:20.000Z"),
    ]  # fmt: skip
    await room.say(**heartbeat(log=log))
    assert (await room.until("heartbeat_ack"))["log_through"] == 6
    async with hub.house.database.reading() as tx:
        assert set(await tx.scalars(select(AttendanceEvent.seq))) == {1, 6}


async def test_the_fleet_knows_who_is_connected(hub: Hub) -> None:
    room = await hub.room(2, version="2.5", mode="kiosk")
    await room.say(**heartbeat())
    await room.until("heartbeat_ack")
    await hub.services.fleet.flush()
    (row,) = await hub.services.fleet.list(SYSTEM, FleetFilter(online=True))
    assert (row.endpoint.code, row.version, row.mode, row.state) == ("H1", "2.5", "kiosk", "joined")


async def test_a_joined_room_gets_a_new_token_before_its_own_runs_out(hub: Hub) -> None:
    room = await hub.room(2)
    first = (await room.until("call"))["media"]["token"]
    await room.say(**heartbeat())
    assert (await room.next())["type"] == "heartbeat_ack"  # too early for a token
    hub.house.move_to(360)
    await room.say(**heartbeat())
    token = await room.until("token")
    assert token["session"] == 1
    assert token["media"]["token"] != first


async def test_a_call_goes_to_the_room_that_is_meant(hub: Hub) -> None:
    room, other = await hub.room(2), await hub.room(3)
    await room.until("call")
    await other.until("call")
    hub.house.move_to(30)
    await hub.services.control.call_again(SYSTEM, SessionId(1), EndpointId(2))
    assert (await room.until("call"))["session"]["id"] == 1
    await other.say(**heartbeat())
    assert (await other.next())["type"] == "heartbeat_ack", "the other one was not meant"
    hub.house.move_to(60)
    await hub.services.control.call_again(SYSTEM, SessionId(1))
    assert (await other.until("call"))["session"]["id"] == 1


async def give_floor(hub: Hub, endpoint_id: int = 2) -> None:
    """Stored, and nobody told: as if the event of it had been lost."""
    async with hub.house.database.transaction() as tx:
        row = await tx.get_one(SessionEndpoint, (1, endpoint_id))
        tx.add(
            StageGrant(
                session_id=1, identity=row.identity, display_name="", slot="speaker",
                sources="camera,microphone", granted_at=hub.house.clock.now(),
            )
        )  # fmt: skip


async def reconcile(hub: Hub) -> None:
    assert hub.client.app is not None
    gateway = hub.client.app[GATEWAY]
    gateway.look_at_everybody()
    await gateway.reconcile()


FLOOR = {
    "type": "floor", "session": 1, "granted": True, "grant": 1, "sources": ["camera", "microphone"],
    "accept": False,
}  # fmt: skip


async def test_orders_reach_their_room(hub: Hub) -> None:
    room = await hub.room(2)
    await give_floor(hub)
    hub.services.bus.publish(RoomOrdered(EndpointId(2)))
    assert {**await room.until("floor"), "accept": False} == FLOOR


async def test_a_lost_order_is_sent_at_the_next_look_and_once(hub: Hub) -> None:
    room = await hub.room(2)
    await room.until("call")
    await give_floor(hub)
    for _ in range(3):
        await reconcile(hub)
    await room.say(**heartbeat())
    assert {**await room.next(), "accept": False} == FLOOR
    assert (await room.next())["type"] == "heartbeat_ack"


async def test_a_lost_end_sends_the_room_out_at_the_next_look(hub: Hub) -> None:
    room = await hub.room(2)
    await room.until("call")
    await hub.house.end(10)
    await reconcile(hub)
    assert (await room.next()) == {"type": "session_state", "session": 1, "state": "ended"}
    assert (await room.next()) == {"type": "leave", "session": 1, "reason": "ended"}


async def test_a_room_that_comes_back_is_told_what_it_should_do_now(hub: Hub) -> None:
    credential = await hub.pair(2)
    await give_floor(hub)
    await (await hub.connect(credential)).ws.close()
    room = await hub.connect(credential)
    await room.hello(session=1, state="joined")
    assert (await room.next())["type"] == "call"
    assert {**await room.next(), "accept": False} == FLOOR


async def test_a_mute_told_again_to_a_room_that_comes_back_has_the_same_number(hub: Hub) -> None:
    credential = await hub.pair(2)
    await give_floor(hub)
    async with hub.house.database.transaction() as tx:
        identity = (await tx.get_one(SessionEndpoint, (1, 2))).identity
        tx.add(MuteOrder(session_id=1, identity=identity, source="microphone", muted_at=hub.house.at(1)))
    told = []
    for _ in range(2):
        room = await hub.connect(credential)
        await room.hello(session=1, state="joined")
        told.append(await room.until("mute"))
        await room.ws.close()
    assert told == [{"type": "mute", "session": 1, "mute": 1, "source": "microphone"}] * 2


@pytest.mark.both_databases
async def test_a_room_that_is_still_in_an_ended_session_is_sent_out_as_it_comes_back(hub: Hub) -> None:
    credential = await hub.pair(2)
    await hub.house.end(10)
    room = await hub.connect(credential)
    await room.hello(session=1, state="joined")
    assert (await room.next()) == {"type": "leave", "session": 1, "reason": "ended"}


async def test_a_look_at_many_rooms_costs_as_many_queries_as_one(hub: Hub) -> None:
    asked: list[object] = []
    engine = hub.house.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: asked.append(statement))
    counts = []
    for rooms in ([EndpointId(2)], [EndpointId(key) for key in range(1, 303)]):
        asked.clear()
        assert len(await hub.services.join.standings(rooms)) == len(rooms)
        counts.append(len(asked))
    assert counts[0] == counts[1]


async def test_the_end_of_the_session_is_told_and_sends_the_rooms_out(hub: Hub) -> None:
    room = await hub.room(2)
    await room.until("call")
    await hub.house.end(10)
    hub.services.bus.publish(SessionChanged(SessionId(1)))
    assert (await room.until("session_state")) == {"type": "session_state", "session": 1, "state": "ended"}
    assert (await room.until("leave")) == {"type": "leave", "session": 1, "reason": "ended"}


async def test_what_could_not_be_looked_at_is_told_at_the_next_look(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that was never open is told of once, as it moves: the database was away at that very look."""
    async with hub.house.database.transaction() as tx:
        await tx.execute(update(MeetingSession).values(state="scheduled", actual_start=None))
    room = await hub.room(2)
    assert hub.client.app is not None
    gateway, standings = hub.client.app[GATEWAY], hub.services.join.standings
    failed = asyncio.Event()

    async def away(*_: object) -> None:
        monkeypatch.setattr(hub.services.join, "standings", standings)
        failed.set()
        raise Unavailable

    async def looked_at() -> bool:
        return all(one.known is not None and one.known.looked_at for one in gateway._rooms.values())

    await eventually(looked_at)
    monkeypatch.setattr(hub.services.join, "standings", away)
    async with hub.house.database.transaction() as tx:
        await tx.execute(update(MeetingSession).values(state="cancelled"))
    hub.services.bus.publish(SessionChanged(SessionId(1)))
    await failed.wait()
    gateway.look_at_everybody()
    assert (await room.until("session_state")) == {
        "type": "session_state", "session": 1, "state": "cancelled",
    }  # fmt: skip


async def test_a_token_that_could_not_be_renewed_is_due_at_the_next_heartbeat(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await hub.room(2)
    await room.until("call")
    hub.house.clock.advance(TOKEN_REFRESH_S[1])
    given = hub.services.join.token_for_endpoint

    async def away(*_: object) -> None:
        monkeypatch.setattr(hub.services.join, "token_for_endpoint", given)
        raise Unavailable

    monkeypatch.setattr(hub.services.join, "token_for_endpoint", away)
    await room.say(**heartbeat())
    await room.until("heartbeat_ack")
    await room.say(**heartbeat())
    assert (await room.until("token"))["session"] == 1


async def test_a_removed_room_is_not_called_and_gets_no_token(hub: Hub) -> None:
    async with hub.house.database.transaction() as tx:
        (await tx.get_one(SessionEndpoint, (1, 2))).removed_at = hub.house.at(1)
    credential = await hub.pair(2)
    room = await hub.connect(credential)
    await room.hello()
    async with hub.client.post("/api/v1/endpoint/sessions/1/token", headers=bearer(credential)) as answer:
        assert answer.status == 403
        assert (await answer.json())["error"]["code"] == "removed_from_session"
    await room.say(**heartbeat())
    assert (await room.next())["type"] == "heartbeat_ack"


BAD = [
    "{",
    "[]",
    "null",
    '{"type":"dance"}',
    '{"type":"heartbeat"}',
    '{"type":"hello","state":"\\ud800"}',
    "[" * 9000,
]


@pytest.mark.parametrize("bad", BAD)
async def test_unreadable_messages_are_named_and_too_many_end_the_connection(hub: Hub, bad: str) -> None:
    room = await hub.room(2)
    await room.until("call")
    for _ in range(4):
        await room.ws.send_str(bad)
        error = await room.next()
        assert error["type"] == "error"
        assert error["error"]["code"] == "message_unreadable"
    await room.ws.send_str(bad)
    assert await room.closed() == 4400


async def test_the_first_message_is_hello(hub: Hub) -> None:
    room = await hub.connect(await hub.pair(2))
    await room.say(**heartbeat())
    assert (await room.next())["type"] == "error"


async def test_a_message_that_is_too_large_ends_the_connection(hub: Hub) -> None:
    room = await hub.room(2)
    await room.ws.send_str("x" * (300 * 1024))
    assert await room.closed() == 1009


async def test_too_many_messages_end_the_connection(hub: Hub) -> None:
    room = await hub.room(2)
    message = json.dumps({"type": "pong"})
    for _ in range(70):
        await room.ws.send_str(message)
    assert await room.closed() == 4429


async def test_a_stopping_hub_says_goodbye(hub: Hub) -> None:
    room = await hub.room(2)
    closing = asyncio.create_task(hub.client.server.close())
    assert await room.closed() == 1001
    await closing


async def test_fifty_connections_of_one_room_leave_one(hub: Hub) -> None:
    credential = await hub.pair(2)
    sockets = await asyncio.gather(
        *(hub.client.ws_connect("/api/v1/endpoint/ws", headers=bearer(credential)) for _ in range(50))
    )
    closings = {asyncio.create_task(Room(ws).closed()) for ws in sockets}
    codes: list[int | None] = []
    while len(closings) > 1:
        done, closings = await asyncio.wait(closings, return_when=asyncio.FIRST_COMPLETED)
        codes += [task.result() for task in done]
    assert codes == [4009] * 49
    assert hub.client.app is not None
    assert hub.client.app[GATEWAY].connected == {2}
    closings.pop().cancel()


async def test_lost_events_make_the_gateway_look_anew(hub: Hub) -> None:
    room = await hub.room(2)
    await room.until("call")
    await give_floor(hub)
    for number in range(3, EVENT_QUEUE + 5):
        hub.services.bus.publish(RoomOrdered(EndpointId(number)))
    assert (await room.next())["type"] == "floor"
