"""Reading and writing the rooms' UDP sockets: the contract, and its twin in Python.

The compiled twin is native/_receiver.pyx. Everything here is called in the media thread, `wake` apart.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import struct
import time
from collections import deque
from typing import Any, Protocol

from confhub.relay.wire import rtcp
from confhub.simulator.rtc import srtp
from confhub.simulator.rtc.feedback import read_feedback
from confhub.simulator.rtc.line import Line, Way
from confhub.simulator.rtc.receiver import Receiver
from confhub.simulator.rtc.srtp import SrtpPair

log = logging.getLogger(__name__)

LATE_S = (
    0.03  # a round longer than this delays what waits in the sockets enough to ask the kernel when it came
)
MAX_ROUNDS = 16  # polls in a row before deadlines and commands are looked at again
MAX_HELD = 4096  # datagrams a line holds back each way: a second of 720p many times over
SO_TIMESTAMPNS = 35  # Linux; not named by Python's socket module
TIMESTAMP_SPACE = socket.CMSG_SPACE(16)


class Inlet(Protocol):
    """Who owns a socket: one connection. `at` is monotonic, the packet's arrival by the kernel's clock."""

    def on_datagram(self, index: int, datagram: bytes, at: float) -> None:
        """STUN or DTLS came in on the socket of this index."""

    def on_feedback(self, compound: bytes, at: float) -> None:
        """Decrypted RTCP with more to it than the sources' reports."""

    def on_keyframe(self, ssrc: int, crc: int, at: float) -> None:
        """A keyframe begins; `crc` is the CRC-32 of its first packet's payload behind the descriptor."""

    def on_attention(self, at: float) -> None:
        """The receiver's `urgent` wants to be called."""


class Port(Protocol):
    """One socket. `last_at`: the last authenticated packet, 0 before it; the others count datagrams."""

    last_at: float
    duplicates: int
    rejected: int
    unsent: int
    datagrams: int

    def keys(self, pair: SrtpPair | None) -> None:
        """From now on RTP and RTCP are decrypted."""

    def send(self, datagram: bytes, now: float) -> None:
        """One datagram onto the line; what the system refuses is UDP's loss."""

    def send_rtp(self, packets: list[bytes], now: float) -> list[bytes]:
        """Encrypts RTP packets and sends them as a burst; returns them as they were sent."""


class Reader(Protocol):
    """The sockets of a media thread."""

    name: str
    packets: int

    def open(
        self, sock: socket.socket, receiver: Receiver, line: Line | None, inlet: Inlet, index: int
    ) -> Port:
        """Watches a connected, non-blocking socket. Raises OSError."""

    def forget(self, port: Any) -> None:
        """Ends `open`; the socket stays the caller's."""

    def read(self, wait_s: float, gather_s: float) -> bool:
        """Waits for packets, lets `gather_s` pass, reads what is there; True when it was woken. An inlet
        that raises is logged; the others do not notice."""

    def wake(self) -> None:
        """Ends a `read` that waits. From every thread."""

    def close(self) -> None:
        """Forgets everything."""


class _Held:
    """Datagrams that a line holds back, in order."""

    def __init__(self) -> None:
        self._queue: deque[tuple[float, bytes]] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, due: float, datagram: bytes) -> None:
        if len(self._queue) < MAX_HELD:
            self._queue.append((max(due, self._queue[-1][0]) if self._queue else due, datagram))

    def due(self) -> float:
        return self._queue[0][0] if self._queue else float("inf")

    def take(self, now: float) -> list[tuple[float, bytes]]:
        ready: list[tuple[float, bytes]] = []
        while self._queue and self._queue[0][0] <= now:
            ready.append(self._queue.popleft())
        return ready


