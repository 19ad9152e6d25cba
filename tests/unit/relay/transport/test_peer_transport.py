"""One peer's life: checks, handshake, migration, loss, goodbye."""

import asyncio
import gc
import os
import random
import weakref

import pytest
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters

from confhub.relay.forward.router import Router
from confhub.relay.transport.mux import UdpMux
from fuzz.binding import binding_request
from tests.plugins.media_plane import Join
from tests.unit.relay.peerkit import Client, Events

pytestmark = pytest.mark.sockets


async def test_the_cheapest_aead_profile_is_agreed_upon(join: Join) -> None:
    joined = await join()
    ssl = joined.client.dtls._ssl
    assert ssl is not None
    assert ssl.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"
    assert joined.transport.state == "connected"
    assert joined.transport.last_seen is not None


async def test_a_client_hello_before_start_is_kept(mux: UdpMux) -> None:
    events, client = Events(), Client()
    transport = mux.new_transport(events)
    await client.open(mux)
    await client.check(transport.ice_ufrag, transport.ice_pwd)
    server = transport.fingerprints
    parameters = RTCDtlsParameters(fingerprints=[RTCDtlsFingerprint(a, v) for a, v in server])
    handshake = asyncio.create_task(client.dtls.start(parameters))
    await client.check(transport.ice_ufrag, transport.ice_pwd)  # behind the ClientHello on the same socket
    transport.start(client.fingerprints)
    async with asyncio.timeout(0.9):  # OpenSSL would repeat the ClientHello after a second
        await handshake
    await events.until("connected")
    await client.close()


async def test_a_wrong_fingerprint_ends_the_transport(mux: UdpMux) -> None:
    events, client = Events(), Client()
    transport = mux.new_transport(events)
    await client.open(mux)
    transport.start([("sha-256", ":".join(["00"] * 32))])
    await client.check(transport.ice_ufrag, transport.ice_pwd)
    parameters = RTCDtlsParameters(fingerprints=[RTCDtlsFingerprint(a, v) for a, v in transport.fingerprints])
    handshake = asyncio.create_task(client.dtls.start(parameters))
    await events.until("closed", "fingerprint")
    handshake.cancel()
    await client.close()


async def test_a_fingerprint_is_required(mux: UdpMux) -> None:
    transport = mux.new_transport(Events())
    with pytest.raises(ValueError):
        transport.start([])


async def test_a_check_with_a_wrong_password_is_not_answered(mux: UdpMux) -> None:
    transport, client = mux.new_transport(Events()), Client()
    await client.open(mux)
    refused = mux.refused
    client.send_raw(binding_request(os.urandom(12), f"{transport.ice_ufrag}:x", b"wrong"))
    await client.check(transport.ice_ufrag, transport.ice_pwd)
    assert mux.refused == refused + 1
    assert len(client.stun_answers) == 1
    await client.close()


async def test_after_an_ice_restart_old_and_new_credentials_lead_to_the_same_transport(join: Join) -> None:
    joined = await join()
    old = (joined.transport.ice_ufrag, joined.transport.ice_pwd)
    new = joined.transport.restart_ice()
    assert new != old
    await joined.client.check(*old)
    await joined.client.check(*new)
    assert joined.transport.state == "connected"


async def test_a_peer_that_changes_its_address_is_followed(join: Join) -> None:
    joined = await join()
    before = joined.transport.remote_address
    await joined.client.move(joined.transport)
    assert joined.transport.remote_address != before
    joined.transport.path.send_rtcp(b"\x80\xc9\x00\x01\x00\x00\x00\x01")
    await joined.client.until(lambda: bool(joined.client.rtcp))


async def test_close_notify_of_the_peer_closes_the_transport(join: Join) -> None:
    joined = await join()
    await joined.client.dtls.stop()
    await joined.events.until("closed", "peer")
    assert joined.transport.state == "closed"


async def test_closing_says_goodbye_and_tells_nobody(join: Join) -> None:
    joined = await join()
    joined.transport.close()
    joined.transport.close()
    await joined.client.until(lambda: joined.client.is_told_goodbye)
    assert not [what for what in joined.events.told if what[0] == "closed"]


async def test_a_silent_peer_is_reported_lost_with_the_time_of_its_last_packet() -> None:
    now_s = [100.0]
    mux = UdpMux(now=lambda: now_s[0], rng=random.Random(1))
    await mux.open("127.0.0.1", 0)
    events, client = Events(), Client()
    transport = mux.new_transport(events)
    await client.connect(mux, transport)
    await events.until("connected")
    now_s[0] = 103.0
    await client.check(transport.ice_ufrag, transport.ice_pwd)
    now_s[0] = 132.9
    mux._sweep()
    assert ("lost", 103.0) not in events.told
    client.send_raw(b"\x80\x6f" + os.urandom(40))  # not authenticated: does not count
    now_s[0] = 133.1
    mux._sweep()
    mux._sweep()
    assert events.told.count(("lost", 103.0)) == 1
    await client.check(transport.ice_ufrag, transport.ice_pwd)
    mux._sweep()
    now_s[0] = 170.0
    mux._sweep()
    assert ("lost", 133.1) in events.told
    await client.close()
    await mux.close()


async def test_a_transport_that_was_never_started_is_not_lost() -> None:
    now_s = [0.0]
    mux = UdpMux(now=lambda: now_s[0])
    await mux.open("127.0.0.1", 0)
    events = Events()
    mux.new_transport(events)
    now_s[0] = 1000.0
    mux._sweep()
    assert events.told == []
    await mux.close()


async def test_garbage_costs_nothing_but_itself(join: Join) -> None:
    joined = await join()
    rng = random.Random(7)
    for first in (0, 1, 21, 22, 23, 60, 70, 128, 144, 191, 200, 255):
        for _ in range(8):
            joined.client.send_raw(bytes([first]) + rng.randbytes(rng.randrange(80)))
    joined.client.send_raw(b"")
    await joined.client.check(joined.transport.ice_ufrag, joined.transport.ice_pwd)
    assert joined.transport.state == "connected"


async def test_a_fault_in_one_peer_ends_that_peer_only(join: Join) -> None:
    one, two = await join(), await join()

    class Broken:
        def on_rtp(self, packet: bytes, arrival_s: float) -> None:
            raise KeyError("a bug")

        def on_rtcp(self, packet: bytes, arrival_s: float) -> None: ...

        def knows_source(self, ssrc: int) -> bool:
            return True

        def on_connected(self, now_s: float) -> None: ...

    one.transport.media = Broken()
    one.client.send_rtp(b"\x80\x6f\x00\x01" + bytes(8) + b"payload")
    await one.events.until("closed", "fault")
    await two.client.check(two.transport.ice_ufrag, two.transport.ice_pwd)
    assert two.transport.state == "connected"


async def test_a_closed_transport_leaves_nothing_behind(mux: UdpMux, router: Router) -> None:
    events, client = Events(), Client()
    transport = mux.new_transport(events)
    peer = router.add_peer(transport)
    await client.connect(mux, transport)
    await events.until("connected")
    gone = weakref.ref(transport)
    peer.close()
    transport.close()
    await client.until(lambda: client.is_told_goodbye)
    await client.close()
    await mux.close()
    del transport, peer
    gc.collect()
    assert gone() is None
    assert not mux._by_ufrag
    assert not mux._by_address
