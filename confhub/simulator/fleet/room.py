"""One simulated room: the same agent as a real one, on a simulated seat, with its verdict and diary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from confhub.simulator.fleet import diary
from confhub.simulator.fleet.decoder import RoomCheck
from confhub.simulator.fleet.proofs import Watch
from confhub.simulator.fleet.seat import ConnectionRecord, Gate, SimulatedSeat
from confhub.simulator.rtc.connection import Tools
from confhub.simulator.rtc.peer import PeerStats
from confhub.simulator.rtc.roomline import RoomLine
from endpoints.agent import machine as m
from endpoints.agent.agent import Agent, RoomIdentity
from endpoints.agent.hub import HubAddress
from endpoints.agent.journal import Journal
from endpoints.clip.container import Clip

MAX_REJOINS = 200  # of one room


@dataclass(frozen=True, slots=True)
class Rejoin:
    """A time without media, though some was due: from the last packet to the first one after it, in Unix
    milliseconds; on the same connection (a line that died) or a new one. `back_at_ms` is None until then."""

    room: str
    lost_at_ms: int
    back_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a room says of itself. `picture` and `sound` hold for every connection that lasted long enough."""

    state: str
    joined: bool
    picture: bool
    sound: bool
    publishing: bool
    received: int
    lost: int
    sent: int
    connections: int
    called_at: float
    joined_at: float
    freezes: int
    freeze_s: float


class SimulatedRoom:
    """`agent.run()` is its life."""

    def __init__(
        self,
        tools: Tools,
        address: HubAddress,
        identity: RoomIdentity,
        journal: Journal,
        gate: Gate,
        *,
        clip: Clip | None,
        check: RoomCheck | None,
        line: RoomLine | None = None,
        watch: Watch | None = None,
        intrude: bool = False,
        on_ended: Callable[[dict[str, Any]], None],
    ) -> None:
        self.code, self.check = identity.code, check
        self._on_ended = on_ended
        self._good_picture = self._good_sound = 0
        self._bad_picture = self._bad_sound = 0
        self._connections = 0
        self._rejoins: list[Rejoin] = []
        self._lost: tuple[int | str, float] | None = (
            None  # session and last packet of a connection that ended
        )
        self.seat = SimulatedSeat(
            tools,
            identity.code,
            gate,
            clip=clip,
            sink=check.feed if check is not None else None,
            line=line,
            on_keyframe=watch.seen if watch is not None else None,
            intrude=intrude,
            on_record=self._record,
        )
        self.agent = Agent(tools.http, address, identity, self.seat, journal, tools.version, line)

    def _record(self, record: ConnectionRecord) -> None:
        stats = record.stats
        self._note(self._gaps(record.session, stats))
        self._lost = (record.session, stats.last_packet_at)
        self._connections += 1
        self._good_picture += stats.has_picture
        self._good_sound += stats.has_sound
        if stats.judged:
            self._bad_picture += not stats.has_picture
            self._bad_sound += not stats.has_sound
        self._on_ended(diary.line(self.code, record.session, record.connection, stats))

    def open_line(self) -> dict[str, Any] | None:
        """The diary's line of the connection that is open, None when there is none."""
        current, session = self.seat.current, self.agent.machine.session
        if current is None or session is None or not current.stats.first_packet_at:
            return None
        return diary.line(self.code, session, current.sid, current.stats)

    def _gaps(self, session: int | str, stats: PeerStats) -> list[Rejoin]:
        """What a connection knows: the gap before it, and those within."""
        gaps = list(stats.lulls)
        if self._lost is not None and self._lost[0] == session and stats.first_media_at:
            gaps.insert(0, (self._lost[1], stats.first_media_at))
        return [Rejoin(self.code, int(lost * 1000), int(back * 1000)) for lost, back in gaps]

    def _note(self, rejoins: list[Rejoin]) -> None:
        self._rejoins += rejoins[: MAX_REJOINS - len(self._rejoins)]

    def rejoins(self) -> list[Rejoin]:
        """All so far; the last one open while the room is away from a session it was in."""
        current, session = self.seat.current, self.agent.machine.session
        if session is None:
            return self._rejoins[:]
        known = self._gaps(session, current.stats) if current is not None else []
        away = self._lost is not None and self._lost[0] == session
        if away and (current is None or not current.stats.first_media_at):
            assert self._lost is not None  # `away` says so
            known.append(Rejoin(self.code, int(self._lost[1] * 1000), None))
        return self._rejoins + known

    def verdict(self) -> Verdict:
        """The figures now."""
        current = self.seat.current
        stats = current.stats if current is not None else PeerStats()
        open_now = stats.first_packet_at > 0
        past = self.seat.past
        return Verdict(
            state=self.agent.machine.state.value,
            joined=self.agent.machine.state is m.State.JOINED,
            picture=not self._bad_picture and (stats.has_picture if open_now else self._good_picture > 0),
            sound=not self._bad_sound and (stats.has_sound if open_now else self._good_sound > 0),
            publishing=current is not None and current.publishing,
            received=past.received + stats.received,
            lost=past.lost + stats.lost,
            sent=past.sent + stats.sent,
            connections=self._connections + open_now,
            called_at=self.agent.called_at,
            joined_at=self.seat.joined_at,
            freezes=past.freezes + stats.freezes,
            freeze_s=past.freeze_s + stats.freeze_s,
        )
