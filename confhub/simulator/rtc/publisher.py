"""What a simulated room or the studio publishes: add_track → track_published → offer → answer → RTP.

A track's way in one line: wanted → announced → offered → flowing → muted or gone.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from confhub.simulator.rtc import negotiation, signal
from confhub.simulator.rtc.peer import Peer
from confhub.simulator.rtc.replay import Replay
from endpoints.clip.container import Clip, ClipTrack

WithPeer = Callable[[Callable[[Peer, float], None]], None]


@dataclass(slots=True)
class _Track:
    source: ClipTrack
    replay: Replay
    cid: str
    sid: str = ""
    mid: int = -1
    offered: bool = False
    flowing: bool = False
    muted: bool = False


class Publisher:
    """Called on the asyncio side; reaches the media thread through `with_peer`."""

    def __init__(
        self,
        clip: Clip | None,
        book: negotiation.OfferBook,
        send: Callable[[bytes], None],
        with_peer: WithPeer,
        *,
        intrude: bool = False,
    ) -> None:
        """`intrude`: offer and send whether or not the server takes the announcement."""
        self._clip, self._book, self._send, self._with_peer = clip, book, send, with_peer
        self._intrude = intrude
        self._tracks: dict[str, _Track] = {}

    @property
    def active(self) -> bool:
        """Whether RTP flows."""
        return any(track.flowing and not track.muted for track in self._tracks.values())

    def allow(self, kinds: set[str]) -> bool:
        """The grant as it is now; announces what is new, ends what is withdrawn. True: a new offer is
        needed."""
        withdrawn = [kind for kind in self._tracks if kind not in kinds]
        for kind in withdrawn:
            self._drop(kind)
        new = sorted(kinds - self._tracks.keys())
        for kind in new:
            self._announce(kind)
        return bool(withdrawn) or (self._intrude and bool(new))

    def _announce(self, kind: str) -> None:
        source = getattr(self._clip, kind, None)
        if not isinstance(source, ClipTrack):
            return
        payload_type = negotiation.VP8_PAYLOAD_TYPE if kind == "video" else negotiation.OPUS_PAYLOAD_TYPE
        ssrc = random.randrange(1, 1 << 32)
        first = (random.getrandbits(15), random.getrandbits(31), random.getrandbits(15))
        track = _Track(source, Replay(source, ssrc, payload_type, first), str(uuid.uuid4()))
        self._tracks[kind] = track
        self._send(signal.add_track(track.cid, source, ssrc))
        if self._intrude:
            track.mid = self._book.publish(kind, track.cid, ssrc)

    def announce_again(self) -> None:
        """The signalling was resumed: what nobody answered may have been lost with the old socket."""
        for track in self._tracks.values():
            if not track.sid:
                self._send(signal.add_track(track.cid, track.source, track.replay.ssrc))

    def published(self, cid: str, sid: str) -> bool:
        """`track_published`: the section may be offered. True when it was one of ours."""
        for kind, track in self._tracks.items():
            if track.cid == cid and not track.sid:
                track.sid = sid
                if track.mid < 0:
                    track.mid = self._book.publish(kind, cid, track.replay.ssrc)
                return True
        return False

    def answered(self) -> None:
        """An answer came: what was offered flows."""
        for track in self._tracks.values():
            if track.offered and not track.flowing:
                track.flowing = True
                replay = track.replay
                self._with_peer(lambda peer, now, replay=replay: peer.sender.add(replay, now))  # type: ignore[misc]

    def unpublished(self, sid: str) -> bool:
        """`track_unpublished` by the server. True: a new offer is needed."""
        for kind, track in list(self._tracks.items()):
            if track.sid == sid:
                self._drop(kind)
                return True
        return False

    def mute(self, kind: str) -> None:
        """The room mutes itself and says so."""
        track = self._tracks.get(kind)
        if track is not None and not track.muted:
            self._silence(track)
            if track.sid:
                self._send(signal.mute(track.sid, True))

    def muted(self, sid: str) -> None:
        """The server muted a track: it falls silent, and says that it did."""
        for kind, track in self._tracks.items():
            if track.sid == sid:
                self.mute(kind)

    def offer(self) -> dict[str, str]:
        """An offer is made now: which of its sections carries which of our tracks."""
        for track in self._tracks.values():
            track.offered = track.mid >= 0
        return {str(track.mid): track.sid for track in self._tracks.values() if track.mid >= 0}

    def _silence(self, track: _Track) -> None:
        track.muted = True
        ssrc = track.replay.ssrc
        self._with_peer(lambda peer, _now: peer.sender.remove(ssrc))

    def _drop(self, kind: str) -> None:
        track = self._tracks.pop(kind)
        self._silence(track)
        self._book.unpublish(track.cid)