class SocketPort:
    """See Port."""

    def __init__(
        self, sock: socket.socket, receiver: Receiver, line: Line | None, inlet: Inlet, index: int
    ) -> None:
        self.last_at = 0.0
        self.duplicates = self.rejected = self.unsent = self.datagrams = 0
        self.sock, self.inlet = sock, inlet
        self._receiver, self._line, self._index = receiver, line, index
        self._buffer = srtp.SrtpBuffer()
        self._data, self._pointer, self._size = self._buffer.data, self._buffer.pointer, self._buffer.size
        self._receive, self._count = (
            sock.recv_into,
            receiver.rtp,
        )  # looked up once: they are called each packet
        self._pair: SrtpPair | None = None
        self._context: Any = None
        self._held: dict[Way, _Held] = {"down": _Held(), "up": _Held()}

    def keys(self, pair: SrtpPair | None) -> None:
        """See Port."""
        self._pair = pair
        self._context = pair.receive_context if pair is not None else None

    def read(self, now: float, late: bool, wall: float) -> None:
        """One datagram; `late`: this thread was held up, so the kernel is asked when it came."""
        try:
            if late:
                count, ancillary, _, _ = self.sock.recvmsg_into((self._data,), TIMESTAMP_SPACE)
                now = min(now, arrival(ancillary, now, wall))
            else:
                count = self._receive(self._data)
        except OSError:
            return  # nothing, or an ICMP answer to an earlier packet: ICE's consent decides, not one refusal
        self.datagrams += 1
        if self._line is None or not self._kept(self._line, count, now):
            self._take(count, now)

    def _kept(self, line: Line, count: int, now: float) -> bool:
        """Whether the line loses the datagram in the buffer, or holds it back."""
        wait_s = line.fate("down")
        held = self._held["down"]
        if wait_s > 0 or (held and wait_s == 0):
            held.put(now + wait_s, bytes(self._data[:count]))
        return wait_s != 0 or bool(held)

    def _take(self, count: int, now: float) -> None:
        """The datagram in the buffer came through the line."""
        data = self._data
        if not (128 <= data[0] < 192 and count >= 12) or 192 <= data[1] <= 223:
            self._other(count, now)
            return
        if self._context is None:
            return
        size = self._size
        size[0] = count
        status = srtp.unprotect_rtp(self._context, self._pointer, size)
        if status:
            self._refused(status, True)
            return
        self.last_at = now
        key = self._count(data, size[0], now)
        if key is not None:
            self.inlet.on_keyframe(*key, now)
        if self._receiver.attention:
            self.inlet.on_attention(now)

    def _other(self, count: int, now: float) -> None:
        """STUN and DTLS, or RTCP."""
        buffer = self._buffer
        if not 128 <= buffer.data[0] < 192 or count < 8:
            if count:
                self.inlet.on_datagram(self._index, bytes(buffer.data[:count]), now)
            return
        if self._context is None:
            return
        buffer.size[0] = count
        status = srtp.unprotect_rtcp(self._context, buffer.pointer, buffer.size)
        if status:
            self._refused(status, False)
            return
        self.last_at = now
        self._rtcp(bytes(buffer.view[: buffer.size[0]]), now)

    def _rtcp(self, compound: bytes, now: float) -> None:
        try:
            told = read_feedback(compound)
        except rtcp.RtcpError:
            self.rejected += 1
            return
        if told.only_reports:
            self._receiver.on_rtcp(told, now)
        else:
            self.inlet.on_feedback(compound, now)

    def _refused(self, status: int, rtp: bool) -> None:
        if not srtp.is_duplicate(status):
            self.rejected += 1
            return
        self.duplicates += 1
        if rtp:
            self._receiver.duplicate(int.from_bytes(self._buffer.data[8:12], "big"))

    def send(self, datagram: bytes, now: float) -> None:
        """See Port."""
        if self._line is not None:
            wait_s = self._line.fate("up")
            held = self._held["up"]
            if wait_s > 0 or (held and wait_s == 0):
                held.put(now + wait_s, datagram)
            if wait_s != 0 or held:
                return
        self._put(datagram)

    def _put(self, datagram: bytes) -> None:
        try:
            self.sock.send(datagram)
        except OSError:
            self.unsent += 1  # full buffer or no route: UDP's loss, healed by NACK or by ICE's consent

    def send_rtp(self, packets: list[bytes], now: float) -> list[bytes]:
        """See Port."""
        pair = self._pair
        if pair is None:
            return []
        sent = [pair.protect_rtp(packet) for packet in packets]
        for datagram in sent:
            self.send(datagram, now)
        return sent

    def held_until(self) -> float:
        """When the line lets something go; inf when nothing waits."""
        return min(held.due() for held in self._held.values())

    def release(self, now: float) -> None:
        """What the line held back and is due."""
        for due, datagram in self._held["down"].take(now):
            self._buffer.data[: len(datagram)] = datagram
            self._take(len(datagram), due)
        for _, datagram in self._held["up"].take(now):
            self._put(datagram)


