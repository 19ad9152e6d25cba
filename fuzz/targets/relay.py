"""What several targets share: a relay's objects without sockets."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from livekit.protocol import models, rtc

from confhub.relay.room.participant import Host, Participant, State
from confhub.relay.room.room import Room
from confhub.relay.room.rooms import Rooms
from confhub.relay.transport.mux import UdpMux
from confhub.relay.transport.peer import PeerTransport
from confhub.relay.wire import stun
from confhub.relay.wire.tokens import Grants

KEY, SECRET = "key", "a-secret-of-at-least-32-characters-long"
ADDRESS = ("192.0.2.7", 5004)
_MAX_ANSWER_FACTOR = 3
"""What RFC 9000 allows towards an address that is not validated; a signed check has proved more."""


class NoEvents:
    """TransportEvents and RoomEvents that are only counted."""

    def __init__(self) -> None:
        self.closed = 0

    def on_connected(self, transport: PeerTransport) -> None:
        """Not kept."""

    def on_data_channel(self, transport: PeerTransport, label: str) -> None:
        """Not kept."""

    def on_data(self, transport: PeerTransport, label: str, payload: bytes) -> None:
        """Not kept."""

    def on_lost(self, transport: PeerTransport, last_seen_s: float) -> None:
        """Not kept."""

    def on_closed(self, transport: PeerTransport, reason: str) -> None:
        self.closed += 1

    def emit(
        self,
        event: str,
        room: Room,
        participant: Participant | None = None,
        track: models.TrackInfo | None = None,
        end_reason: models.RoomEndReason | None = None,
    ) -> None:
        """Every event can be written as a webhook."""
        assert room.info().name == room.name


class Link:
    """A SignalLink that reads back what it is given, as the client would."""

    def __init__(self) -> None:
        self.is_closed = False

    def send(self, payload: bytes) -> None:
        rtc.SignalResponse.FromString(payload)

    def close(self) -> None:
        self.is_closed = True


class Sink:
    """A socket's `sendto` that counts bytes."""

    def __init__(self) -> None:
        self.datagrams: list[bytes] = []

    def sendto(self, data: Any, address: Any) -> int:
        self.datagrams.append(bytes(data))
        return len(data)


class Wire:
    """A mux with one transport, and datagrams given to it as if a socket had brought them."""

    def __init__(self, mux: UdpMux) -> None:
        self.mux = mux
        self.transport = mux.new_transport(NoEvents())

    async def check(self, data: bytes) -> None:
        """One datagram of a stranger: an answer only to a signed check, and never a large one."""
        sink = Sink()
        known = dict(self.transport.addresses)
        self.give(data, ADDRESS, sink)
        answered = sum(len(datagram) for datagram in sink.datagrams)
        if answered:
            message = stun.parse(data)
            assert stun.check_integrity(message, self.transport.ice_pwd.encode()), (
                "an unsigned check is answered"
            )
        elif self.transport.addresses != known:
            raise AssertionError("an address is taken without an answer")
        assert answered <= _MAX_ANSWER_FACTOR * len(data), "an answer amplifies"

    def give(self, data: bytes, address: Any, sink: Sink) -> None:
        """As `UdpMux._readable` does with each datagram."""
        if data:
            transport = self.mux._by_address.get(address)
            self.mux._dispatch(data, address, sink.sendto, transport, self.mux.now())
            self.mux._run_deferred()

    def close(self) -> None:
        """Forget the transport; nothing was started that would have to be awaited."""
        self.mux.forget(self.transport)


def new_mux(now: Callable[[], float] = time.monotonic) -> UdpMux:
    """A mux that is never opened."""
    return UdpMux(now=now, advertise=["192.0.2.1"])


def new_rooms(now: Callable[[], float] = time.monotonic) -> Rooms:
    """Rooms without housekeeping; their mux has no socket."""
    host = Host(
        now=now, wall=time.time, mux=new_mux(now), events=NoEvents(), keys={KEY: SECRET}, instance="RI_fuzz"
    )
    return Rooms(host)


def enter(room: Room, identity: str, *, view: str = "", **grants: Any) -> Participant:
    """A participant with a link and no transport yet."""
    attributes = {"confhub.view": view} if view else {}
    token = Grants(
        key=KEY, identity=identity, room=room.name, room_join=True, attributes=attributes,
        can_update_own_metadata=True, **grants,
    )  # fmt: skip
    participant = Participant(token, models.ClientInfo(), 0)
    participant.link = Link()
    room.admit(participant)
    participant.state = State.JOINED
    participant.touch()
    return participant
