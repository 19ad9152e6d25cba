"""Host candidates: which addresses an ICE-lite server tells its peers."""

from __future__ import annotations

from collections.abc import Sequence

from confhub.relay.wire.sdp import Candidate


def host_candidates(bound_host: str, port: int, advertise: Sequence[str] = ()) -> list[Candidate]:
    """Candidates for an a=candidate line each, best first.

    `advertise`: IPv4/IPv6 literals, used as they are, in order. If empty: the bound host if it is no
    wildcard, else the machine's interface addresses, loopback last, link-local IPv6 left out. 0.0.0.0 and ::
    are never advertised. Raises ValueError for an advertised text that is no address or a wildcard.
    """
    raise NotImplementedError
