"""The fan-out's contract, for every implementation there is."""

import gc
import struct
from collections.abc import Iterator

import pytest

from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.lane import Edit, intern_edit
from confhub.relay.wire import rtp, vp8
from tests.unit.relay.fanoutkit import PLAIN, PROFILES, Subscriber, Twin, each_twin

pytestmark = [each_twin, pytest.mark.sockets]


@pytest.fixture
def subscriber(twin: Twin) -> Iterator[Subscriber]:
    subscriber = Subscriber(twin)
    yield subscriber
    subscriber.close()


def clock() -> float:
    return 65.5


@pytest.mark.parametrize("profile", PROFILES)
def test_each_lane_gets_its_own_header_and_the_shared_payload(twin: Twin, profile: int) -> None:
    fanout = twin.new(clock)
    subscribers = [Subscriber(twin, n, profile) for n in range(3)]
    edits = [intern_edit(Edit(3, 5, 0, 0, 0, 0, 0, 0)), PLAIN, intern_edit(Edit(3, 5, 0, 0, 0, 0, 0, 0))]
    lanes = [
        twin.lane(s.path, 70 + n, 100 + n, edits[n], 0, n * 65000, -n) for n, s in enumerate(subscribers)
    ]
    cargo = Cargo(65540, 7, 0x80, b"payload")
    cargo.level = b"\x94"
    cargo.lanes = tuple(lanes)
    assert fanout.queue(cargo)
    fanout.flush()
    for n, subscriber in enumerate(subscribers):
        (packet,) = subscriber.take()
        view = rtp.parse(packet)
        assert (view.ssrc, view.pt, view.marker) == (70 + n, 100 + n, 0x80)
        assert view.seq == (65540 + n * 65000) & 0xFFFF
        assert view.timestamp == (7 - n) & 0xFFFFFFFF
        assert packet[view.payload_at :] == b"payload"
        expected = [] if n == 1 else [(3, struct.pack("!I", int(1.5 * 2**18))[1:]), (5, b"\x94")]
        assert rtp.extensions(packet, view) == expected
        assert (lanes[n].packets, lanes[n].octets) == (1, len(packet))
        assert subscriber.counters() == (1, len(packet), 0, 0)
        subscriber.close()


def test_a_burst_keeps_its_order_and_leaves_nothing_behind(twin: Twin, subscriber: Subscriber) -> None:
    fanout = twin.new(clock)
    lane = twin.lane(subscriber.path, 1, 96, PLAIN, 0, 0, 0)
    for seq in range(200):
        cargo = Cargo(seq, 0, 0, b"%d" % seq * (1 + seq % 7))
        cargo.lanes = (lane,)
        assert fanout.queue(cargo) == (seq == 0)
    fanout.flush()
    fanout.flush()
    assert [packet[12:] for packet in subscriber.take()] == [
        b"%d" % seq * (1 + seq % 7) for seq in range(200)
    ]


def test_vp8_numbers_are_rewritten_for_each_lane(twin: Twin, subscriber: Subscriber) -> None:
    fanout = twin.new(clock)
    payload = bytes((0x90, 0xF0, 0x80, 5, 6, 7)) + b"\x10frame"
    cargo = Cargo(1, 0, 0, payload, vp8.parse(payload).numbers)
    lane = twin.lane(subscriber.path, 1, 96, intern_edit(Edit(0, 0, 0, 0, 10, 20, 30, 0)), 0, 0, 0)
    other = twin.lane(subscriber.path, 2, 96, PLAIN, 0, 0, 0)
    cargo.lanes = (lane, other)
    fanout.queue(cargo)
    fanout.flush()
    first, second = (vp8.parse(packet[12:]).numbers for packet in sorted(subscriber.take()))
    assert {(d.picture_id, d.tl0, d.keyidx) for d in (first, second)} == {(15, 26, 5), (5, 6, 7)}


def test_a_packet_sent_again_is_the_same_datagram(twin: Twin, subscriber: Subscriber) -> None:
    now = [1.0]
    fanout = twin.new(lambda: now[0])
    lane = twin.lane(subscriber.path, 1, 96, intern_edit(Edit(3, 0, 0, 0, 0, 0, 0, 0)), 0, 0, 0)
    cargo = Cargo(1, 0, 0, b"x")
    cargo.lanes = (lane,)
    fanout.queue(cargo)
    fanout.flush()
    now[0] = 2.0
    fanout.send(cargo, lane)
    first, second = subscriber.datagrams()
    assert first == second