class SocketReader:
    """See Reader. One datagram a system call; asyncio's datagram endpoints cost several times as much."""

    name = "python"

    def __init__(self) -> None:
        self.packets = 0
        self._epoll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK)
        self._epoll.register(self._wake, select.EPOLLIN)
        self._ports: dict[int, SocketPort] = {}
        self._lined: list[SocketPort] = []
        self._late = False
        self._read_at = time.monotonic()

    def open(
        self, sock: socket.socket, receiver: Receiver, line: Line | None, inlet: Inlet, index: int
    ) -> SocketPort:
        """See Reader."""
        self._epoll.register(sock.fileno(), select.EPOLLIN)
        port = self._ports[sock.fileno()] = SocketPort(sock, receiver, line, inlet, index)
        if line is not None:
            self._lined.append(port)
        return port

    def forget(self, port: SocketPort) -> None:
        """See Reader."""
        number = port.sock.fileno()
        if self._ports.get(number) is port:
            del self._ports[number]
            self._epoll.unregister(number)
            if port in self._lined:
                self._lined.remove(port)

    def wake(self) -> None:
        """See Reader."""
        os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        """See Reader."""
        self._ports.clear()
        self._lined.clear()
        self._epoll.close()
        os.close(self._wake)

    def read(self, wait_s: float, gather_s: float) -> bool:
        """See Reader."""
        now = time.monotonic()
        self._late = now - self._read_at > LATE_S
        held = min((port.held_until() for port in self._lined), default=float("inf"))
        events = self._epoll.poll(max(0.0, min(wait_s, held - now)), 4096)
        if events and gather_s > 0:
            time.sleep(gather_s)
            events = self._epoll.poll(0, 4096)
        woken = self._read(events)
        self._read_at = time.monotonic()
        if held != float("inf"):
            self._release(self._read_at)
        return woken

    def _release(self, now: float) -> None:
        for port in list(self._lined):
            try:
                port.release(now)
            except Exception:
                log.exception("a connection failed while reading")

    def _read(self, events: list[tuple[int, int]]) -> bool:
        woken = False
        began, wall = time.monotonic(), time.time() - time.monotonic()
        for _ in range(MAX_ROUNDS):
            now = time.monotonic()
            late = self._late or now - began > LATE_S
            for number, _mask in events:
                port = self._ports.get(number)
                if port is not None:
                    try:
                        port.read(now, late, wall)
                    except Exception:
                        log.exception("a connection failed while reading")
                elif number == self._wake:
                    os.eventfd_read(self._wake)
                    woken = True
            self.packets += len(events)
            if woken or len(events) < 8:
                return woken
            events = self._epoll.poll(0, 4096)
        return woken


def arrival(ancillary: list[tuple[int, int, bytes]], now: float, wall: float) -> float:
    """The monotonic time of a packet by the kernel's timestamp; `now` without one. `wall` is Unix time minus
    monotonic time."""
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(value) >= 16:
            seconds, nanoseconds = struct.unpack_from("@qq", value)
            moment: float = seconds + nanoseconds / 1e9 - wall
            return moment
    return now
