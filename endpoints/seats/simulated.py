"""The simulated seat: a light WebRTC connection of its own, counted packet by packet."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from endpoints.agent import machine as m
from endpoints.agent.hub import HubAddress
from endpoints.clip.container import Clip
from endpoints.rtc.connection import MediaConnection, MediaRefused, Tools
from endpoints.rtc.peer import PeerStats
from endpoints.rtc.receiver import FrameSink

log = logging.getLogger(__name__)

GATE_HOLD_S = 2.0  # a room whose join hangs does not keep the others out for longer

_KINDS = {"camera": "video", "video": "video", "microphone": "audio", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """One media connection as the room's packets showed it: the diary's line."""

    session: int | str
    connection: str
    stats: PeerStats


class Gate:
    """Spaces the joins of one process: at most `width` at a time and `rate` a second."""

    def __init__(self, width: int, rate: float) -> None:
        self._width, self._step_s = asyncio.Semaphore(width), 1.0 / rate
        self._next = 0.0

    async def __aenter__(self) -> None:
        await self._width.acquire()
        try:
            now = time.monotonic()
            self._next = max(self._next, now) + self._step_s
            await asyncio.sleep(self._next - self._step_s - now)
        except BaseException:
            self._width.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._width.release()


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
        on_record: Callable[[ConnectionRecord], None] = lambda _record: None,
    ) -> None:
        self.joined_at = 0.0  # Unix seconds of the first join
        self.current: MediaConnection | None = None
        self.past = PeerStats()  # sums over the connections that ended
        self._tools, self._name, self._gate = tools, name, gate
        self._clip, self._sink, self._on_record = clip, sink, on_record
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
            self.joined_at = self.joined_at or time.time()
            tell(m.SeatJoined(sid))

        def token(text: str) -> None:
            tell(m.TokenArrived(None, m.MediaGrant("", text, time.monotonic())))

        connection = MediaConnection(
            self._tools, self._name, on_joined=joined, on_token=token, clip=self._clip, sink=self._sink
        )
        run: asyncio.Task[str] | None = None
        try:
            async with self._gate:
                if self._task is not task:
                    return
                self.current = connection
                run = asyncio.create_task(connection.run(media.url, media.token))
                waiting = asyncio.create_task(up.wait())
                await asyncio.wait((run, waiting), timeout=GATE_HOLD_S, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
            reason = await run
            log.info("%s: media ended: %s", self._name, reason)
            tell(m.SeatLost(reason))
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
            received=past.received + stats.received, lost=past.lost + stats.lost, sent=past.sent + stats.sent
        )
        if stats.first_packet_at:
            self._on_record(ConnectionRecord(session, connection.sid, stats))

    def leave(self) -> None:
        """See Seat."""
        self._task = None
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
