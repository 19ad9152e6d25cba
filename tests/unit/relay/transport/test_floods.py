"""Floods from a peer with valid credentials: each finds its budget, and a neighbour does not notice."""

import asyncio
import os

import pytest
from OpenSSL import SSL

from confhub.relay.transport import limits
from confhub.relay.transport.budget import Budget
from confhub.relay.transport.mux import UdpMux
from confhub.relay.transport.strangers import Strangers
from fuzz.binding import binding_request
from tests.plugins.media_plane import Join, Joined
from tests.unit.relay.peerkit import Client, Events

pytestmark = pytest.mark.sockets

REPORT = b"\x80\xc9\0\1\0\0\0\7"


async def serve(joined: Joined) -> None:
    """The relay hears that peer and sends to it."""
    seen_s = joined.transport.last_seen
    joined.client.rtcp.clear()
    await joined.client.check(joined.transport.ice_ufrag, joined.transport.ice_pwd)
    joined.transport.path.send_rtcp(REPORT)
    await joined.client.until(lambda: bool(joined.client.rtcp))
    assert joined.transport.last_seen != seen_s
    assert joined.transport.state == "connected"


async def drained(mux: UdpMux, client: Client) -> None:
    """Everything that was sent before has been read: a stranger's check with a known name marks the place."""
    transport = mux.new_transport(Events())
    other = Client()
    await other.open(mux)
    await other.check(transport.ice_ufrag, transport.ice_pwd)
    await other.close()


def test_a_budget_gives_its_burst_and_then_its_rate() -> None:
    budget = Budget(10, 3)
    assert [budget.take(5.0) for _ in range(5)] == [True] * 3 + [False] * 2
    assert [budget.take(5.25) for _ in range(3)] == [True, True, False]
    assert not budget.has_left(5.25)
    assert budget.has_left(5.4)
    assert [budget.take(99.0) for _ in range(4)] == [True] * 3 + [False]


def test_strangers_are_counted_by_network_and_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STRANGER_CHECKS_PER_S", 2)
    monkeypatch.setattr(limits, "STRANGERS_PER_S", 5)
    strangers = Strangers()
    assert [strangers.take("192.0.2.1") for _ in range(3)] == [True, True, False]
    same_64 = ("2001:db8::1", "2001:db8::ffff", "fe80::1%eth0")
    assert [strangers.take(host) for host in same_64] == [True, True, True]
    assert not strangers.take("192.0.2.9")  # five in all
    strangers.clear()
    assert [strangers.take(host) for host in ("2001:db8::1", "2001:db8::2", "2001:db8::3")] == [
        True,
        True,
        False,
    ]


async def test_a_storm_of_valid_checks_is_answered_within_its_budget(mux: UdpMux, join: Join) -> None:
    good, bad = await join(), await join()
    request = binding_request(
        os.urandom(12), f"{bad.transport.ice_ufrag}:x", bad.transport.ice_pwd.encode(), use_candidate=True
    )
    bad.client.stun_answers.clear()
    for _ in range(limits.CHECKS_BURST + 300):
        bad.client.send_raw(request)
    await serve(good)
    await drained(mux, bad.client)
    assert mux.floods["checks"] >= 200
    assert len(bad.client.stun_answers) <= limits.CHECKS_BURST + 100
    assert sum(map(len, bad.client.stun_answers)) < len(request) * (limits.CHECKS_BURST + 300)


