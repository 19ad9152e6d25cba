"""Transport-wide feedback, read back by a reader of its own: the same in both twins."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.relay.wire.sdp import SdpError
from confhub.simulator.rtc import negotiation
from confhub.simulator.rtc.feedback import read_feedback
from confhub.simulator.rtc.ice import Credentials
from confhub.simulator.rtc.negotiation import OfferBook
from confhub.simulator.rtc.twcc import MAX_ARRIVALS, MAX_TOLD, URI, Arrivals, TransportFeedback
from tests.unit.simulator.test_reading import Wire
from tests.unit.simulator.twins import BOTH, twin

pytestmark = pytest.mark.sockets

TICK_S = 0.00025
ID = 3


@dataclass
class Told:
    """One feedback packet: `came` by 16-bit number, in seconds (their 24 bits of 64 ms wrap)."""

    base: int
    count: int
    number: int
    came: dict[int, float] = field(default_factory=dict)
    lost: list[int] = field(default_factory=list)


def read(packet: bytes) -> Told:
    """The draft's section 3.1, symbol by symbol."""
    first, kind, words, sender, media, base, count, tail = struct.unpack_from("!BBHIIHHI", packet)
    assert (first & 0xDF, kind, 4 * (words + 1)) == (0x80 | 15, 205, len(packet))
    assert (sender, media) == (1, 6)
    end = len(packet) - (packet[-1] if first & 0x20 else 0)
    symbols: list[int] = []
    at = 20
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", packet, at)
        at += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif chunk & 0x4000:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    assert not any(symbols[count:])
    told = Told(base, count, tail & 0xFF)
    moment = (tail >> 8) * 0.064
    for index, symbol in enumerate(symbols[:count]):
        number = base + index & 0xFFFF
        if symbol == 0:
            told.lost.append(number)
            continue
        assert symbol in (1, 2)
        (delta,) = struct.unpack_from("!B" if symbol == 1 else "!h", packet, at)
        at += symbol
        moment += delta * TICK_S
        told.came[number] = moment
    assert at == end
    assert told.count == len(told.came) + len(told.lost)
    assert len(packet) <= 1200
    return told


