"""The gateway: every room's WebSocket, and what the hub tells the rooms over it.

    connect → welcome → hello → (heartbeat ⇄ heartbeat_ack; call, token, leave, floor, mute, session_state)
    → close

Close codes: 1001 the hub stops; 4003 credential revoked; 4009 a newer connection of the same room;
4400 too many unreadable messages; 4408 no message for a minute; 4429 too many messages, or messages not
taken. What a room is ordered to do is the difference between what is stored and what it knows: looked at on
the bus's events, when it says hello, and every `RECONCILE_S`, so that a lost event costs time alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from aiohttp import WSMsgType, web

from confhub.attendance.errors import AttendanceBusy, RoomClockUnmeasured
from confhub.http.addresses import media_url
from confhub.http.context import SERVICES, Services, peer
from confhub.http.rooms import messages as words
from confhub.http.rooms.connection import Message, RoomConnection
from confhub.http.rooms.messages import Heartbeat, Hello, MessageUnreadable, Pong
from confhub.kernel.errors import Conflict, Forbidden, NotFound, Unauthenticated
from confhub.kernel.events import Event
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.limits import ENDPOINT_MESSAGE_MAX_BYTES
from confhub.registry.events import MachineRevoked
from confhub.registry.values import AgentState, EndpointPrincipal
from confhub.sessions.events import RoomOrdered, RoomsCalled, SessionChanged
from confhub.sessions.orders import (
    FloorOrder,
    JoinOrder,
    Known,
    LeaveOrder,
    Order,
    SilenceOrder,
    StateOrder,
)
from confhub.sessions.values import Call

GOING_AWAY: Final = 1001
REVOKED: Final = 4003
REPLACED: Final = 4009
UNREADABLE: Final = 4400
SILENT: Final = 4408
TOO_MUCH: Final = 4429

MALFORMED_MAX: Final = 5
"""Unreadable messages a connection may send; a room of ours sends none."""

SILENCE_S: Final = 60.0
"""Four heartbeats."""

PING_S: Final = 20.0
"""WebSocket pings find dead lines sooner, and keep NAT bindings open."""

TOKENS_AT_ONCE: Final = 8
"""Tokens being looked up and minted at a time, so that a call to 302 rooms leaves the database to others."""

RECONCILE_S: Final = 15.0
"""How long a room may wait for an order of which no event told; with every heartbeat, so to speak. All rooms
together are some five queries."""

_TOPICS: Final = (RoomsCalled, SessionChanged, RoomOrdered, MachineRevoked)

_log = structlog.get_logger(__name__)


class EndpointGateway:
    """Knows every connected room of this hub. `start()`, `serve()` per connection, `close()`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._clock = services.clock
        self._rooms: dict[EndpointId, RoomConnection] = {}
        self._tokens = asyncio.Semaphore(TOKENS_AT_ONCE)
        self._due = _Due()
        self._tasks: list[asyncio.Task[None]] = []
        self._farewells: set[asyncio.Task[None]] = set()
        self._stopping = False

    # -- life --------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to listen to the bus."""
        listening = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._listen(listening), name="gateway-listener"),
            asyncio.create_task(self._keep_up(), name="gateway-orders"),
        ]
        await listening.wait()

    async def close(self) -> None:
        """Close every room's connection with 1001, and stop listening."""
        self._stopping = True
        for connection in tuple(self._rooms.values()):
            self._say_goodbye(connection, GOING_AWAY, "the hub stops")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while self._farewells:
            await asyncio.gather(*self._farewells, return_exceptions=True)

    @property
    def connected(self) -> frozenset[EndpointId]:
        """The rooms connected to this hub process now."""
        return frozenset(self._rooms)

    # -- one connection ----------------------------------------------------------------------------

    async def serve(
        self, request: web.Request, principal: EndpointPrincipal, credential: str
    ) -> web.WebSocketResponse:
        """Speak with one room until either side ends it."""
        ws = web.WebSocketResponse(
            heartbeat=PING_S, max_msg_size=ENDPOINT_MESSAGE_MAX_BYTES, compress=False, autoclose=True
        )
        await ws.prepare(request)
        connection = RoomConnection(ws, request, principal, credential, peer(request), self._clock)
        async with self._registered(connection):
            await self._check_credential(connection)  # it may have been revoked while we were not listed
            connection.say(words.welcome(principal, self._clock.now()))
            await self._read(connection)
        await connection.farewell_done()
        return ws

    @asynccontextmanager
    async def _registered(self, connection: RoomConnection) -> AsyncIterator[None]:
        """The connection in the table, and its sender running, for the length of the block."""
        endpoint_id = connection.principal.endpoint_id
        older = self._rooms.get(endpoint_id)
        if older is not None:
            self._say_goodbye(older, REPLACED, "a newer connection of this room")
        self._rooms[endpoint_id] = connection
        sender = asyncio.create_task(connection.run_sender(), name=f"room-{connection.principal.code}")
        if self._stopping:
            self._say_goodbye(connection, GOING_AWAY, "the hub stops")
        try:
            yield
        finally:
            if self._rooms.get(endpoint_id) is connection:
                del self._rooms[endpoint_id]
            if connection.fleet_number is not None:
                self._services.fleet.disconnected(endpoint_id, connection.fleet_number)
            sender.cancel()
            with suppress(asyncio.CancelledError):
                await sender

    async def _read(self, connection: RoomConnection) -> None:
        while connection.closing is None:
            try:
                received = await connection.ws.receive(timeout=SILENCE_S)
            except TimeoutError:
                await connection.close(SILENT, "no heartbeat")
                return
            if received.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                return
            if not connection.within_rate():
                await connection.close(TOO_MUCH, "too many messages")
                return
            text = received.data if received.type is WSMsgType.TEXT else ""
            if not await self._take(connection, text):
                return

    async def _take(self, connection: RoomConnection, text: str) -> bool:
        """Act on one message; False once the connection has been closed for what it sends."""
        try:
            message = words.parse(text)
            if not connection.hello_done and not isinstance(message, Hello):
                raise MessageUnreadable("the first message is hello")
        except MessageUnreadable as error:
            connection.malformed += 1
            self._say(connection, words.error("message_unreadable", str(error)))
            if connection.malformed < MALFORMED_MAX:
                return True
            _log.warning("gateway.unreadable", endpoint=connection.principal.code, reason=str(error))
            await connection.close(UNREADABLE, "unreadable messages")
            return False
        if not isinstance(message, Pong):
            await self._report(connection, message)
        return True

    async def _report(self, connection: RoomConnection, message: Hello | Heartbeat) -> None:
        """Hello or heartbeat: note the room's state, store its log, acknowledge, give what it needs."""
        principal, received_at = connection.principal, self._clock.now()
        connection.session_id = SessionId(message.session) if message.session is not None else None
        if isinstance(message, Hello):
            connection.fleet_number = self._services.fleet.connected(
                principal, message.version, message.mode.value, message.state.value, connection.session_id
            )
        else:
            self._services.fleet.seen(principal.endpoint_id, message.state.value, connection.session_id)
        through = await self._store_log(connection, message)
        ack = words.heartbeat_ack(through, message.sent_at, received_at, self._clock.now())
        self._say(connection, ack)
        if isinstance(message, Hello):
            connection.hello_done = True
            connection.known = Known(connection.session_id)
            self._due.room(principal.endpoint_id)
        elif message.state is not AgentState.IDLE:
            self._refresh_token(connection)

    async def _store_log(self, connection: RoomConnection, message: Hello | Heartbeat) -> int:
        entries, through, unreadable = words.parse_log(message.log)
        trip = (
            message.clock.trip if message.clock else connection.ways.trip(message.sent_at, self._clock.now())
        )
        try:
            receipt = await self._services.attendance.observe_room_log(
                connection.principal, entries, sent_at=message.sent_at, trip=trip
            )
        except (AttendanceBusy, RoomClockUnmeasured):
            return 0  # nothing is acknowledged; the room sends it again
        if unreadable or receipt.refused:
            _log.info(
                "gateway.log_refused",
                endpoint=connection.principal.code,
                unreadable=unreadable,
                refused=receipt.refused,
            )
        return through

    # -- what rooms are told -----------------------------------------------------------------------

    def _say(
        self, connection: RoomConnection, message: Message | Callable[[], Awaitable[Message | None]]
    ) -> None:
        if not connection.say(message):
            self._say_goodbye(connection, TOO_MUCH, "messages are not taken")

    def _say_goodbye(self, connection: RoomConnection, code: int, reason: str) -> None:
        """Close without waiting; the task is owned here."""
        task = asyncio.create_task(connection.close(code, reason), name="room-farewell")
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    def _order(self, connection: RoomConnection, order: Order) -> None:
        match order:
            case StateOrder(session_id, state):
                self._say(connection, words.session_state(session_id, state.value))
            case LeaveOrder(session_id, reason):
                self._say(connection, words.leave(session_id, reason))
            case JoinOrder(call):
                self._call(connection, call)
            case FloorOrder():
                self._say(connection, words.floor(order))
            case SilenceOrder():
                self._say(connection, words.mute(order))

    def _call(self, connection: RoomConnection, wanted: Call) -> None:
        async def make() -> Message | None:
            media = None
            try:
                media = await self._media(connection, wanted.session_id)
            finally:
                if media is None and connection.known is not None:
                    connection.known.forget_call()
            return words.call(wanted, *media) if media else None

        self._say(connection, make)

    def _refresh_token(self, connection: RoomConnection) -> None:
        """At a heartbeat: a new token where the room's is half used up."""
        session_id = connection.session_id
        if session_id is None:
            return
        if connection.token_age_s(session_id) < connection.refresh_after_s:
            return
        connection.token_given(session_id)

        async def make() -> Message | None:
            try:
                media = await self._media(connection, session_id)
            except BaseException:
                connection.token_failed(session_id)
                raise
            return words.fresh_token(session_id, *media) if media else None

        self._say(connection, make)

    async def _media(self, connection: RoomConnection, session_id: SessionId) -> tuple[str, str] | None:
        """(address, token), or None where the room may not join this session now."""
        async with self._tokens:
            try:
                ticket = await self._services.join.token_for_endpoint(connection.principal, session_id)
            except (Conflict, Forbidden, NotFound):
                return None
        connection.token_given(session_id)
        return media_url(self._services, connection.peer), ticket.token

    # -- orders ------------------------------------------------------------------------------------

    async def _listen(self, listening: asyncio.Event) -> None:
        with self._services.bus.subscribe(*_TOPICS) as news:
            listening.set()
            async for event in news:
                self._due.note(event)

    async def _keep_up(self) -> None:
        """Look whenever something is due, and every `RECONCILE_S` at everybody."""
        while True:
            try:
                async with asyncio.timeout(RECONCILE_S):
                    await self._due.wait()
            except TimeoutError:
                self._due.everybody()
            try:
                await self.reconcile()
            except Exception:  # noqa: BLE001 - one look's failure is contained; the next one heals
                _log.exception("gateway.look_failed")

    def look_at_everybody(self) -> None:
        """Let the next look be at every room."""
        self._due.everybody()

    async def reconcile(self) -> None:
        """Tell every room of which something is due what it is to do and does not know yet."""
        rooms, moved = self._due.take()
        try:
            await self._look(rooms, moved)
        except BaseException:
            self._due.back(rooms, moved)
            raise

    async def _look(self, rooms: Collection[EndpointId] | None, moved: Collection[SessionId]) -> None:
        due = [one for key, one in tuple(self._rooms.items()) if rooms is None or key in rooms]
        if not due:
            return
        counting = await self._services.pairing.counting([one.principal.credential_id for one in due])
        for connection in due:
            if connection.principal.credential_id not in counting:
                self._say_goodbye(connection, REVOKED, "credential revoked")
        ready = {one.principal.endpoint_id: one for one in due if one.known and one.closing is None}
        if not ready:
            return
        known = {one.known.session_id for one in ready.values() if one.known}
        arrived = [key for key, one in ready.items() if one.known and not one.known.looked_at]
        standings = await self._services.join.standings(
            list(ready), [*moved, *(key for key in known if key is not None)], arrived
        )
        for key, connection in ready.items():
            assert connection.known is not None, "it said hello"
            for order in connection.known.news(standings[key], moved):
                self._order(connection, order)

    async def _check_credential(self, connection: RoomConnection) -> None:
        """Close 4003 if the very credential of this connection counts no longer."""
        try:
            await self._services.pairing.authenticate(connection.credential)
        except (Unauthenticated, Forbidden):
            self._say_goodbye(connection, REVOKED, "credential revoked")


