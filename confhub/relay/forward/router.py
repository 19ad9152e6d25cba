"""One media room's router: peers, their published tracks and the copies subscribers get; and its agenda."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence

from confhub.relay.forward.agenda import NEVER, Agenda
from confhub.relay.forward.downtrack import DownTrack
from confhub.relay.forward.ends import Copy, Peer, Track
from confhub.relay.forward.fanout import FanOut
from confhub.relay.forward.levels import SpeakerLevel, Speakers
from confhub.relay.forward.limits import (
    GATHER_LANES,
    GATHER_S,
    LEVEL_WINDOW_S,
    REPAIR_DELAY_S,
    REPORTS_AT_ONCE,
)
from confhub.relay.forward.mediapeer import MediaPeer
from confhub.relay.forward.specs import Quality
from confhub.relay.forward.stats import TrackStats
from confhub.relay.forward.uptrack import UpTrack
from confhub.relay.transport.peer import PeerTransport

__all__ = ["DownTrack", "MediaPeer", "Quality", "Router", "SpeakerLevel", "TrackStats", "UpTrack"]

logger = logging.getLogger(__name__)


class Router:
    """One per media room. It has no timer: at its `deadline` somebody calls `turn`, see `Turns`.

    `on_speakers` is called about each 400 ms while somebody is audible, and once with an empty list
    afterwards; only tracks with an audio-level extension are seen.
    """

    def __init__(
        self,
        *,
        wall: Callable[[], float],
        fanout: FanOut,
        on_sooner: Callable[[], None],
        on_speakers: Callable[[Sequence[SpeakerLevel]], None] | None = None,
        on_wanted: Callable[[Track, Quality | None], None] | None = None,
        on_starved: Callable[[Copy], None] | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """`wall`: unix time in seconds, for NTP times in sender reports; all other times are given, by the
        mux's clock. `on_sooner`: the deadline may be earlier than it was. `on_wanted`: the highest quality
        anybody watches of a video track changed (for subscribed_quality_update), told within TICK_S when it
        rises, after `wanted.LOWER_AFTER_S` when it falls. `on_starved`: a copy's `is_starved` changed (for
        stream_state_update). `rng`: ssrcs and first numbers; the system's by default."""
        self.wall = wall
        self.fanout = fanout
        self.rng = rng or random.SystemRandom()
        self._speakers = Speakers(on_speakers) if on_speakers is not None else None
        self._on_wanted = on_wanted
        self._on_starved = on_starved
        self._peers: dict[Peer, None] = {}
        self._publishers: dict[Peer, None] = {}
        self._on_sooner = on_sooner
        self._agenda: Agenda[Peer] = Agenda()
        self._reporting: dict[Peer, None] = {}
        self._report_s = self._repair_s = self._flush_s = NEVER
        self._is_closed = False

    def add_peer(self, transport: PeerTransport) -> MediaPeer:
        """The media side of that transport (sets transport.media)."""
        assert not self._is_closed, "a closed router takes no peer"
        peer = MediaPeer(self, transport)
        self._peers[peer] = None
        transport.media = peer
        return peer

    def close(self) -> None:
        """All peers end, nothing is due any more. Idempotent."""
        self._is_closed = True
        for peer in list(self._peers):
            peer.close()
        self._agenda.close()
        self._report_s = self._repair_s = self._flush_s = NEVER

    # --- for the forwarding ---

    def forget_peer(self, peer: Peer) -> None:
        """It is closed."""
        self._peers.pop(peer, None)
        self._publishers.pop(peer, None)
        self._reporting.pop(peer, None)
        self._agenda.drop(peer)

    def note_publisher(self, peer: Peer) -> None:
        """It has begun or ended a track."""
        if peer.tracks and not peer.is_closed:
            self._publishers[peer] = None
        else:
            self._publishers.pop(peer, None)

    def wake(self, peer: Peer, now_s: float, at_s: float = 0.0) -> None:
        """Something of that peer is due at `at_s`: `MediaPeer.tick` is called within TICK_S after it."""
        if not peer.is_closed:
            before_s = self._agenda.deadline
            self._agenda.put(peer, at_s, now_s)
            if self._agenda.deadline < before_s:
                self._on_sooner()

    def hurry(self, now_s: float) -> None:
        """A gap was seen: NACKs are due soon."""
        if self._repair_s == NEVER and not self._is_closed:
            self._repair_s = now_s + REPAIR_DELAY_S
            self._on_sooner()

    def report_soon(self, peer: Peer, now_s: float) -> None:
        """A copy of that peer began: its sender reports go out after this burst, a few peers at a time, so
        that the media of 302 rooms that switch together does not wait for their reports."""
        self._reporting[peer] = None
        if self._report_s == NEVER and not self._is_closed:
            self._report_s = now_s
            self._on_sooner()

    def flush_soon(self, peer: Peer, lanes: int, now_s: float) -> None:
        """A burst has begun in the fan-out: it goes out with the datagrams that are being read, or a moment
        later where that saves much, see GATHER_LANES."""
        if lanes < GATHER_LANES or self._is_closed:
            peer.transport.defer(self.fanout.flush)
        elif self._flush_s == NEVER:
            self._flush_s = now_s + GATHER_S
            self._on_sooner()

    def tell_wanted(self, track: Track, quality: Quality | None) -> None:
        """The wanted quality of a track changed."""
        if self._on_wanted is not None:
            self._on_wanted(track, quality)

    def tell_starved(self, down: Copy) -> None:
        """A picture was paused for the line's sake, or may come again."""
        if self._on_starved is not None:
            self._on_starved(down)

    # --- by the clock ---

    @property
    def deadline(self) -> float:
        """When `turn` is due, in seconds of the mux's clock; NEVER while nobody has anything due."""
        return min(self._agenda.deadline, self._flush_s, self._repair_s, self._report_s)

    def turn(self, now_s: float) -> None:
        """Everything of this room that is due. Media goes before reports, reports before the rest."""
        if self._flush_s <= now_s:
            self._flush_s = NEVER
            self.fanout.flush()
        if self._report_s <= now_s:
            self._report(now_s)
        if self._repair_s <= now_s:
            self._repair(now_s)
        if self._agenda.deadline <= now_s:
            self.tick(now_s)

    def tick(self, now_s: float) -> None:
        """The turn of every peer that has something due, though the agenda's may be a little later."""
        for peer in self._agenda.take(now_s):
            try:
                self.wake(peer, now_s, peer.tick(now_s))
            except Exception:  # containment of one peer
                logger.exception("the media of a peer ended in a fault")
                peer.close()
        self._agenda.rest(now_s)
        if self._speakers is not None:
            self._speakers.tick(now_s, (track for peer in self._publishers for track in peer.tracks))
            self._agenda.arm(now_s + LEVEL_WINDOW_S if self._speakers.is_audible else NEVER, now_s)

    def _report(self, now_s: float) -> None:
        self._report_s = NEVER
        self.fanout.flush()  # a report tells of packets that are on their way
        for peer in list(self._reporting)[:REPORTS_AT_ONCE]:
            del self._reporting[peer]
            peer.report_now(now_s)
        if self._reporting:
            self._report_s = now_s

    def _repair(self, now_s: float) -> None:
        self._repair_s = NEVER
        still_missing = [peer.repair(now_s) for peer in self._publishers]
        if any(still_missing):
            self._repair_s = now_s + REPAIR_DELAY_S
