"""STUN: the parser, integrity over every input, and a mux that must stay silent until a check is signed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from confhub.relay.wire import stun
from confhub.simulator.rtc.ice import Credentials, IceAgent
from fuzz.clockwork import Clockwork
from fuzz.law import Feed
from fuzz.source import Source
from fuzz.targets.relay import Wire, new_mux

PASSWORD = b"password-of-an-agent"


@contextmanager
def ready() -> Iterator[Feed]:
    """First byte: as it comes, framed, or framed and signed; then the attributes."""
    loop = Clockwork()
    mux = new_mux()
    wire = Wire(mux)

    def feed(data: bytes) -> None:
        source = Source(data)
        how = source.number() % 3
        body = source.rest()
        datagram = body if how == 0 else framed(body) if how == 1 else signed(body, PASSWORD)
        _parse(datagram)
        _agent(datagram)
        if how == 2:
            name = f"{wire.transport.ice_ufrag}:x".encode()
            own = stun._attribute(stun._USERNAME, name) if len(body) % 2 else b""
            datagram = signed(own + body, wire.transport.ice_pwd.encode())
        loop.drive(wire.check(datagram))

    yield feed
    wire.close()
    loop.close()


def framed(body: bytes) -> bytes:
    """A binding request with these attributes."""
    whole = body[: min(len(body) // 4 * 4, 1200)]
    return b"\0\1" + len(whole).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + bytes(12) + whole


def signed(body: bytes, password: bytes) -> bytes:
    """The same with a right integrity and fingerprint behind."""
    whole = body[: min(len(body) // 4 * 4, 1200)]
    return stun._signed(stun.BINDING_REQUEST, bytes(12), whole, password)


def _parse(data: bytes) -> None:
    with contextlib.suppress(stun.StunError):
        message = stun.parse(data)
        assert message.integrity_at == -1 or 20 <= message.integrity_at <= len(data) - 24
        stun.check_integrity(message, PASSWORD)
        answer = stun.build_success(message.transaction_id, ("127.0.0.1", 9), PASSWORD)
        again = stun.parse(answer)
        assert stun.check_integrity(again, PASSWORD)


def _agent(data: bytes) -> None:
    """The rooms' side: an answer that nobody asked for."""
    agent = IceAgent(Credentials("b", "key"), Credentials("a", PASSWORD.decode()), 0.0)
    agent.add_path(0, 0.0)
    agent.poll(0.0)
    with contextlib.suppress(stun.StunError):
        agent.receive(0, data, ("127.0.0.1", 9), 0.1)
