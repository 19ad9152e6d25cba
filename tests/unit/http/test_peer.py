"""Forwarded headers count from the configured proxies only."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request

from confhub.http.peer import find_peer


def _peer(remote: str, trusted: tuple[str, ...], **headers: str) -> tuple[str, bool, str]:
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: (remote, 1) if name == "peername" else None
    sent = {"Host": "hub.local", **{name.replace("_", "-"): value for name, value in headers.items()}}
    found = find_peer(make_mocked_request("GET", "/", headers=sent, transport=transport), trusted)
    return found.address, found.secure, found.host


def test_without_proxies_nothing_that_is_forwarded_counts() -> None:
    forged = {"X_Forwarded_For": "198.51.100.1", "X_Forwarded_Proto": "https", "X_Forwarded_Host": "evil"}
    assert _peer("203.0.113.5", (), **forged) == ("203.0.113.5", False, "hub.local")
    assert _peer("203.0.113.5", ("10.0.0.0/8",), **forged) == ("203.0.113.5", False, "hub.local")


def test_a_trusted_proxy_speaks_for_the_browser() -> None:
    said = {
        "X_Forwarded_For": "198.51.100.1",
        "X_Forwarded_Proto": "https",
        "X_Forwarded_Host": "hop.example",
    }
    assert _peer("10.0.0.2", ("10.0.0.0/8",), **said) == ("198.51.100.1", True, "hop.example")


def test_only_the_hops_added_by_trusted_proxies_are_walked() -> None:
    chain = {"X_Forwarded_For": "1.1.1.1, 198.51.100.1, 10.0.0.9"}
    assert _peer("10.0.0.2", ("10.0.0.0/8",), **chain)[0] == "198.51.100.1"


@pytest.mark.parametrize("chain", ["", "unknown", "x, y", "999.1.1.1", ",,,", "_hidden, 10.0.0.9"])
def test_a_chain_that_makes_no_sense_leaves_a_trusted_address(chain: str) -> None:
    assert _peer("10.0.0.2", ("10.0.0.0/8",), X_Forwarded_For=chain)[0] in ("10.0.0.2", "10.0.0.9")


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("198.51.100.1:55", "198.51.100.1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
    ],
)
def test_addresses_with_ports_and_brackets_are_read(written: str, address: str) -> None:
    assert _peer("10.0.0.2", ("10.0.0.0/8",), X_Forwarded_For=written)[0] == address


def test_a_host_header_with_other_characters_is_not_repeated() -> None:
    assert _peer("203.0.113.5", (), Host="a b;<script>")[2] == "localhost"
