"""Which addresses are bound and told."""

import socket

import pytest

from confhub.relay.transport import sockets
from confhub.relay.transport.candidates import host_candidates

pytestmark = pytest.mark.sockets


def test_advertised_addresses_are_told_as_given() -> None:
    found = host_candidates("0.0.0.0", 7882, ["203.0.113.5", "2001:db8::5"])
    assert [(c.address, c.port, c.type) for c in found] == [
        ("203.0.113.5", 7882, "host"),
        ("2001:db8::5", 7882, "host"),
    ]
    assert found[0].priority > found[1].priority


def test_a_bound_address_is_told_and_a_wildcard_never() -> None:
    assert [c.address for c in host_candidates("127.0.0.1", 1)] == ["127.0.0.1"]
    for wildcard in ("0.0.0.0", "::", ""):
        told = [c.address for c in host_candidates(wildcard, 1)]
        assert told
        assert not {"0.0.0.0", "::"} & set(told)
        loopback = [address.startswith("127.") or address == "::1" for address in told]
        assert loopback == sorted(loopback)


@pytest.mark.parametrize("text", ["0.0.0.0", "::", "example", ""])
def test_what_is_no_address_cannot_be_advertised(text: str) -> None:
    with pytest.raises(ValueError):
        host_candidates("0.0.0.0", 1, [text])


def test_a_wildcard_binds_both_families_to_one_port() -> None:
    bound = sockets.bind("::", 0)
    assert len({sock.getsockname()[1] for sock in bound}) == 1
    assert bound[0].family is socket.AF_INET
    for sock in bound:
        sock.close()


def test_a_taken_port_is_an_error_of_the_system() -> None:
    (first,) = sockets.bind("127.0.0.1", 0)
    with pytest.raises(OSError):
        sockets.bind("127.0.0.1", first.getsockname()[1])
    first.close()
