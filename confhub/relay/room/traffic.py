"""What went over the wire, for the operator's counters."""

from __future__ import annotations

from dataclasses import dataclass

from confhub.relay.transport.peer import PeerTransport
from confhub.relay.transport.tcp import TcpLine


@dataclass
class Traffic:
    """Media packets and their bytes; `send_drops`: not sent because the kernel's buffer was full, or
    refused."""

    packets_sent: int = 0
    packets_received: int = 0
    bytes_sent: int = 0
    send_drops: int = 0

    def add(self, other: Traffic) -> None:
        """Sum up."""
        self.packets_sent += other.packets_sent
        self.packets_received += other.packets_received
        self.bytes_sent += other.bytes_sent
        self.send_drops += other.send_drops


@dataclass
class Handshakes:
    """DTLS handshakes of the process so far."""

    done: int = 0
    failed: int = 0


def is_over_tcp(transport: PeerTransport) -> bool:
    """Does the peer's media go over TCP now?"""
    return isinstance(getattr(transport.path.sendto, "__self__", None), TcpLine)


def of_transport(transport: PeerTransport) -> Traffic:
    """What was sent to one peer. What it published is counted with its tracks."""
    path = transport.path
    return Traffic(packets_sent=path.packets, bytes_sent=path.octets, send_drops=path.dropped + path.errors)
