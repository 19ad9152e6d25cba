"""The twins give the same datagrams, byte for byte, whatever the packets and the subscribers' edits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confhub.relay import native
from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.lane import Edit, intern_edit
from confhub.relay.wire import rtp, vp8
from confhub.relay.wire.numbers import Numbers
from tests.unit.relay.fanoutkit import PROFILES, TWINS, Subscriber, Twin, needs_compiled
from tests.unit.relay.streams import Stream

pytestmark = pytest.mark.sockets

PATHS = 3
PICTURES = 30
"""What a socket of an untuned machine holds for two lanes: no receive buffer may overflow here."""


@dataclass(frozen=True)
class Packet:
    """A cargo to be, and which of the lanes get it."""

    seq: int
    timestamp: int
    marker: int
    payload: bytes
    numbers: Numbers | None
    level: bytes
    orientation: bytes
    descriptor: bytes
    frame_number: int
    lanes: tuple[int, ...]

    def cargo(self) -> Cargo:
        cargo = Cargo(self.seq, self.timestamp, self.marker, self.payload, self.numbers)
        cargo.level, cargo.orientation = self.level, self.orientation
        cargo.descriptor, cargo.frame_number = self.descriptor, self.frame_number
        return cargo


@dataclass(frozen=True)
class Shape:
    """A lane to be."""

    path: int
    pt: int
    edit: Edit
    seq_add: int
    timestamp_add: int


def offset(payload: bytes, last: int) -> st.SearchStrategy[int]:
    """Of a running number that needs `last` bytes behind the first; 0: absent."""
    return st.integers(1, len(payload) - 1 - last) if len(payload) > 1 + last else st.just(0)


@st.composite
def numbers_of(draw: st.DrawFn, payload: bytes) -> Numbers:
    """As a parser of VP8 or VP9 could have found them."""
    bits = draw(st.sampled_from([0, 7, 15]))
    at = draw(offset(payload, 1)) if bits else 0
    return Numbers(
        at,
        bits if at else 0,
        draw(st.integers(0, 2**bits - 1)),
        draw(st.just(0) | offset(payload, 0)),
        draw(st.integers(0, 255)),
        draw(st.just(0) | offset(payload, 0)),
        draw(st.integers(0, 31)),
    )


def edits_of(identifiers: list[int]) -> st.SearchStrategy[Edit]:
    """With any of these extension ids, and any numbers."""
    identifier = st.sampled_from(identifiers)
    return st.builds(
        Edit,
        identifier,
        identifier,
        identifier,
        identifier,
        st.integers(0, 2**15 - 1),
        st.integers(0, 255),
        st.integers(0, 31),
        st.integers(0, 2**16 - 1),
        identifier,
        st.binary(min_size=1, max_size=16),
    )


edits = edits_of([0, 1, 3, 14]) | edits_of([0, 1, 14, 15, 200])
descriptors = st.sampled_from([0, 3, 4, 15, 16, 17, 18, 255]).flatmap(
    lambda n: st.binary(min_size=n, max_size=n)
)
shapes = st.builds(
    Shape,
    path=st.integers(0, PATHS - 1),
    pt=st.integers(0, 127),
    edit=edits,
    seq_add=st.integers(-(2**20), 2**20),
    timestamp_add=st.integers(-(2**40), 2**40),
)


@st.composite
def packets(draw: st.DrawFn, lanes: int) -> Packet:
    """Odd sizes, the same ones often, up to more than fits."""
    size = draw(st.sampled_from([1, 2, 3, 160, 1160, 1161, 1779, 1780, 1788, 1789]) | st.integers(1, 1900))
    payload = draw(st.binary(min_size=1, max_size=24)).ljust(size, b"\x55")[:size]
    return Packet(
        seq=draw(st.integers(0, 2**20)),
        timestamp=draw(st.integers(0, 2**32 - 1)),
        marker=draw(st.sampled_from([0, 0x80])),
        payload=payload,
        numbers=draw(st.none() | numbers_of(payload)),
        level=draw(st.binary(max_size=1)),
        orientation=draw(st.binary(max_size=1)),
        descriptor=draw(descriptors),
        frame_number=draw(st.integers(0, 2**16 - 1)),
        lanes=tuple(draw(st.lists(st.integers(0, lanes - 1), unique=True, max_size=lanes))),
    )


@st.composite
def bursts(draw: st.DrawFn) -> tuple[list[Shape], list[Packet]]:
    """Subscribers' lanes, and what goes to them in one flush."""
    lanes = draw(st.lists(shapes, min_size=1, max_size=6))
    return lanes, draw(st.lists(packets(len(lanes)), min_size=1, max_size=12))


