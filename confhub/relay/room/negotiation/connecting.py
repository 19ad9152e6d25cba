"""What a client's description says of the connection itself: ICE credentials, fingerprints, DTLS roles, data
channels. Offers and answers are read here alike."""

from __future__ import annotations

from collections.abc import Sequence

from confhub.relay.transport.peer import PeerTransport
from confhub.relay.wire import sdp
from confhub.relay.wire.dtls import Role
from confhub.relay.wire.sdp import SessionDescription

_ROLES: dict[str, dict[str, Role | None]] = {
    "offer": {"actpass": None, "": None, "active": "server", "passive": "client"},
    "answer": {"": "server", "active": "server", "passive": "client"},
}
"""Ours, by what the client's description says it is (RFC 8842, 5.2 to 5.5); None leaves it to us. pion
answers an offer with ice-lite `passive`, libwebrtc `active`."""


def connect(
    transport: PeerTransport, theirs: SessionDescription, kind: str, data_labels: Sequence[str] = ()
) -> None:
    """Begin, or go on, as the client's "offer" or "answer" says. Raises SdpError, also where the DTLS roles
    would change: a transport has one association."""
    ufrag, pwd = credentials(theirs)
    fingerprints = next((s.fingerprints for s in theirs.sections if s.fingerprints), None)
    if not fingerprints:
        raise sdp.SdpError("no fingerprint")
    role = _role(transport, theirs, kind)
    transport.know_remote(ufrag, pwd)
    for section in theirs.sections:
        if section.kind == "application" and section.port:
            transport.enable_data(section.sctp_port or 5000, data_labels)
    transport.start(fingerprints, role)


def credentials(theirs: SessionDescription) -> tuple[str, str]:
    """The client's ICE ufrag and password. Raises SdpError where there are none."""
    for section in theirs.sections:
        if section.ice_ufrag:
            return section.ice_ufrag, section.ice_pwd
    raise sdp.SdpError("no section carries ICE credentials")


def setup_of(transport: PeerTransport) -> str:
    """What our answer says of us."""
    return "active" if transport.role == "client" else "passive"


def _role(transport: PeerTransport, theirs: SessionDescription, kind: str) -> Role:
    setup = next((s.setup for s in theirs.sections if s.ice_ufrag and s.setup), "")
    if setup not in _ROLES[kind]:
        raise sdp.SdpError(f"a=setup:{setup} in an {kind}")
    wanted, present = _ROLES[kind][setup], transport.role
    if present is not None and wanted not in (None, present):
        raise sdp.SdpError("the DTLS role changes")
    return present or wanted or "server"
