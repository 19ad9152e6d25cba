"""The agent of one room: it carries the machine's actions out, on the hub's link, the seat and the log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from endpoints.agent import machine as m
from endpoints.agent import protocol
from endpoints.agent.clock import RoomClock, iso
from endpoints.agent.hub import HubAddress, HubLink, HubRefused, HubUnreachable, post
from endpoints.agent.journal import Entry, Journal, JournalError
from endpoints.agent.line import Line, alive

log = logging.getLogger(__name__)

LOG_ENTRIES_A_HEARTBEAT = 200  # about 30 kB; what is left follows with the acknowledgement
HEARTBEAT_S = 15.0
FINAL_CODES = (
    "removed_from_session",
    "session_not_open",
    "session_unknown",
    "room_in_other_session",
    "not_in_session",
    "credential_revoked",
    "credential_unknown",
)


class Seat(Protocol):
    """What sits in the media room for this room: a kiosk browser, the LiveKit SDK, or the simulated one.

    It tells by `emit` what happens: SeatJoined, SeatLost, TokenArrived. Nothing is told after `leave` about
    the connection that was left.
    """

    mode: str

    def bind(self, emit: Callable[[m.Event], None], address: HubAddress, credential: str) -> None:
        """Called once, before everything else."""

    def join(self, session: int | str, media: m.MediaGrant) -> None:
        """Begins to join."""

    def leave(self) -> None:
        """Begins to leave."""

    def floor(self, granted: bool, sources: tuple[str, ...]) -> None:
        """The hub grants the floor anew, which ends the mutes of the grant before, or withdraws it. What a
        running grant allows is the media server's to say."""

    def mute(self, source: str) -> None:
        """The hub mutes `microphone` or `camera`; told once for each mute."""

    def report(self) -> dict[str, Any]:
        """Figures for the heartbeat; empty when there are none."""

    def devices(self) -> dict[str, int]:
        """Cameras and microphones of the machine; empty when not known."""

    async def close(self) -> None:
        """Leaves and waits until everything is gone."""


@dataclass(frozen=True, slots=True)
class RoomIdentity:
    """Who the room is to the hub."""

    code: str
    credential: str