Outcome = tuple[list[list[tuple[int, bytes]]], list[tuple[int, int, int, int]], list[tuple[int, int]]]


def play(twin: Twin, shapes: list[Shape], packets: list[Packet], profile: int) -> Outcome:
    """What each path's socket got (by lane, in order), the paths' counters, the lanes' counters."""
    subscribers = [Subscriber(twin, seed, profile) for seed in range(PATHS - 1)]
    subscribers.append(Subscriber(twin, PATHS, profile, sender=subscribers[0].sender))
    try:
        fanout = twin.new(lambda: 65.5)
        lanes = [
            twin.lane(
                subscribers[shape.path].path,
                1000 + index,
                shape.pt,
                intern_edit(shape.edit),
                0,
                shape.seq_add,
                shape.timestamp_add,
            )
            for index, shape in enumerate(shapes)
        ]
        cargos = []
        for packet in packets:
            cargo = packet.cargo()
            cargo.lanes = tuple(lanes[index] for index in packet.lanes)
            cargos.append(cargo)
            fanout.queue(cargo)
        fanout.flush()
        for packet, cargo in zip(packets[:2], cargos, strict=False):
            for index in packet.lanes[:1]:
                fanout.send(cargo, lanes[index])
                fanout.send_padding(lanes[index], packet.seq, packet.timestamp)
        got = []
        for subscriber in subscribers:
            datagrams = [
                (int.from_bytes(datagram[8:12], "big"), datagram) for datagram in subscriber.datagrams()
            ]
            got.append(sorted(datagrams, key=lambda item: item[0]))  # stable: order within a lane is kept
        return (
            got,
            [subscriber.counters() for subscriber in subscribers],
            [(lane.packets, lane.octets) for lane in lanes],
        )
    finally:
        for subscriber in subscribers:
            subscriber.close()


@needs_compiled
@settings(max_examples=150, deadline=None)
@given(burst=bursts(), profile=st.sampled_from(PROFILES))
def test_the_twins_send_the_same_bytes(burst: tuple[list[Shape], list[Packet]], profile: int) -> None:
    outcomes = [play(twin, *burst, profile) for twin in TWINS]
    assert outcomes[1] == outcomes[0]
    assert outcomes[2] == outcomes[0]


@pytest.fixture
def without_runs() -> Iterator[None]:
    native.fanout.set_cuts_runs(False)
    yield
    native.fanout.set_cuts_runs(True)


def picture() -> list[Packet]:
    """A second of a stream as a publisher sends it: VP8 with running numbers, sizes even and odd."""
    stream, found = Stream(7, 96), []
    for index in range(PICTURES):
        packet = stream.picture(key=index % 20 == 0, body=bytes(1160 if index % 5 else 333 + index))
        view = rtp.parse(packet)
        payload = packet[view.payload_at : view.payload_end]
        numbers = vp8.parse(payload).numbers
        found.append(
            Packet(index, view.timestamp, view.marker, payload, numbers, b"", b"", b"", 0, (0, 1, 2, 3))
        )
    return found


SHAPES = [
    Shape(index % PATHS, 96 + index, Edit(3, 0, 4, 0, index, 2 * index, index % 2, 0), index * 1000, -index)
    for index in range(4)
]


@needs_compiled
def test_a_recorded_picture_comes_out_alike_with_and_without_runs(request: pytest.FixtureRequest) -> None:
    outcomes = [play(twin, SHAPES, picture(), PROFILES[0]) for twin in TWINS]
    request.getfixturevalue("without_runs")
    outcomes.append(play(TWINS[-1], SHAPES, picture(), PROFILES[0]))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert sum(packets for packets, _ in outcomes[0][2]) == 4 * PICTURES + 4