def test_start_packets_and_padding_go_out_at_once(twin: Twin, subscriber: Subscriber) -> None:
    fanout = twin.new(clock)
    lane = twin.lane(subscriber.path, 9, 111, PLAIN, 0, 3, 5)
    fanout.send(Cargo(70000, 10, 0, b"silence"), lane)
    fanout.send_padding(lane, 70001, 2**32 - 1)
    start, padding = subscriber.take()
    assert start == rtp.build(pt=111, seq=70003, timestamp=15, ssrc=9, payload=b"silence")
    assert padding == b"\xa0" + rtp.build(pt=111, seq=70004, timestamp=4, ssrc=9, payload=b"\0\0\0\x04")[1:]
    assert (lane.packets, lane.octets) == (2, len(start) + len(padding))


def test_a_peer_without_keys_gets_nothing(twin: Twin, subscriber: Subscriber) -> None:
    fanout = twin.new(clock)
    subscriber.path.srtp = None
    lane = twin.lane(subscriber.path, 1, 96, PLAIN, 0, 0, 0)
    cargo = Cargo(1, 0, 0, b"x")
    cargo.lanes = (lane,)
    fanout.queue(cargo)
    fanout.flush()
    fanout.send(Cargo(1, 0, 0, b"x"), lane)
    fanout.send_padding(lane, 2, 0)
    assert subscriber.take() == []
    assert subscriber.counters() == (0, 0, 0, 0)
    assert lane.packets == 0


def test_a_full_buffer_is_counted_and_the_others_are_served(twin: Twin, subscriber: Subscriber) -> None:
    fanout = twin.new(clock)
    full = Subscriber(twin, 1)

    def refuse(data: object, address: object) -> int:
        raise BlockingIOError

    full.path.sendto = refuse
    cargo = Cargo(1, 0, 0, b"x")
    cargo.lanes = (
        twin.lane(full.path, 1, 96, PLAIN, 0, 0, 0),
        twin.lane(subscriber.path, 2, 96, PLAIN, 0, 0, 0),
    )
    fanout.queue(cargo)
    fanout.flush()
    assert full.counters() == (0, 0, 1, 0)
    assert len(subscriber.take()) == 1
    full.close()


def test_an_address_the_kernel_refuses_is_an_error_of_its_path_alone(
    twin: Twin, subscriber: Subscriber
) -> None:
    """The broadcast address is refused with EACCES, port 0 with EINVAL (as a run may be)."""
    fanout = twin.new(clock)
    lost = [Subscriber(twin, n) for n in (1, 2)]
    lost[0].path.address = ("255.255.255.255", 9)
    lost[1].path.address = ("127.0.0.1", 0)
    lanes = [twin.lane(s.path, n, 96, PLAIN, 0, 0, 0) for n, s in enumerate((lost[0], subscriber, lost[1]))]
    for seq in range(3):
        cargo = Cargo(seq, 0, 0, b"x")
        cargo.lanes = tuple(lanes)
        fanout.queue(cargo)
    fanout.flush()
    assert [s.counters() for s in lost] == [(0, 0, 0, 3)] * 2
    assert [lane.packets for lane in lanes] == [0, 3, 0]
    assert len(subscriber.take()) == 3
    for one in lost:
        one.close()


def test_a_socket_closed_under_the_burst_is_an_error_and_no_other_file_is_written(
    twin: Twin, subscriber: Subscriber
) -> None:
    fanout = twin.new(clock)
    stranger = Subscriber(twin, 1)
    lane = twin.lane(subscriber.path, 1, 96, PLAIN, 0, 0, 0)
    for seq in range(2):
        cargo = Cargo(seq, 0, 0, b"x")
        cargo.lanes = (lane,)
        fanout.queue(cargo)
        if not seq:
            fanout.flush()
            assert len(subscriber.datagrams()) == 1
    number = subscriber.sender.fileno()
    subscriber.sender.close()
    reused = stranger.sender.dup()
    assert reused.fileno() == number, "the test needs the number of the closed socket"
    fanout.flush()
    assert subscriber.counters() == (1, 13, 0, 1)
    with pytest.raises(BlockingIOError):
        subscriber.socket.recv(1)
    reused.close()
    stranger.close()


