"""The process's one UDP port: demultiplexes datagrams to peers (RFC 7983, then STUN username, then
address)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from confhub.relay.transport.peer import PeerTransport, TransportEvents
from confhub.relay.wire.sdp import Candidate


class UdpMux:
    """One per relay process. `now` is a monotonic clock in seconds; all clock values of transports are its.

    Use: `mux = UdpMux(now=time.monotonic); await mux.open("0.0.0.0", 7882); t = mux.new_transport(events)`.
    """

    port: int  # the bound port, also after open(host, 0)

    def __init__(self, *, now: Callable[[], float], advertise: Sequence[str] = ()) -> None:
        raise NotImplementedError

    async def open(self, host: str, port: int) -> None:
        """Bind and start reading. host "" or "::" or "0.0.0.0": IPv4 and IPv6 where the machine has it.
        Raises OSError as bind does (the caller names the setting)."""
        raise NotImplementedError

    def candidates(self) -> list[Candidate]:
        """Host candidates for every description, see `host_candidates`."""
        raise NotImplementedError

    def new_transport(self, events: TransportEvents) -> PeerTransport:
        """A fresh transport with its own ICE credentials, known to the mux until closed."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close every transport, await their tasks, close the sockets."""
        raise NotImplementedError
