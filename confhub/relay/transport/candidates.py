"""Host candidates: which addresses an ICE-lite server tells its peers."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import replace

import ifaddr

from confhub.relay.wire.sdp import Candidate

MAX_CANDIDATES = 16
"""Clients check pairs of every candidate; a machine with more addresses should advertise the right ones."""
MAX_TCP_CANDIDATES = 8
"""TCP is the last resort, and each of its candidates costs every client a connection."""
_HOST_PREFERENCE = 126
_TCP_PREFERENCE = 90
"""RFC 6544 section 4.2: below UDP's of the same type."""
_PASSIVE = 4 << 13
_IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def host_candidates(bound_host: str, port: int, advertise: Sequence[str] = ()) -> list[Candidate]:
    """Candidates for an a=candidate line each, best first.

    `advertise`: IPv4/IPv6 literals, used as they are, in order. If empty: the bound host if it is no
    wildcard, else the machine's interface addresses, loopback last, link-local IPv6 left out. 0.0.0.0 and ::
    are never advertised. Raises ValueError for an advertised text that is no address or a wildcard.
    """
    addresses = _advertised(advertise) or _bound(bound_host) or _interfaces()
    return [_candidate(address, port, rank) for rank, address in enumerate(addresses[:MAX_CANDIDATES])]


def tcp_candidates(udp: Sequence[Candidate], port: int) -> list[Candidate]:
    """Passive TCP candidates (RFC 6544) of the same addresses, each of lower priority than any of UDP."""
    return [
        replace(
            candidate,
            foundation=f"t{candidate.foundation}",
            protocol="tcp",
            priority=_TCP_PREFERENCE << 24 | (_PASSIVE | (8191 - rank)) << 8 | 255,
            port=port,
            tcptype="passive",
        )
        for rank, candidate in enumerate(udp[:MAX_TCP_CANDIDATES])
    ]


def _advertised(texts: Sequence[str]) -> list[_IpAddress]:
    addresses = [ipaddress.ip_address(text) for text in texts]
    if any(address.is_unspecified for address in addresses):
        raise ValueError("a wildcard address cannot be advertised")
    return addresses


def _bound(host: str) -> list[_IpAddress]:
    if not host:
        return []
    address = ipaddress.ip_address(host)
    return [] if address.is_unspecified else [address]


def _interfaces() -> list[_IpAddress]:
    found: list[_IpAddress] = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            address = ipaddress.ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0])
            if not (address.version == 6 and address.is_link_local) and address not in found:
                found.append(address)
    return sorted(found, key=lambda address: (address.is_loopback, address.version))


def _candidate(address: _IpAddress, port: int, rank: int) -> Candidate:
    priority = _HOST_PREFERENCE << 24 | (65535 - rank) << 8 | 255  # RFC 8445 section 5.1.2.1, component 1
    return Candidate(str(rank + 1), 1, "udp", priority, str(address), port)
