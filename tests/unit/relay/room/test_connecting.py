"""DTLS roles as the client's description asks for them (RFC 8842), in offers and answers, first and later."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from confhub.relay.room.negotiation.connecting import connect, setup_of
from confhub.relay.transport.mux import UdpMux
from confhub.relay.wire import sdp
from tests.unit.relay.peerkit import Events


@pytest.fixture
async def mux() -> AsyncIterator[UdpMux]:
    mux = UdpMux(now=lambda: 0.0)
    yield mux
    await mux.close()


def _description(setup: str, ufrag: str = "u") -> sdp.SessionDescription:
    line = f"a=setup:{setup}\r\n" if setup else ""
    return sdp.parse(
        "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n"
        f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:a-password-of-24-characters\r\na=fingerprint:sha-256 AB\r\n{line}"
    )


@pytest.mark.parametrize(
    ("kind", "setup", "role", "answered"),
    [
        ("offer", "actpass", "server", "passive"),
        ("offer", "active", "server", "passive"),
        ("offer", "passive", "client", "active"),
        ("offer", "", "server", "passive"),
        ("answer", "active", "server", "passive"),
        ("answer", "passive", "client", "active"),
        ("answer", "", "server", "passive"),
    ],
)
async def test_the_relay_takes_the_other_role(
    mux: UdpMux, kind: str, setup: str, role: str, answered: str
) -> None:
    transport = mux.new_transport(Events())
    connect(transport, _description(setup), kind)
    assert (transport.role, setup_of(transport)) == (role, answered)


@pytest.mark.parametrize(
    ("kind", "setup"), [("offer", "holdconn"), ("answer", "holdconn"), ("answer", "actpass")]
)
async def test_what_decides_nothing_is_refused(mux: UdpMux, kind: str, setup: str) -> None:
    transport = mux.new_transport(Events())
    with pytest.raises(sdp.SdpError):
        connect(transport, _description(setup), kind)
    assert transport.state == "new"


@pytest.mark.parametrize(("first", "role"), [("passive", "client"), ("active", "server")])
async def test_an_ice_restart_keeps_the_roles(mux: UdpMux, first: str, role: str) -> None:
    transport = mux.new_transport(Events())
    connect(transport, _description(first), "offer")
    transport.restart_ice()
    connect(transport, _description("actpass", ufrag="v"), "offer")
    connect(transport, _description(first, ufrag="v"), "offer")
    assert transport.role == role


@pytest.mark.parametrize("kind", ["offer", "answer"])
async def test_the_roles_of_an_association_never_change(mux: UdpMux, kind: str) -> None:
    transport = mux.new_transport(Events())
    connect(transport, _description("passive"), kind)
    with pytest.raises(sdp.SdpError, match="role"):
        connect(transport, _description("active"), kind)
