"""ICE, DTLS and SRTP against themselves: keys agree, wrong fingerprints fail, losses are asked for."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import pytest

from confhub.relay.wire import sdp, stun
from confhub.relay.wire.dtls import Dtls, DtlsIdentity, DtlsState
from confhub.simulator.rtc import negotiation, srtp
from confhub.simulator.rtc.ice import CHECK_GIVE_UP_S, CONSENT_LOST_S, Credentials, IceAgent, IceState
from confhub.simulator.rtc.negotiation import OfferBook

SERVER = ("127.0.0.1", 7882)


def answer(request: bytes, password: str) -> bytes:
    """What an ICE-lite server says to a check; asserts that the check is a proper one."""
    message = stun.parse(request)
    assert stun.check_integrity(message, password.encode())
    assert message.use_candidate
    return stun.build_success(message.transaction_id, SERVER, password.encode())


def checking() -> tuple[IceAgent, bytes]:
    agent = IceAgent(Credentials("us", "our-password"), Credentials("them", "their-password"), 0.0)
    agent.add_path(0, 0.0)
    ((path, request),) = agent.poll(0.0)
    assert path == 0
    return agent, request


def test_the_first_answered_check_connects_and_consent_keeps_it() -> None:
    agent, request = checking()
    agent.receive(0, answer(request, "their-password"), SERVER, 0.1)
    assert agent.state is IceState.CONNECTED
    now = agent.deadline()
    for _ in range(10):
        ((_, request),) = agent.poll(now)
        agent.receive(0, answer(request, "their-password"), SERVER, now + 0.01)
        assert 1.5 < agent.deadline() - now < 3.5
        now = agent.deadline()
    assert agent.state is IceState.CONNECTED


def test_an_answer_with_the_wrong_password_or_transaction_connects_nothing() -> None:
    agent, request = checking()
    forged = stun.build_success(stun.parse(request).transaction_id, SERVER, b"guess")
    agent.receive(0, forged, SERVER, 0.1)
    agent.receive(0, stun.build_success(b"x" * 12, SERVER, b"their-password"), SERVER, 0.1)
    assert agent.state is IceState.CHECKING


def test_a_silent_server_is_given_up_and_a_lost_consent_ends_the_connection() -> None:
    agent, request = checking()
    agent.poll(CHECK_GIVE_UP_S)
    assert agent.state is IceState.FAILED
    agent, request = checking()
    agent.receive(0, answer(request, "their-password"), SERVER, 0.1)
    agent.poll(0.1 + CONSENT_LOST_S)
    assert agent.state is IceState.FAILED


def test_checks_go_out_faster_while_nothing_is_heard_and_media_counts_as_heard() -> None:
    agent, request = checking()
    agent.receive(0, answer(request, "their-password"), SERVER, 0.1)
    for heard, fast in ((False, True), (True, False)):
        waits = []
        for _ in range(4):
            now = agent.deadline()
            agent.media_at = now if heard else 0.0
            assert len(agent.poll(now)) == 1
            waits.append(agent.deadline() - now)
        assert (max(waits[1:]) < 0.7) is fast


def test_a_full_ice_server_gets_its_own_checks_answered() -> None:
    agent, _ = checking()
    request = stun.build_check(b"q" * 12, "us:them", b"our-password", bytes(8))
    ((_, reply),) = agent.receive(0, request, SERVER, 0.1)
    assert stun.check_integrity(stun.parse(reply), b"our-password")
    forged = stun.build_check(b"q" * 12, "us:them", b"no", bytes(8))
    assert agent.receive(0, forged, SERVER, 0.1) == []


@pytest.fixture(scope="module")
def identities() -> tuple[DtlsIdentity, DtlsIdentity]:
    now = datetime.now(UTC)
    return DtlsIdentity(now), DtlsIdentity(now)


def shake(client: Dtls, server: Dtls) -> None:
    to_server = client.start(0.0)
    for _ in range(10):
        to_client = [reply for datagram in to_server for reply in server.receive(datagram, 0.0)]
        to_server = [reply for datagram in to_client for reply in client.receive(datagram, 0.0)]
        if not to_server and not to_client:
            return


def test_a_handshake_gives_both_sides_keys_that_fit(identities: tuple[DtlsIdentity, DtlsIdentity]) -> None:
    ours, theirs = identities
    client = Dtls(ours, "client", [("sha-256", theirs.fingerprint)])
    server = Dtls(theirs, "server", [("sha-256", ours.fingerprint)])
    shake(client, server)
    assert (client.state, server.state) == (DtlsState.CONNECTED, DtlsState.CONNECTED)
    assert client.keys is not None
    assert server.keys is not None
    assert client.keys.profile.openssl_name.startswith(b"SRTP_AEAD")
    sender, receiver = srtp.SrtpPair(client.keys), srtp.SrtpPair(server.keys)
    packet = struct.pack("!BBHII", 0x80, 96, 7, 8, 9) + b"payload"
    buffer = srtp.SrtpBuffer()
    protected = sender.protect_rtp(packet)
    statuses = []
    for _ in range(2):
        buffer.data[: len(protected)] = protected
        buffer.size[0] = len(protected)
        statuses.append(srtp.unprotect_rtp(receiver.receive_context, buffer.pointer, buffer.size))
    assert statuses[0] == 0
    assert srtp.is_duplicate(statuses[1])


def test_a_certificate_that_does_not_match_the_answer_fails_the_peer(
    identities: tuple[DtlsIdentity, DtlsIdentity],
) -> None:
    ours, theirs = identities
    client = Dtls(ours, "client", [("sha-256", ours.fingerprint)])
    shake(client, Dtls(theirs, "server", [("sha-256", ours.fingerprint)]))
    assert (client.state, client.keys) == (DtlsState.FAILED, None)


def test_an_offer_never_loses_or_reorders_a_section() -> None:
    book = OfferBook(Credentials.fresh(), "AB:CD", 1, "room")
    book.ensure("audio", 2)
    book.ensure("video", 1)
    first = book.publish("video", "cid-1", 77)
    assert "a=msid:- cid-1\r\n" in book.offer()
    book.unpublish("cid-1")
    assert book.offer().count("m=") == 4
    assert "cid-1" not in book.offer()
    assert book.publish("video", "cid-2", 78) == first
    assert [s.kind for s in book.sections] == ["audio", "audio", "video", "video"]


def test_candidates_that_cannot_be_used_are_refused() -> None:
    good = "candidate:1 1 udp 2130706431 ::1 7882 typ host"
    assert negotiation.read_candidate(good) == sdp.Candidate("1", 1, "udp", 2130706431, "::1", 7882)
    for wrong in ("udp", "::1", "7882"):
        replaced = {"udp": "tcp", "::1": "0.0.0.0", "7882": "70000"}[wrong]
        assert negotiation.read_candidate(good.replace(wrong, replaced)) is None
