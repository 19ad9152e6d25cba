"""The simulated seat: a light WebRTC connection of its own, counted packet by packet."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from confhub.simulator.rtc.connection import MediaConnection, MediaRefused, PictureSink, ServerAway, Tools
from confhub.simulator.rtc.peer import PeerStats
from confhub.simulator.rtc.receiver import FrameSink
from confhub.simulator.rtc.roomline import RoomLine
from endpoints.agent import machine as m
from endpoints.agent.hub import HubAddress
from endpoints.clip.container import Clip

log = logging.getLogger(__name__)

AWAY_TRY_S = 0.1  # between two looks whether a server that was away listens again; one looks for all rooms
AWAY_WAIT_S = 10.0  # after that the hub is asked: it may know another server
AGAIN_FASTER = 4.0  # rooms that were in come back so many times faster than rooms join first
GATE_HOLD_S = 2.0  # a room whose join hangs does not keep the others out for longer

_KINDS = {"camera": "video", "video": "video", "microphone": "audio", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """One media connection as the room's packets showed it: the diary's line."""

    session: int | str
    connection: str
    stats: PeerStats


class Gate:
    """Spaces the joins of one process: at most `width` at a time and `rate` a second, rooms that come back a
    few times faster. While a server is away, one look each AWAY_TRY_S is taken for all rooms together."""

    def __init__(self, width: int, rate: float) -> None:
        self._width, self._step_s = asyncio.Semaphore(width), 1.0 / rate
        self._next = 0.0
        self._looks: dict[tuple[str, int], asyncio.Task[None]] = {}

    @contextlib.asynccontextmanager
    async def passing(self, *, again: bool) -> AsyncIterator[None]:
        """Waits for the room's turn, and keeps it for the block."""
        async with self._width:
            now = time.monotonic()
            step_s = self._step_s / AGAIN_FASTER if again else self._step_s
            self._next = max(self._next, now) + step_s
            await asyncio.sleep(self._next - step_s - now)
            yield

    async def listening(self, url: str) -> None:
        """Waits until something listens at the address, at most AWAY_WAIT_S."""
        parts = urlsplit(url)
        place = (parts.hostname or "", parts.port or (443 if parts.scheme in ("wss", "https") else 80))
        look = self._looks.get(place)
        if look is None or look.done():
            look = self._looks[place] = asyncio.create_task(_until_listening(*place))
        await asyncio.wait({look})


