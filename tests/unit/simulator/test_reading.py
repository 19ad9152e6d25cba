"""Sockets, SRTP, bursts and faulty lines: the same in both twins."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from confhub.relay.wire import rtcp
from confhub.relay.wire.dtls import PROFILES, SrtpKeys
from confhub.simulator.rtc import negotiation, srtp
from confhub.simulator.rtc.feedback import Feedback, read_feedback
from confhub.simulator.rtc.reading import SO_TIMESTAMPNS, Port
from confhub.simulator.rtc.receiver import Receiver
from confhub.simulator.rtc.srtp import SrtpPair
from tests.unit.simulator.twins import BOTH, twin

pytestmark = pytest.mark.sockets

KEY = b"\x90\x80\x80\x01" + b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xb4\x00" + b"picture"


@dataclass
class Ear:
    """An inlet that writes down what it is told."""

    datagrams: list[bytes] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)
    keyframes: list[tuple[int, int]] = field(default_factory=list)
    attention: int = 0
    at: list[float] = field(default_factory=list)

    def on_datagram(self, index: int, datagram: bytes, at: float) -> None:
        assert index == 3
        self.datagrams.append(datagram)
        self.at.append(at)

    def on_feedback(self, compound: bytes, at: float) -> None:
        self.feedback.append(read_feedback(compound))

    def on_keyframe(self, ssrc: int, crc: int, at: float) -> None:
        self.keyframes.append((ssrc, crc))

    def on_attention(self, at: float) -> None:
        self.attention += 1


class Wire:
    """A room's socket under a reader, and the server's socket at its other end with the fitting keys."""

    def __init__(self, name: str, *, line: Any = None, python_receiver: bool = False) -> None:
        chosen = twin(name)
        self.server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.server.bind(("127.0.0.1", 0))
        self.room = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.room.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.room.connect(self.server.getsockname())
        self.server.connect(self.room.getsockname())
        self.server.settimeout(5)
        self.ear = Ear()
        make = Receiver if python_receiver else chosen.receiver
        self.receiver: Any = make(1, negotiation.PAYLOAD_TYPES)
        self.receiver.sources({}, True, True, time.monotonic())
        self.reader = chosen.make_reader()
        self.port: Port = self.reader.open(self.room, self.receiver, line, self.ear, 3)
        ours, theirs = os.urandom(28), os.urandom(28)
        self.pair = SrtpPair(SrtpKeys(PROFILES[0], ours, theirs))
        self.far = SrtpPair(SrtpKeys(PROFILES[0], theirs, ours))

    def rtp(self, number: int, payload: bytes = KEY, kind: int = 96 | 128) -> bytes:
        return self.far.protect_rtp(struct.pack("!BBHII", 0x80, kind, number, number, 6) + payload)

    def read_until(self, condition: Any) -> None:
        deadline = time.monotonic() + 5
        while not condition():
            assert time.monotonic() < deadline
            self.reader.read(0.05, 0.0)

    def close(self) -> None:
        self.reader.forget(self.port)
        self.reader.close()
        self.room.close()
        self.server.close()


@pytest.fixture
def wires() -> Iterator[list[Wire]]:
    made: list[Wire] = []
    yield made
    for wire in made:
        wire.close()


@BOTH
@pytest.mark.parametrize("python_receiver", [False, True])
def test_what_comes_in_goes_where_it_belongs(name: str, python_receiver: bool, wires: list[Wire]) -> None:
    wire = Wire(name, python_receiver=python_receiver)
    wires.append(wire)
    before = time.monotonic()
    wire.server.send(b"\x00\x01stun")
    wire.server.send(b"\x16dtls")
    wire.server.send(wire.rtp(1))
    wire.read_until(lambda: wire.port.datagrams == 3)
    assert wire.ear.datagrams == [b"\x00\x01stun", b"\x16dtls"]
    assert all(before - 0.001 <= at <= time.monotonic() for at in wire.ear.at)
    assert wire.receiver.totals() == (0, 0)  # before the keys nothing is read
    wire.port.keys(wire.pair)
    wire.server.send(wire.rtp(2))
    replayed = wire.rtp(5, b"\x90\x80\x80\x02\x01later")
    for datagram in (replayed, replayed, b"\x80\x60" + bytes(40)):
        wire.server.send(datagram)
    wire.server.send(
        wire.far.protect_rtcp(
            rtcp.build_sr(rtcp.SenderReport(6, rtcp.to_ntp(1e9), 2, 3, 4)) + rtcp.build_sdes(6, "x")
        )
    )
    wire.server.send(wire.far.protect_rtcp(rtcp.build_rr(9, []) + rtcp.build_nack(9, 1, [3, 4])))
    wire.read_until(lambda: any(f.nacked for f in wire.ear.feedback))
    assert wire.receiver.totals() == (2, 2)
    assert (wire.port.duplicates, wire.port.rejected) == (1, 1)
    assert wire.ear.keyframes[0][0] == 6
    assert wire.ear.attention
    assert wire.port.last_at > before
    assert wire.ear.feedback[-1].nacked == [(1, 3), (1, 4)]
    if not python_receiver:
        assert len(wire.ear.feedback) == 1
        assert wire.receiver.regular(time.monotonic(), "room")[24:28] != bytes(4)  # the SR was taken


@BOTH
def test_a_burst_arrives_whole_and_in_order(name: str, wires: list[Wire]) -> None:
    wire = Wire(name)
    wires.append(wire)
    wire.port.keys(wire.pair)
    packets = [
        struct.pack("!BBHII", 0x80, 96, number, 7, 8) + bytes([number]) * size
        for number, size in enumerate([1100] * 60 + [30, 1150, 1150, 1000, 1150])
    ]
    sent = wire.port.send_rtp(packets, time.monotonic())
    got = [wire.server.recv(2048) for _ in packets]
    assert got == sent
    buffer = srtp.SrtpBuffer()
    for datagram, packet in zip(got, packets, strict=True):
        buffer.data[: len(datagram)] = datagram
        buffer.size[0] = len(datagram)
        assert srtp.unprotect_rtp(wire.far.receive_context, buffer.pointer, buffer.size) == 0
        assert bytes(buffer.view[: buffer.size[0]]) == packet


@BOTH
def test_a_segmented_burst_from_the_server_is_read_packet_by_packet(name: str, wires: list[Wire]) -> None:
    wire = Wire(name)
    wires.append(wire)
    wire.port.keys(wire.pair)
    burst = [wire.rtp(number, KEY + bytes(1000)) for number in range(40)]
    size = len(burst[0])
    wire.server.sendmsg([b"".join(burst)], [(socket.SOL_UDP, 103, struct.pack("@H", size))])
    wire.read_until(lambda: wire.receiver.totals()[0] == 40)
    assert wire.receiver.totals() == (40, 0)
    assert wire.reader.packets == 40


@BOTH
def test_a_lossy_line_loses_about_what_it_should_and_says_how_much(name: str, wires: list[Wire]) -> None:
    line = twin(name).line(7)
    wire = Wire(name, line=line)
    wires.append(wire)
    wire.port.keys(wire.pair)
    wire.server.send(wire.rtp(0))
    wire.read_until(lambda: wire.receiver.totals()[0] == 1)
    assert line.counts() == (0, 0, 0, 0, 0)
    line.set("down", 0.25, 0.0, False)
    for number in range(1, 801):
        wire.server.send(wire.rtp(number))
        if number % 50 == 0:
            wire.read_until(lambda number=number: sum(line.counts()[:2]) == number)  # type: ignore[misc]
    dropped, passed, _, _, delayed = line.counts()
    assert (dropped + passed, delayed) == (800, 0)
    assert 150 < dropped < 250
    assert wire.receiver.totals()[0] == 1 + passed


def test_both_twins_draw_the_same_fate() -> None:
    fates = []
    for name in ("python", "compiled"):
        line = twin(name).line((1 << 63) + 12345)
        line.set("down", 0.1, 0.03, False)
        line.set("up", 0.5, 0.0, False)
        fates.append([line.fate(way) for _ in range(500) for way in ("down", "up")])
        fates.append([float(count) for count in line.counts()])
        line.set("up", 0.0, 0.0, True)
        assert line.dead
        assert line.fate("up") == -1.0
    assert fates[:2] == fates[2:]


@BOTH
def test_a_jittery_line_delays_and_keeps_the_order_both_ways(name: str, wires: list[Wire]) -> None:
    line = twin(name).line(7)
    wire = Wire(name, line=line)
    wires.append(wire)
    line.set("down", 0.0, 0.05, False)
    line.set("up", 0.0, 0.05, False)
    began = time.monotonic()
    for number in range(20):
        wire.server.send(bytes([0, number]))
        wire.port.send(bytes([1, number]), began)
    wire.read_until(lambda: len(wire.ear.datagrams) == 20)
    assert [datagram[1] for datagram in wire.ear.datagrams] == list(range(20))
    assert 0.02 < wire.ear.at[-1] - began < 0.5
    wire.read_until(lambda: time.monotonic() > began + 0.06)
    assert [wire.server.recv(100)[1] for _ in range(20)] == list(range(20))
    assert line.counts()[4] == 40


@BOTH
def test_nothing_passes_a_dead_line(name: str, wires: list[Wire]) -> None:
    line = twin(name).line(7)
    wire = Wire(name, line=line)
    wires.append(wire)
    wire.port.keys(wire.pair)
    line.set("down", 0.0, 0.0, True)
    line.set("up", 0.0, 0.0, True)
    for number in range(5):
        wire.server.send(wire.rtp(number))
        wire.port.send(b"\x00up", 0.0)
    wire.port.send_rtp([struct.pack("!BBHII", 0x80, 96, n, 7, 8) for n in range(4)], 0.0)
    wire.read_until(lambda: line.counts()[0] == 5)
    assert line.counts() == (5, 0, 9, 0, 0)
    line.set("down", 0.0, 0.0, False)
    line.set("up", 0.0, 0.0, False)
    wire.server.send(wire.rtp(9))
    wire.port.send(b"\x00back", 0.0)
    assert wire.server.recv(100) == b"\x00back"
    wire.read_until(lambda: wire.receiver.totals()[0] == 1)


@BOTH
def test_a_socket_that_is_closed_by_an_event_gets_no_more_of_them(name: str, wires: list[Wire]) -> None:
    wire = Wire(name)
    wires.append(wire)
    heard: list[bytes] = []

    def forget(_index: int, datagram: bytes, _at: float) -> None:
        heard.append(datagram)
        wire.reader.forget(wire.port)

    wire.ear.on_datagram = forget  # type: ignore[method-assign]
    wire.server.send(b"\x00one")
    wire.server.send(b"\x00two")
    wire.read_until(lambda: heard)
    wire.reader.wake()
    assert wire.reader.read(1.0, 0.0)
    assert heard == [b"\x00one"]
