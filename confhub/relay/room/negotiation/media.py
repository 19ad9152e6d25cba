"""A participant's transports: one for v1, two for v0; what they report goes to the room."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from livekit.protocol import models, rtc

from confhub.relay.forward.router import MediaPeer
from confhub.relay.forward.stats import PeerStats
from confhub.relay.room.data import datapackets, datatracks
from confhub.relay.room.negotiation.answering import Answerer
from confhub.relay.room.negotiation.early import Early
from confhub.relay.room.negotiation.offering import Offerer
from confhub.relay.room.participant import Participant
from confhub.relay.room.room import Room
from confhub.relay.room.traffic import Traffic, is_over_tcp, of_transport
from confhub.relay.transport.peer import PeerTransport

log = logging.getLogger(__name__)

_DATA_TRACK = "_data_track"


class _Events:
    """TransportEvents of every transport of one participant."""

    def __init__(self, room: Room, participant: Participant) -> None:
        self._room = room
        self._participant = participant

    def on_connected(self, transport: PeerTransport) -> None:
        self._room.host.handshakes.done += 1
        self._room.set_active(self._participant)

    def on_data_channel(self, transport: PeerTransport, label: str) -> None:
        if label == _DATA_TRACK:
            datatracks.tell_handles(self._participant)
        if self._participant.media is not None:
            self._participant.media.channel_opened(label)

    def on_data(self, transport: PeerTransport, label: str, payload: bytes) -> None:
        if label == _DATA_TRACK:
            datatracks.route(self._participant, payload)
        else:
            datapackets.route(self._participant, label, payload)

    def on_lost(self, transport: PeerTransport, last_seen_s: float) -> None:
        log.info("%s in %s: transport is silent", self._participant.sid, self._room.name)

    def on_closed(self, transport: PeerTransport, reason: str) -> None:
        """A transport that failed cannot come back by itself: the client joins anew."""
        if reason in ("handshake", "fingerprint"):
            self._room.host.handshakes.failed += 1
        log.info("%s in %s: transport closed, %s", self._participant.sid, self._room.name, reason)
        if reason != "peer":
            self._room.dismiss(
                self._participant,
                models.DisconnectReason.MEDIA_FAILURE,
                rtc.LeaveRequest.Action.DISCONNECT
                if reason == "fingerprint"
                else rtc.LeaveRequest.Action.RECONNECT,
            )


def _newest(*transports: PeerTransport) -> float | None:
    seen = [t.last_seen for t in transports if t.last_seen is not None]
    return max(seen, default=None)


def _connect(room: Room, events: _Events) -> tuple[PeerTransport, MediaPeer]:
    transport = room.host.mux.new_transport(events)
    return transport, room.router.add_peer(transport)


class SingleMedia:
    """v1: the client offers one connection for both ways."""

    def __init__(self, room: Room, participant: Participant) -> None:
        self._room = room
        self._early = Early()
        self._transport, self._peer = _connect(room, _Events(room, participant))
        candidates = room.host.mux.candidates()
        self._answerer = Answerer(participant, self._transport, self._peer, candidates, receives=True)

    def offer(self, description: rtc.SessionDescription) -> None:
        self._answerer.answer(description)

    def answer(self, description: rtc.SessionDescription) -> None:
        """The relay never offers here; nothing to do."""

    def claim(self, cids: Sequence[str]) -> None:
        self._answerer.claim(cids)

    def refresh(self) -> None:
        self._answerer.request_sections()

    def resume(self) -> None:
        """The client's next offer restarts ICE."""
        self._answerer.resume()

    def last_seen_s(self) -> float | None:
        return _newest(self._transport)

    def send_data(self, label: str, payload: bytes) -> bool:
        if not self._transport.has_channel(label):
            return self._early.hold(label, payload)
        return self._transport.send_data(label, payload)

    def channel_opened(self, label: str) -> None:
        for payload in self._early.take(label):
            self.send_data(label, payload)

    def traffic(self) -> Traffic:
        return of_transport(self._transport)

    def stats(self) -> PeerStats:
        return self._peer.stats()

    def is_over_tcp(self) -> bool:
        return is_over_tcp(self._transport)

    def close(self) -> None:
        self._room.host.retired.add(self.traffic())
        self._peer.close()
        self._transport.close()


class DualMedia:
    """v0: the client offers the publisher connection, the relay the subscriber connection."""

    def __init__(self, room: Room, participant: Participant) -> None:
        self._room = room
        self._early = Early()
        events = _Events(room, participant)
        self._publisher, self._publisher_peer = _connect(room, events)
        self._subscriber, self._subscriber_peer = _connect(room, events)
        candidates = room.host.mux.candidates()
        self._answerer = Answerer(
            participant, self._publisher, self._publisher_peer, candidates, receives=False
        )
        self._offerer = Offerer(participant, self._subscriber, self._subscriber_peer, candidates)

    def offer(self, description: rtc.SessionDescription) -> None:
        self._answerer.answer(description)

    def answer(self, description: rtc.SessionDescription) -> None:
        self._offerer.answer(description)

    def claim(self, cids: Sequence[str]) -> None:
        self._answerer.claim(cids)

    def refresh(self) -> None:
        self._offerer.refresh()

    def resume(self) -> None:
        self._offerer.resume()

    def last_seen_s(self) -> float | None:
        return _newest(self._publisher, self._subscriber)

    def send_data(self, label: str, payload: bytes) -> bool:
        """On the relay's own channels; on the client's where it may not subscribe and so has no others."""
        way = self._subscriber if self._subscriber.has_channel(label) else self._publisher
        if not way.has_channel(label):
            return self._early.hold(label, payload)
        return way.send_data(label, payload)

    def channel_opened(self, label: str) -> None:
        for payload in self._early.take(label):
            self.send_data(label, payload)

    def traffic(self) -> Traffic:
        total = of_transport(self._publisher)
        total.add(of_transport(self._subscriber))
        return total

    def stats(self) -> PeerStats:
        return self._publisher_peer.stats().plus(self._subscriber_peer.stats())

    def is_over_tcp(self) -> bool:
        return is_over_tcp(self._publisher) or is_over_tcp(self._subscriber)

    def close(self) -> None:
        self._room.host.retired.add(self.traffic())
        for peer, transport in (
            (self._publisher_peer, self._publisher),
            (self._subscriber_peer, self._subscriber),
        ):
            peer.close()
            transport.close()