async def _until_listening(host: str, port: int) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(AWAY_WAIT_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection(host, port)
                except OSError:
                    await asyncio.sleep(AWAY_TRY_S)
                    continue
                writer.close()
                return


class SimulatedSeat:
    """See agent.Seat. `on_record` gets each connection at its end; `records` of the open one come by
    `current`."""

    mode = "simulated"

    def __init__(
        self,
        tools: Tools,
        name: str,
        gate: Gate,
        *,
        clip: Clip | None = None,
        sink: FrameSink | None = None,
        line: RoomLine | None = None,
        on_keyframe: PictureSink | None = None,
        intrude: bool = False,
        on_record: Callable[[ConnectionRecord], None] = lambda _record: None,
    ) -> None:
        self.joined_at = 0.0  # Unix seconds of the first join
        self.current: MediaConnection | None = None
        self.past = PeerStats()  # sums over the connections that ended
        self._renegotiations = 0  # of those
        self._tools, self._name, self._gate = tools, name, gate
        self._clip, self._sink, self._on_record = clip, sink, on_record
        self._line, self._on_keyframe, self._intrude = line, on_keyframe, intrude
        self._away = False  # the server did not listen when it was tried last
        self._queued: asyncio.Task[None] | None = None  # waits for its turn, or for the server
        self._emit: Callable[[m.Event], None] = lambda _event: None
        self._task: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def bind(self, emit: Callable[[m.Event], None], address: HubAddress, credential: str) -> None:
        """See Seat."""
        self._emit = emit

    def join(self, session: int | str, media: m.MediaGrant) -> None:
        """See Seat."""
        self.leave()
        self._task = asyncio.get_running_loop().create_task(self._sit(session, media))
        self._tasks.add(self._task)
        self._task.add_done_callback(self._tasks.discard)

    async def _sit(self, session: int | str, media: m.MediaGrant) -> None:
        task = asyncio.current_task()
        up = asyncio.Event()

        def tell(event: m.Event) -> None:
            if self._task is task:
                self._emit(event)

        def joined(sid: str) -> None:
            up.set()
            self._away = False
            self.joined_at = self.joined_at or time.time()
            tell(m.SeatJoined(sid))

        def token(text: str) -> None:
            tell(m.TokenArrived(None, m.MediaGrant("", text, time.monotonic())))

        connection = MediaConnection(
            self._tools,
            self._name,
            on_joined=joined,
            on_token=token,
            clip=self._clip,
            sink=self._sink,
            line=self._line,
            on_keyframe=self._on_keyframe,
            intrude=self._intrude,
        )
        run: asyncio.Task[str] | None = None
        try:
            self._queued = task
            if self._away:
                await self._gate.listening(media.url)
            if self._task is not task:
                return
            async with self._gate.passing(again=bool(self.joined_at)):
                if self._task is not task:
                    return
                self._queued, self.current = None, connection
                run = asyncio.create_task(connection.run(media.url, media.token))
                waiting = asyncio.create_task(up.wait())
                await asyncio.wait((run, waiting), timeout=GATE_HOLD_S, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
            reason = await run
            log.info("%s: media ended: %s", self._name, reason)
            tell(m.SeatLost(reason))
        except ServerAway:
            again, self._away = self._away, True  # away twice in a row: after the wait, the hub is asked
            tell(m.SeatLost("away", away=not again))
        except MediaRefused:
            tell(m.SeatLost("refused", refused=True))
        finally:
            if run is not None and not run.done():
                connection.stop()
                await asyncio.gather(run, return_exceptions=True)
            self._finish(session, connection)

    def _finish(self, session: int | str, connection: MediaConnection) -> None:
        stats = connection.stats
        if self.current is connection:
            self.current = None
        past = self.past
        self.past = PeerStats(
            received=past.received + stats.received,
            lost=past.lost + stats.lost,
            sent=past.sent + stats.sent,
            freezes=past.freezes + stats.freezes,
            freeze_s=past.freeze_s + stats.freeze_s,
        )
        self._renegotiations += connection.renegotiations
        if stats.first_packet_at:
            self._on_record(ConnectionRecord(session, connection.sid, stats))

    @property
    def renegotiations(self) -> int:
        """How often the server asked a connection for another offer."""
        return self._renegotiations + (self.current.renegotiations if self.current is not None else 0)

    def leave(self) -> None:
        """See Seat."""
        self._task = None
        if self._queued is not None:
            self._queued.cancel()
            self._queued = None
        if self.current is not None:
            self.current.stop()

    def floor(self, granted: bool, sources: tuple[str, ...]) -> None:
        """The media server's permission leads: it comes with the participant update."""

    def mute(self, source: str) -> None:
        """See Seat."""
        kind = _KINDS.get(source)
        if self.current is not None and kind is not None:
            self.current.mute(kind)

    def report(self) -> dict[str, Any]:
        """See Seat."""
        if self.current is None:
            return {}
        stats = self.current.stats
        return {
            "received": stats.received,
            "lost": stats.lost,
            "picture": stats.has_picture,
            "sound": stats.has_sound,
            "publishing": self.current.publishing,
        }

    def devices(self) -> dict[str, int]:
        """A simulated room has none."""
        return {}

    async def close(self) -> None:
        """See Seat."""
        self.leave()
        await asyncio.gather(*self._tasks, return_exceptions=True)