async def test_forged_media_stops_being_decrypted_and_comes_back(
    mux: UdpMux, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FORGED_BURST", 50)
    monkeypatch.setattr(limits, "FORGED_PER_S", 20)
    good, bad = await join(), await join()
    for number in range(200):
        bad.client.send_raw(
            b"\x80\x60" + number.to_bytes(2, "big") + bytes(4) + b"\0\0\0\x07" + os.urandom(60)
        )
    await serve(good)
    await drained(mux, bad.client)
    assert mux.floods["forged media"] >= 100
    assert not bad.transport._inbound_ssrcs
    async with asyncio.timeout(5):  # a twentieth of a second later one is looked at again
        number = 1_000
        while not bad.transport._inbound_ssrcs:
            number += 1
            bad.client.send_rtp(
                b"\x80\x60" + number.to_bytes(2, "big") + bytes(4) + b"\0\0\0\x07" + bytes(20)
            )
            await asyncio.sleep(0.02)


async def test_sources_beyond_the_cap_cost_no_state(mux: UdpMux, join: Join) -> None:
    good, bad = await join(), await join()
    for number in range(limits.MAX_INBOUND_SSRCS + 50):
        bad.client.send_rtp(b"\x80\x60\0\1" + bytes(4) + (7000 + number).to_bytes(4, "big") + bytes(20))
    await serve(good)
    await drained(mux, bad.client)
    assert len(bad.transport._inbound_ssrcs) == limits.MAX_INBOUND_SSRCS
    assert mux.floods["sources"] == 50
    for number in range(20):
        bad.client.send_rtcp(b"\x80\xc9\0\1" + (9000 + number).to_bytes(4, "big"))
    await drained(mux, bad.client)
    assert mux.floods["sources"] == 70


async def test_sources_of_tracks_that_are_gone_make_room_for_new_ones(
    mux: UdpMux, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SOURCE_IDLE_S", 0.0)
    room = await join()
    monkeypatch.setattr(room.peer, "knows_source", lambda ssrc: ssrc == 7000)
    for number in range(limits.MAX_INBOUND_SSRCS):
        room.client.send_rtp(b"\x80\x60\0\1" + bytes(4) + (7000 + number).to_bytes(4, "big") + bytes(20))
    await drained(mux, room.client)
    assert len(room.transport._inbound_ssrcs) == limits.MAX_INBOUND_SSRCS
    for seq, ssrc in ((1, 9999), (2, 7000), (1, 7005)):
        room.client.send_rtp(b"\x80\x60\0" + bytes([seq, 0, 0, 0, 0]) + ssrc.to_bytes(4, "big") + bytes(20))
    await drained(mux, room.client)
    heard = {int.from_bytes(ssrc, "big") for ssrc in room.transport._inbound_ssrcs}
    assert heard == {7000, 7005, 9999}  # of the published track, one that begins again, a new one


async def test_a_storm_of_feedback_is_read_within_its_budget(
    mux: UdpMux, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RTCP_BURST", 100)
    good, bad = await join(), await join()
    nack = b"\x81\xcd\0\x03\0\0\0\x01\0\0\0\x02\0\x05\xff\xff"
    for _ in range(2_000):
        bad.client.send_rtcp(nack)
    await serve(good)
    await drained(mux, bad.client)
    assert mux.floods["feedback"] > 0


async def test_a_flood_of_handshakes_ends_that_transport_alone(mux: UdpMux, join: Join) -> None:
    good = await join()
    client, events = Client(), Events()
    transport = mux.new_transport(events)
    await client.open(mux)
    transport.start(client.fingerprints)
    await client.check(transport.ice_ufrag, transport.ice_pwd)
    for _ in range(limits.HANDSHAKE_DATAGRAMS + 5):
        client.send_raw(b"\x16\xfe\xff" + bytes(8) + b"\0\x40\x01" + os.urandom(63))
    await serve(good)
    await events.until("closed", "handshake")
    assert mux.floods["handshakes"] == 1
    await client.close()


async def test_dtls_from_an_address_without_a_valid_check_is_not_looked_at(mux: UdpMux, join: Join) -> None:
    good, stranger = await join(), Client()
    await stranger.open(mux)
    refused = mux.refused
    for _ in range(300):
        stranger.send_raw(b"\x16\xfe\xff" + bytes(8) + b"\0\x40\x01" + os.urandom(63))
    await serve(good)
    await drained(mux, stranger)
    assert mux.refused - refused == 300
    assert not stranger.stun_answers
    assert not stranger.datagrams
    await stranger.close()


async def test_data_beyond_its_budget_is_lost_to_its_sender_alone(
    mux: UdpMux, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DTLS_BURST", 50)
    good, bad = await join(), await join()
    for _ in range(400):
        bad.client.send_raw(b"\x17\xfe\xfd" + bytes(8) + b"\0\x20" + os.urandom(32))
    await serve(good)
    await drained(mux, bad.client)
    assert mux.floods["data"] > 200
    assert bad.transport.state == "connected"


async def test_nobody_can_begin_the_handshake_again(join: Join) -> None:
    joined = await join()
    dtls = joined.transport._dtls.dtls
    assert dtls is not None
    assert SSL._lib.SSL_get_options(dtls._ssl._ssl) & SSL.OP_NO_RENEGOTIATION