class Agent:
    """`run` until cancelled; then the room leaves cleanly and says so."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        address: HubAddress,
        room: RoomIdentity,
        seat: Seat,
        journal: Journal,
        version: str,
        line: Line | None = None,
    ) -> None:
        self.machine = m.Machine()
        self.seat = seat
        self.revoked = ""
        self.called_at = 0.0  # Unix seconds of the first call
        self._http, self._address, self._room, self._version = http, address, room, version
        self._line = line
        self._clock = RoomClock()
        self._journal, self._log = journal, journal.room(room.code)
        self._unmeasured: list[Entry] = []
        self._loop = asyncio.get_running_loop()
        self._beat = asyncio.Event()
        self._heartbeat_s = HEARTBEAT_S
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._more = False
        self._grant: int | None = None  # the one that the room is on stage by
        self._mutes: set[int] = set()  # told of during this grant; the room may have unmuted itself since
        seat.bind(self.handle, address, room.credential)
        self.link = HubLink(
            http,
            address,
            room.credential,
            hello=self._hello,
            prepare=self._sync,
            on_message=self._on_message,
            in_session=lambda: self.machine.state is not m.State.IDLE,
            on_revoked=self._on_revoked,
            line=line,
        )

    async def run(self) -> None:
        """The room's life."""
        self._close_forgotten_connection()
        link = asyncio.create_task(self.link.run())
        beats = asyncio.create_task(self._beats())
        try:
            done, _ = await asyncio.wait({link, beats}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # both run for ever: an end is an error of ours, shown to the owner
        finally:
            await self._leave(link, beats)

    async def _leave(self, link: asyncio.Task[None], beats: asyncio.Task[None]) -> None:
        beats.cancel()
        self.handle(m.LeaveOrdered(None, "shutdown"))
        await self.seat.close()
        await self._sync()
        await self.link.send(self._heartbeat())
        link.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(link, beats, *self._tasks, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()

    def _close_forgotten_connection(self) -> None:
        """After a crash: the connection that was open ended when the log last saw it."""
        last = self._log.open_connection
        if last is not None:
            self._log.add("lost", last.session, last.connection, last.at)

    # the machine

    def handle(self, event: m.Event) -> None:
        """Feeds the machine and does what it says."""
        for action in self.machine.handle(event, time.monotonic()):
            if isinstance(action, m.Join):
                self.seat.join(action.session, action.media)
            elif isinstance(action, m.CloseSeat):
                self.seat.leave()
            elif isinstance(action, m.AskToken):
                self._spawn(self._ask_token(action.session))
            elif isinstance(action, m.Log):
                self._note(action.event, action.session, action.connection)
            else:
                self._beat.set()
        self._set_timer()

    def _note(self, event: str, session: int | str, connection: str) -> None:
        entry = self._log.add(event, session, connection, iso(self._clock.now()))
        if not self._clock.known:
            self._unmeasured.append(entry)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.machine.deadline
        if deadline != float("inf"):
            wait = max(0.0, deadline - time.monotonic())
            self._timer = self._loop.call_later(wait + 0.001, lambda: self.handle(m.Tick()))

    def _spawn(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask_token(self, session: int | str) -> None:
        await alive(self._line)
        try:
            text = await post(
                self._http,
                self._address,
                f"/api/v1/endpoint/sessions/{session}/token",
                {},
                self._room.credential,
            )
            url, token = protocol.media_grant(text)
        except HubRefused as error:
            self.handle(m.TokenRefused(final=error.code in FINAL_CODES))
        except (HubUnreachable, protocol.ProtocolError):
            self.handle(m.TokenRefused(final=False))
        else:
            self.handle(m.TokenArrived(session, m.MediaGrant(url, token, time.monotonic())))

    # the hub

    def _on_message(self, message: protocol.Message) -> None:
        handler = _HANDLERS.get(type(message))
        if handler is not None:
            handler(self, message)

    def _on_welcome(self, message: protocol.Welcome) -> None:
        self.revoked = ""
        self._heartbeat_s = message.heartbeat_s

    def _on_ack(self, message: protocol.HeartbeatAck) -> None:
        self._log.acknowledge(message.log_through)
        if self._clock.heard(message.sent_at, message.received, message.answered):
            self._log.move(self._unmeasured, self._clock.offset_s)
            self._unmeasured = []
        if self._more:
            self._beat.set()

    def _on_call(self, message: protocol.Call) -> None:
        log.info("%s is called to session %s", self._room.code, message.session)
        self.called_at = self.called_at or time.time()
        grant = m.MediaGrant(message.url, message.token, time.monotonic())
        self.handle(m.Called(message.session, grant))

    def _on_token(self, message: protocol.Token) -> None:
        grant = m.MediaGrant(message.url, message.token, time.monotonic())
        self.handle(m.TokenArrived(message.session, grant))

    def _on_leave(self, message: protocol.Leave) -> None:
        self.handle(m.LeaveOrdered(message.session, message.reason))

    def _on_floor(self, message: protocol.Floor) -> None:
        told_again = message.grant is not None and message.grant == self._grant
        if message.session == self.machine.session and not told_again:
            self._grant = message.grant
            self._mutes.clear()
            self.seat.floor(message.granted, message.sources)

    def _on_mute(self, message: protocol.Mute) -> None:
        if message.session == self.machine.session and message.mute not in self._mutes:
            if message.mute is not None:
                self._mutes.add(message.mute)
            self.seat.mute(message.source)

    def _on_session_state(self, message: protocol.SessionState) -> None:
        if message.state in ("ended", "archived", "cancelled"):
            self.handle(m.LeaveOrdered(message.session, message.state))

    def _on_revoked(self, code: str) -> None:
        if not self.revoked:
            log.error("%s: the hub refuses this room: %s", self._room.code, code)
        self.revoked = code
        self.handle(m.LeaveOrdered(None, code))

    # heartbeats

    async def _beats(self) -> None:
        await asyncio.sleep(random.uniform(0, 1))
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._heartbeat_s * random.uniform(0.9, 1.0)):
                    await self._beat.wait()
            self._beat.clear()
            if self.machine.state is m.State.JOINED and self.machine.session is not None:
                self._note("present", self.machine.session, self.machine.connection)
            await self._sync()
            await self.link.send(self._heartbeat())

    async def _sync(self) -> None:
        try:
            await self._journal.sync()
        except JournalError as error:
            log.warning("the connection log cannot be written: %s", error)

    def _body(self, kind: str) -> dict[str, Any]:
        """The log goes along once the hub's clock is known: the answer to the first message tells it. Where
        there is none, it goes all the same, and the hub takes what it can without moving it."""
        entries = self._log.pending(LOG_ENTRIES_A_HEARTBEAT + 1)
        told = entries[:LOG_ENTRIES_A_HEARTBEAT] if self._clock.known or self._clock.unanswered else []
        self._more = len(entries) > len(told)
        body = {
            "type": kind,
            "state": self.machine.state.value,
            "session": self.machine.session,
            "sent_at": self._clock.ask(),
            "log": [entry.message() for entry in told],
        }
        clock = self._clock.stated()
        return body | {"clock": clock} if clock else body

    def _hello(self) -> dict[str, Any]:
        hello = self._body("hello") | {"version": self._version, "mode": self.seat.mode}
        devices = self.seat.devices()
        return hello | {"devices": devices} if devices else hello

    def _heartbeat(self) -> dict[str, Any]:
        beat = self._body("heartbeat")
        media = self.seat.report()
        return beat | {"media": media} if media else beat


_HANDLERS: dict[type, Callable[[Agent, Any], None]] = {
    protocol.Welcome: Agent._on_welcome,
    protocol.HeartbeatAck: Agent._on_ack,
    protocol.Call: Agent._on_call,
    protocol.Token: Agent._on_token,
    protocol.Leave: Agent._on_leave,
    protocol.Floor: Agent._on_floor,
    protocol.Mute: Agent._on_mute,
    protocol.SessionState: Agent._on_session_state,
}