def test_a_path_closed_between_queue_and_flush_gets_nothing(twin: Twin, subscriber: Subscriber) -> None:
    fanout = twin.new(clock)
    stays = Subscriber(twin, 1)
    nowhere = twin.path()
    closed = twin.lane(subscriber.path, 1, 96, PLAIN, 0, 0, 0)
    turned = twin.lane(subscriber.path, 2, 96, PLAIN, 0, 0, 0)
    cargo = Cargo(1, 0, 0, b"x")
    cargo.lanes = (closed, twin.lane(stays.path, 3, 96, PLAIN, 0, 0, 0), turned)
    fanout.queue(cargo)
    turned.path = nowhere
    subscriber.path.srtp = None
    fanout.flush()
    assert subscriber.datagrams() == []
    assert nowhere.packets == 0
    assert len(stays.take()) == 1
    stays.close()


def test_what_only_the_burst_still_knows_is_sent(twin: Twin, subscriber: Subscriber) -> None:
    fanout = twin.new(clock)
    for seq in range(5):
        cargo = Cargo(seq, 0, 0, b"%d" % seq)
        cargo.lanes = (twin.lane(subscriber.path, 1 + seq, 96, PLAIN, 0, 0, 0),)
        fanout.queue(cargo)
    del cargo
    gc.collect()
    fanout.flush()
    assert [packet[12:] for packet in subscriber.take()] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_sendto_of_another_kind_gets_the_protected_bytes_in_order(
    twin: Twin, subscriber: Subscriber
) -> None:
    """As ICE over TCP has it."""
    fanout = twin.new(clock)
    framed: list[tuple[bytes, object]] = []
    over_tcp = Subscriber(twin, 0)
    over_tcp.path.sendto = lambda data, address: framed.append((bytes(data), address)) or len(data)
    over_tcp.path.address = ("tcp", 7)
    for seq in range(4):
        cargo = Cargo(seq, 0, 0, b"%d" % seq)
        cargo.lanes = (
            twin.lane(over_tcp.path, 1, 96, PLAIN, 0, 0, 0),
            twin.lane(subscriber.path, 1, 96, PLAIN, 0, 0, 0),
        )
        fanout.queue(cargo)
    fanout.flush()
    assert [data for data, _ in framed] == subscriber.datagrams()  # of one seed, so of the same keys
    assert {address for _, address in framed} == {("tcp", 7)}
    assert over_tcp.counters() == subscriber.counters()
    over_tcp.close()


def test_a_sendto_may_close_and_send_in_the_middle_of_a_burst(twin: Twin, subscriber: Subscriber) -> None:
    fanout = twin.new(clock)
    over_tcp = Subscriber(twin, 1)
    late = twin.lane(subscriber.path, 2, 96, PLAIN, 0, 0, 0)

    def sendto(data: object, address: object) -> int:
        over_tcp.path.srtp = None
        fanout.send(Cargo(9, 0, 0, b"late"), late)
        raise BrokenPipeError

    over_tcp.path.sendto = sendto
    for seq in range(2):
        cargo = Cargo(seq, 0, 0, b"x")
        cargo.lanes = (twin.lane(over_tcp.path, 1, 96, PLAIN, 0, 0, 0),)
        fanout.queue(cargo)
    fanout.flush()
    assert over_tcp.counters() == (0, 0, 0, 1)
    assert [packet[12:] for packet in subscriber.take()] == [b"late"]
    over_tcp.close()


def test_a_packet_too_large_for_a_datagram_is_left_out(twin: Twin, subscriber: Subscriber) -> None:
    fanout = twin.new(clock)
    lane = twin.lane(subscriber.path, 1, 96, intern_edit(Edit(3, 0, 0, 0, 0, 0, 0, 0)), 0, 0, 0)
    for seq, size in enumerate((1780, 1781, 1)):
        cargo = Cargo(seq, 0, 0, bytes(size))
        cargo.lanes = (lane,)
        fanout.queue(cargo)
    fanout.flush()
    assert [len(datagram) for datagram in subscriber.datagrams()] == [1800 + 16, 21 + 16]
    assert lane.packets == 2


def test_ipv6_and_a_moved_address_are_served(twin: Twin) -> None:
    fanout = twin.new(clock)
    try:
        six = Subscriber(twin, host="::1")
    except OSError:
        pytest.skip("no IPv6 on this machine")
    moved = Subscriber(twin, host="::1", sender=six.sender)
    lane = twin.lane(six.path, 1, 96, PLAIN, 0, 0, 0)
    for seq in range(2):
        cargo = Cargo(seq, 0, 0, b"%d" % seq)
        cargo.lanes = (lane,)
        fanout.queue(cargo)
        fanout.flush()
        six.path.address = moved.socket.getsockname()
    assert [packet[12:] for packet in six.take()] == [b"0"]
    assert [packet[12:] for packet in moved.take()] == [b"1"]
    six.close()
    moved.close()