class _Due:
    """Which rooms are to be looked at, and the sessions that were told of."""

    def __init__(self) -> None:
        self._rooms: set[EndpointId] | None = set()
        self._moved: set[SessionId] = set()
        self._wake = asyncio.Event()

    async def wait(self) -> None:
        """Until something is due."""
        await self._wake.wait()

    def room(self, endpoint_id: EndpointId) -> None:
        """Look at this room."""
        if self._rooms is not None:
            self._rooms.add(endpoint_id)
        self._wake.set()

    def everybody(self) -> None:
        """Look at every room."""
        self._rooms = None
        self._wake.set()

    def note(self, event: Event) -> None:
        """Look at whom the event may concern."""
        match event:
            case RoomOrdered(endpoint_id) | MachineRevoked(endpoint_id):
                self.room(endpoint_id)
            case RoomsCalled(_, endpoint_id) if endpoint_id is not None:
                self.room(endpoint_id)
            case SessionChanged(session_id):
                self._moved.add(session_id)
                self.everybody()
            case _:
                self.everybody()

    def take(self) -> tuple[set[EndpointId] | None, set[SessionId]]:
        """What is due (None: every room), which is due no longer."""
        taken = self._rooms, self._moved
        self._rooms, self._moved = set(), set()
        self._wake.clear()
        return taken

    def back(self, rooms: Collection[EndpointId] | None, moved: Collection[SessionId]) -> None:
        """What was taken could not be looked at: at the next look."""
        self._rooms = None if rooms is None or self._rooms is None else self._rooms | {*rooms}
        self._moved |= {*moved}


GATEWAY: web.AppKey[EndpointGateway] = web.AppKey("gateway")


def install(app: web.Application) -> None:
    """Give the application its gateway: started with it, and closed before its handlers are awaited."""
    gateway = app[GATEWAY] = EndpointGateway(app[SERVICES])

    async def start(_app: web.Application) -> None:
        await gateway.start()

    async def stop(_app: web.Application) -> None:
        await gateway.close()

    app.on_startup.append(start)
    app.on_shutdown.append(stop)