def packet(number: int, *, two_bytes: bool = False, ident: int = ID) -> bytes:
    """RTP with an extension before that of the transport-wide number."""
    low = struct.pack("!H", number & 0xFFFF)
    if two_bytes:
        body, profile = b"\x02\x03abc" + bytes([ident, 2]) + low, 0x1000
    else:
        body, profile = b"\x22abc\x00" + bytes([ident << 4 | 1]) + low, 0xBEDE
    body += bytes(-len(body) % 4)
    head = struct.pack("!BBHII", 0x90, 111, number & 0xFFFF, 0, 6)
    return head + struct.pack("!HH", profile, len(body) // 4) + body + b"opus"


class Room:
    """A receiver of either twin, and what it tells of."""

    def __init__(self, name: str) -> None:
        self.receiver: Any = twin(name).receiver(1, negotiation.PAYLOAD_TYPES)
        self.receiver.feedback_id = ID
        self._feedback = TransportFeedback(1)

    def take(self, number: int, at: float, **how: Any) -> None:
        data = packet(number, **how)
        self.receiver.rtp(bytearray(data), len(data), at)

    def tell(self) -> list[Told]:
        ssrc, arrivals = self.receiver.take_arrivals()
        return [read(one) for one in self._feedback.packets(arrivals, ssrc)]


def assert_times(told: Told, wanted: dict[int, float]) -> None:
    assert list(told.came) == [number & 0xFFFF for number in wanted]
    for number, at in wanted.items():
        assert told.came[number & 0xFFFF] == pytest.approx(at, abs=TICK_S / 2 + 1e-6)


@BOTH
@pytest.mark.parametrize("two_bytes", [False, True])
def test_each_packet_is_told_of_with_its_time(name: str, two_bytes: bool) -> None:
    room = Room(name)
    came = {40000 + n: 5000.01 + n * 0.00137 + (n // 9) * 0.09 for n in range(60)}
    for number, at in came.items():
        room.take(number, at, two_bytes=two_bytes)
    (told,) = room.tell()
    assert (told.base, told.count, told.number, told.lost) == (40000, 60, 0, [])
    assert_times(told, came)
    assert room.tell() == []
    room.take(40060, 5001.0)
    (told,) = room.tell()
    assert (told.base, told.count, told.number) == (40060, 1, 1)


@BOTH
def test_losses_and_the_turn_of_sixteen_bits_are_told(name: str) -> None:
    room = Room(name)
    came = {65530: 1.0, 65531: 1.001, 65535: 1.002, 65536: 1.05, 65540: 1.051}
    for number, at in came.items():
        room.take(number, at)
    (told,) = room.tell()
    assert (told.base, told.count) == (65530, 11)
    assert told.lost == [65532, 65533, 65534, 1, 2, 3]
    assert_times(told, came)
    room.take(65540 + 70, 1.1)  # what was lost between two feedbacks is the second one's
    (told,) = room.tell()
    assert (told.base, told.count, len(told.lost)) == (5, 70, 69)
    for turn in range(1, 9):
        room.take(65610 + turn * 30000, 1.2)
        (told,) = room.tell()
        assert told.count == 30000


@BOTH
def test_a_gap_too_large_for_one_packet_is_told_in_several(name: str) -> None:
    room = Room(name)
    for turn in range(4):
        room.take(turn * 30000, 1.0 + turn / 100)
    first, second = room.tell()
    assert (first.base, first.count, len(first.lost)) == (0, 60001, 59998)
    assert (second.base, second.count, second.number) == (60001, 29999 + 1, 1)
    assert_times(first, {0: 1.0, 30000: 1.01, 60000: 1.02})
    assert_times(second, {90000: 1.03})


@BOTH
def test_times_too_far_apart_for_a_delta_begin_a_packet_of_their_own(name: str) -> None:
    room = Room(name)
    for number, at in enumerate((1.0, 9.0, 17.3, 17.31)):
        room.take(number, at)
    first, second = room.tell()
    assert_times(first, {0: 1.0, 1: 9.0})
    assert_times(second, {2: 17.3, 3: 17.31})
    assert (second.base, second.lost) == (2, [])


@BOTH
def test_packets_that_overtook_each_other_keep_their_times(name: str) -> None:
    room = Room(name)
    for number, at in ((10, 1.0), (12, 1.01), (11, 1.02), (13, 1.03), (12, 1.04)):
        room.take(number, at)
    (told,) = room.tell()
    assert_times(told, {10: 1.0, 11: 1.02, 12: 1.01, 13: 1.03})
    room.take(15, 1.1)
    assert room.tell()[0].lost == [14]
    room.take(14, 1.2)  # overtaken, and told of as lost: it and what came after it is told anew
    (told,) = room.tell()
    assert_times(told, {14: 1.2, 15: 1.1})
    room.take(8, 1.25)
    (told,) = room.tell()
    assert (told.base, told.lost) == (8, [9])
    assert_times(told, {8: 1.25, 10: 1.0, 11: 1.02, 12: 1.01, 13: 1.03, 14: 1.2, 15: 1.1})
    room.take(16, 2.5)
    assert_times(room.tell()[0], {16: 2.5})
    room.take(7, 2.6)  # half a second later nobody waits for it
    assert room.tell() == []
    room.take(17, 2.7)
    assert_times(room.tell()[0], {17: 2.7})


@BOTH
def test_a_burst_is_told_in_packets_of_a_datagram(name: str) -> None:
    room = Room(name)
    for number in range(MAX_ARRIVALS + 50):
        room.take(number, 1.0 + number * 0.07)  # each delta takes two bytes
    told = room.tell()
    assert len(told) == -(-MAX_ARRIVALS // MAX_TOLD)
    assert sum(len(one.came) for one in told) == MAX_ARRIVALS
    room.take(MAX_ARRIVALS + 50, 90.0)
    (last,) = room.tell()
    assert (last.base, len(last.lost)) == (MAX_ARRIVALS, 50)


STEPS = st.lists(
    st.tuples(st.integers(-20, 60), st.sampled_from([0.0, 0.0001, 0.003, 0.07]), st.booleans()), max_size=80
)


@given(STEPS, st.integers(0, 65535), st.sampled_from(["python", "compiled"]))
def test_any_order_is_told_truly(steps: list[tuple[int, float, bool]], first: int, name: str) -> None:
    room, now, number = Room(name), 7.0, first
    came: dict[int, float] = {}
    heard: dict[int, float] = {}
    counts: list[int] = []
    for jump, wait_s, ask in [*steps, (1, 0.0, True)]:
        number, now = number + jump, now + wait_s
        room.take(number, now)
        came.setdefault(number & 0xFFFF, now)
        if not ask:
            continue
        for told in room.tell():
            counts.append(told.number)
            heard |= told.came
            assert not {n for n in told.lost if n in came and now - came[n] < 0.4}
            for n, at in told.came.items():
                assert at == pytest.approx(came[n], abs=TICK_S / 2 + 1e-6)
    assert counts == list(range(len(counts)))
    if now - 7.0 < 0.4:
        assert heard.keys() == came.keys()


@given(st.binary(max_size=40), st.integers(0, 2), st.integers(1, 255))
def test_whatever_the_header_holds_both_twins_read_the_same(tail: bytes, form: int, ident: int) -> None:
    profile = (b"\xbe\xde", b"\x10\x00", b"")[form]
    length = struct.pack("!H", len(tail) // 4) if form < 2 else b""
    data = struct.pack("!BBHII", 0x90, 111, 1, 0, 6) + profile + length + tail
    found = []
    for name in ("python", "compiled"):
        made = twin(name).receiver(1, negotiation.PAYLOAD_TYPES)
        made.feedback_id = ident
        made.rtp(bytearray(data), len(data), 1.0)
        found.append(made.take_arrivals()[1])
    assert found[0] == found[1]


@BOTH
def test_without_negotiation_or_numbers_nothing_is_told(name: str) -> None:
    room = Room(name)
    room.receiver.feedback_id = 0
    room.take(1, 1.0)
    room.receiver.feedback_id = ID
    room.take(2, 1.0, ident=4)
    assert room.tell() == []
    room.take(3, 1.0)
    assert room.tell()[0].base == 3


@BOTH
def test_the_first_packet_asks_for_attention_and_those_after_it_do_not(name: str) -> None:
    room = Room(name)
    receiver = room.receiver

    def take(number: int) -> bool:
        receiver.urgent(1.0)
        room.take(number, 1.0)
        return bool(receiver.attention)

    assert take(1)
    room.tell()
    assert not take(2)
    room.tell()
    assert not take(3)
    room.tell()
    room.tell()  # none came: nobody comes by again unasked
    assert take(4)


@BOTH
def test_a_server_that_numbers_its_packets_gets_no_other_estimate(name: str) -> None:
    room = Room(name)
    picture = struct.pack("!BBHII", 0x80, 96, 1, 0, 7) + b"\x10\x01"
    room.receiver.rtp(bytearray(picture), len(picture), 1.0)
    assert read_feedback(room.receiver.regular(1.0, "room")).remb_bps > 0
    room.take(1, 1.0)
    assert read_feedback(room.receiver.regular(2.0, "room")).remb_bps == -1


@BOTH
def test_the_time_is_that_of_the_socket(name: str) -> None:
    wire = Wire(name)
    try:
        wire.receiver.feedback_id = ID
        wire.port.keys(wire.pair)
        before = time.monotonic()
        for number in (65535, 0):
            wire.server.send(wire.far.protect_rtp(packet(number)))
        wire.read_until(lambda: wire.port.datagrams == 2)
        ssrc, arrivals = wire.receiver.take_arrivals()
        assert (ssrc, [number for number, _ in arrivals]) == (6, [131071, 131072])
        assert all(before - 0.001 <= at <= time.monotonic() for _, at in arrivals)
        assert wire.ear.attention
    finally:
        wire.close()


def test_a_number_that_was_never_told_of_does_not_break_the_next_packet() -> None:
    feedback = TransportFeedback(1)
    (first,) = feedback.packets([(70000, 1.0)], 6)
    (second,) = feedback.packets([(270000, 1.1)], 6)
    assert (read(first).count, read(second).base, read(second).count) == (1, 270000 & 0xFFFF, 1)


def test_the_reference_time_wraps_at_24_bits() -> None:
    at = (1 << 24) * 0.064 + 0.5
    (made,) = TransportFeedback(1).packets([(1, at)], 6)
    assert read(made).came[1] == pytest.approx(0.5, abs=TICK_S)


def test_the_offer_asks_for_it_where_it_receives_and_the_answer_decides() -> None:
    book = OfferBook(Credentials.fresh(), "AB:CD", 1, "room")
    book.ensure("audio", 1)
    book.ensure("video", 1)
    book.publish("video", "cid-1", 77)
    offer = book.offer()
    assert offer.count(URI) == offer.count("transport-cc\r\n") == 2
    transport = (
        "a=ice-ufrag:u\r\na=ice-pwd:p\r\na=setup:passive\r\na=fingerprint:sha-256 " + "A" * 95 + "\r\n"
    )
    number, wanted = f"a=extmap:{negotiation.TRANSPORT_ID} {URI}\r\n", "a=rtcp-fb:96 transport-cc\r\n"

    def answered(*lines: str, direction: str = "sendonly") -> int:
        head = f"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\na={direction}\r\n"
        return negotiation.read_answer("v=0\r\n" + transport + head + "".join(lines)).feedback_id

    assert answered(number, wanted) == negotiation.TRANSPORT_ID
    assert answered(number.replace(" ", "/sendonly ", 1), wanted) == negotiation.TRANSPORT_ID
    assert answered(number, wanted, direction="recvonly") == 0
    assert answered(number) == answered(wanted) == 0
    assert answered(number, "a=rtcp-fb:\r\n") == 0
    with pytest.raises(SdpError):
        answered(wanted, "a=extmap:\r\n")
    assert answered(number.replace(str(negotiation.TRANSPORT_ID), "9", 1), wanted) == 0


def test_no_more_is_remembered_than_it_takes() -> None:
    arrivals = Arrivals()
    arrivals.id = ID
    for number in range(2 * MAX_ARRIVALS):
        data = packet(number)
        arrivals.record(data, len(data), 6, 1.0)
    assert len(arrivals.take()) == MAX_ARRIVALS
