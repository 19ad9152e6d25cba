"""The fan-out's contract, for every implementation there is."""

import os
import socket
import struct
from collections.abc import Callable, Iterator

import pytest
from pylibsrtp import Policy, Session

from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.fanout import FanOut
from confhub.relay.forward.fanout_py import PyFanOut
from confhub.relay.forward.lane import Edit, Lane, intern_edit
from confhub.relay.transport.path import SendPath
from confhub.relay.wire import rtp, vp8

MakeFanOut = Callable[[Callable[[], float]], FanOut]
IMPLEMENTATIONS: list[MakeFanOut] = [PyFanOut]
PROFILES = [
    Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
]
PLAIN = intern_edit(Edit(0, 0, 0, 0, 0, 0, 0, 0))


class Receiver:
    """A subscriber's socket and keys."""

    def __init__(self, profile: int = Policy.SRTP_PROFILE_AEAD_AES_128_GCM) -> None:
        key = os.urandom(46)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.setblocking(False)
        self.path = SendPath()
        self.path.use_session(Session(_policy(key, Policy.SSRC_ANY_OUTBOUND, profile)))
        self.path.address = self.socket.getsockname()
        self.path.sendto = self.sender.sendto
        self._session = Session(_policy(key, Policy.SSRC_ANY_INBOUND, profile))

    def take(self) -> list[bytes]:
        """What came, decrypted; loopback delivers before sendto returns."""
        found = []
        while True:
            try:
                found.append(self._session.unprotect(self.socket.recv(2048)))
            except BlockingIOError:
                return found

    def close(self) -> None:
        self.socket.close()
        self.sender.close()


def _policy(key: bytes, kind: int, profile: int) -> Policy:
    policy = Policy(key=key, ssrc_type=kind, srtp_profile=profile)
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return policy


@pytest.fixture(params=IMPLEMENTATIONS)
def fanout(request: pytest.FixtureRequest) -> FanOut:
    make: MakeFanOut = request.param
    return make(lambda: 65.5)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.mark.parametrize("profile", PROFILES)
def test_each_lane_gets_its_own_header_and_the_shared_payload(fanout: FanOut, profile: int) -> None:
    receivers = [Receiver(profile) for _ in range(3)]
    edits = [intern_edit(Edit(3, 5, 0, 0, 0, 0, 0, 0)), PLAIN, intern_edit(Edit(3, 5, 0, 0, 0, 0, 0, 0))]
    lanes = [Lane(r.path, 70 + n, 100 + n, edits[n], 0, n * 65000, -n) for n, r in enumerate(receivers)]
    cargo = Cargo(65540, 7, 0x80, b"payload")
    cargo.level = b"\x94"
    cargo.lanes = tuple(lanes)
    assert fanout.queue(cargo)
    fanout.flush()
    for n, receiver in enumerate(receivers):
        (packet,) = receiver.take()
        view = rtp.parse(packet)
        assert (view.ssrc, view.pt, view.marker) == (70 + n, 100 + n, 0x80)
        assert view.seq == (65540 + n * 65000) & 0xFFFF
        assert view.timestamp == (7 - n) & 0xFFFFFFFF
        assert packet[view.payload_at :] == b"payload"
        expected = [] if n == 1 else [(3, struct.pack("!I", int(1.5 * 2**18))[1:]), (5, b"\x94")]
        assert rtp.extensions(packet, view) == expected
        assert (lanes[n].packets, lanes[n].octets) == (1, len(packet))
        receiver.close()


def test_a_burst_keeps_its_order_and_leaves_nothing_behind(fanout: FanOut, receiver: Receiver) -> None:
    lane = Lane(receiver.path, 1, 96, PLAIN, 0, 0, 0)
    for seq in range(20):
        cargo = Cargo(seq, 0, 0, b"%d" % seq)
        cargo.lanes = (lane,)
        assert fanout.queue(cargo) == (seq == 0)
    fanout.flush()
    fanout.flush()
    assert [packet[12:] for packet in receiver.take()] == [b"%d" % seq for seq in range(20)]


def test_vp8_numbers_are_rewritten_for_each_lane(fanout: FanOut, receiver: Receiver) -> None:
    payload = bytes((0x90, 0xF0, 0x80, 5, 6, 7)) + b"\x10frame"
    cargo = Cargo(1, 0, 0, payload, vp8.parse(payload).numbers)
    lane = Lane(receiver.path, 1, 96, intern_edit(Edit(0, 0, 0, 0, 10, 20, 30, 0)), 0, 0, 0)
    other = Lane(receiver.path, 2, 96, PLAIN, 0, 0, 0)
    cargo.lanes = (lane, other)
    fanout.queue(cargo)
    fanout.flush()
    first, second = (vp8.parse(packet[12:]).numbers for packet in sorted(receiver.take()))
    assert {(d.picture_id, d.tl0, d.keyidx) for d in (first, second)} == {(15, 26, 5), (5, 6, 7)}


def test_a_packet_sent_again_is_the_same_datagram(receiver: Receiver) -> None:
    clock = [1.0]
    fanout = PyFanOut(lambda: clock[0])
    sent: list[bytes] = []
    receiver.path.sendto = lambda data, address: sent.append(bytes(data)) or len(data)
    lane = Lane(receiver.path, 1, 96, intern_edit(Edit(3, 0, 0, 0, 0, 0, 0, 0)), 0, 0, 0)
    cargo = Cargo(1, 0, 0, b"x")
    cargo.lanes = (lane,)
    fanout.queue(cargo)
    fanout.flush()
    clock[0] = 2.0
    fanout.send(cargo, lane)
    assert sent[0] == sent[1]


def test_a_peer_without_keys_gets_nothing(fanout: FanOut, receiver: Receiver) -> None:
    receiver.path.srtp = None
    lane = Lane(receiver.path, 1, 96, PLAIN, 0, 0, 0)
    fanout.send(Cargo(1, 0, 0, b"x"), lane)
    fanout.send_padding(lane, 2, 0)
    assert receiver.take() == []
    assert lane.packets == 0


def test_a_full_buffer_is_counted_and_the_others_are_served(fanout: FanOut, receiver: Receiver) -> None:
    full = Receiver()

    def refuse(data: object, address: object) -> int:
        raise BlockingIOError

    full.path.sendto = refuse
    cargo = Cargo(1, 0, 0, b"x")
    cargo.lanes = (Lane(full.path, 1, 96, PLAIN, 0, 0, 0), Lane(receiver.path, 2, 96, PLAIN, 0, 0, 0))
    fanout.queue(cargo)
    fanout.flush()
    assert (full.path.dropped, full.path.packets) == (1, 0)
    assert len(receiver.take()) == 1
    full.close()
