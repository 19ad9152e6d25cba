"""One DTLS for both ends, driven by datagrams and numbers. aiortc answers it in the transport's tests."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from OpenSSL import SSL

from confhub.relay.wire.dtls import MTU_BYTES, Dtls, DtlsIdentity, DtlsState

NOW = datetime(2026, 3, 1, tzinfo=UTC)
Pair = tuple[Dtls, Dtls]


@pytest.fixture(scope="module")
def identities() -> tuple[DtlsIdentity, DtlsIdentity]:
    return DtlsIdentity(NOW), DtlsIdentity(NOW)


@pytest.fixture
def new(identities: tuple[DtlsIdentity, DtlsIdentity]) -> Pair:
    """(client, server)"""
    ours, theirs = identities
    client = Dtls(ours, "client", [("sha-256", theirs.fingerprint)])
    return client, Dtls(theirs, "server", [("sha-256", ours.fingerprint)])


@pytest.fixture
def pair(new: Pair) -> Pair:
    shake(*new)
    return new


def shake(client: Dtls, server: Dtls, now: float = 0.0) -> None:
    to_server, to_client = client.start(now), server.start(now)
    while to_server or to_client:
        to_client += [reply for datagram in to_server for reply in server.receive(datagram, now)]
        to_server = [reply for datagram in to_client for reply in client.receive(datagram, now)]
        to_client = []


def test_both_sides_have_keys_that_fit_and_wait_for_nothing(pair: Pair) -> None:
    client, server = pair
    assert (client.state, server.state) == (DtlsState.CONNECTED, DtlsState.CONNECTED)
    assert client.keys is not None
    assert server.keys is not None
    assert (client.keys.send, client.keys.receive) == (server.keys.receive, server.keys.send)
    assert client.keys.profile.openssl_name == b"SRTP_AEAD_AES_128_GCM"
    assert client.deadline == server.deadline == float("inf")


def test_whoever_waits_for_a_flight_hands_out_when_to_repeat_its_own(new: Pair) -> None:
    client, server = new
    assert server.start(70.0) == []
    assert server.deadline == float("inf")
    (hello,) = client.start(70.0)
    assert 70.0 < client.deadline <= 71.0
    assert client.poll(70.5) == []  # OpenSSL has not waited long enough
    assert client.deadline > 70.5
    assert all(len(datagram) <= MTU_BYTES for datagram in server.receive(hello, 90.0))
    assert 90.0 < server.deadline <= 91.0


@pytest.mark.parametrize("algorithm", ["SHA-256", "sha-384", "sha-512"])
def test_a_certificate_is_known_by_any_of_its_fingerprints(
    identities: tuple[DtlsIdentity, DtlsIdentity], new: Pair, algorithm: str
) -> None:
    ours, _ = identities
    _, server = new
    shake(*new)
    certificate = server._ssl.get_certificate(as_cryptography=True)
    assert certificate is not None
    digest = getattr(hashes, algorithm.upper().replace("-", ""))()
    value = certificate.fingerprint(digest).hex(":")
    client = Dtls(ours, "client", [("md5", "AB:CD"), (algorithm, value)])
    shake(client, Dtls(identities[1], "server", [("sha-256", ours.fingerprint)]))
    assert client.state is DtlsState.CONNECTED


@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize("told", ["another", "one right, one wrong", "none known"])
def test_another_certificate_than_the_description_s_gives_no_keys(
    identities: tuple[DtlsIdentity, DtlsIdentity], side: str, told: str
) -> None:
    ours, theirs = identities
    right = {"client": theirs.fingerprint, "server": ours.fingerprint}
    expected = {name: [("sha-256", value)] for name, value in right.items()}
    wrong = ("sha-512", ":".join(["AB"] * 64))
    expected[side] = {
        "another": [wrong],
        "one right, one wrong": [*expected[side], wrong],
        "none known": [("sha-1", "AB:CD")],
    }[told]
    client = Dtls(ours, "client", expected["client"])
    server = Dtls(theirs, "server", expected["server"])
    shake(client, server)
    failed = client if side == "client" else server
    assert (failed.state, failed.failure, failed.keys) == (DtlsState.FAILED, "fingerprint", None)


def test_messages_go_both_ways_also_two_in_one_datagram(pair: Pair) -> None:
    client, server = pair
    for near, far in ((client, server), (server, client)):
        (first,) = near.send(b"first")
        (second,) = near.send(b"x" * 1228)  # SCTP's largest packet
        assert far.receive(first, 0.0) == []
        assert far.messages == [b"first"]
        assert far.receive(second, 0.0) == []
        assert far.messages == [b"x" * 1228]
        (third,), (fourth,) = near.send(b"third"), near.send(b"fourth")
        far.receive(third + fourth, 0.0)
        assert far.messages == [b"third", b"fourth"]


def test_what_is_forged_is_lost_and_ends_nothing(pair: Pair) -> None:
    client, server = pair
    (message,) = client.send(b"hello")
    for forged in (
        b"\x17",
        os.urandom(100),
        message[:-1] + bytes([message[-1] ^ 1]),
        b"\x15\xfe\xfd" + bytes(8) + b"\0\2\2\x28",  # a fatal alert in clear
        b"\x15\xfe\xfd" + bytes(8) + b"\0\2\1\0",  # a close_notify in clear
        b"\x16\xfe\xff" + bytes(8) + b"\0\x40\x01" + os.urandom(63),
    ):
        server.receive(forged, 0.0)
        assert (server.state, server.messages) == (DtlsState.CONNECTED, [])
    server.receive(message, 0.0)
    assert server.messages == [b"hello"]


def test_goodbye_ends_the_other_side(pair: Pair) -> None:
    client, server = pair
    (goodbye,) = client.close()
    server.receive(goodbye, 0.0)
    assert (client.state, server.state) == (DtlsState.CLOSED, DtlsState.CLOSED)
    assert server.send(b"anything") == []
    assert client.receive(goodbye, 0.0) == []


def test_no_common_profile_is_a_handshake_that_failed(
    identities: tuple[DtlsIdentity, DtlsIdentity],
) -> None:
    ours, theirs = identities
    bare = DtlsIdentity(NOW)
    bare.context = SSL.Context(SSL.DTLS_METHOD)
    client = Dtls(bare, "client", [("sha-256", theirs.fingerprint)])
    shake(client, Dtls(theirs, "server", [("sha-256", ours.fingerprint)]))
    assert (client.state, client.failure) == (DtlsState.FAILED, "handshake")
