"""ICE over TCP (RFC 6544, passive): one listening port, one line for each connection, framed by RFC 4571.

A line's address is (host, port, "tcp"): never equal to one of UDP; its first two parts are what STUN tells.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import struct
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from confhub.kernel.guest import network_of
from confhub.relay.transport import limits
from confhub.relay.wire.framing import Deframer, FrameError
from confhub.relay.wire.rtp import is_rtcp

logger = logging.getLogger(__name__)
Address = tuple[str, int, str]
_WILDCARDS = ("", "0.0.0.0", "::")  # noqa: S104
_BACKLOG = 512
_ACCEPTS = 64
"""Taken in one wake-up before others of the loop have their turn."""
_READ_BYTES = 64 * 1024
_CHUNK_BYTES = 16 * 1024
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s


class Taker(Protocol):
    """What lines need of the mux."""

    now: Callable[[], float]

    def defer(self, call: Callable[[], None]) -> None:
        """Call at the end of the current burst, or soon."""

    def take(self, packets: Sequence[bytes], address: Address, sendto: Callable[[Any, Any], int]) -> None:
        """Packets that came over a line, in order, as if from that address."""

    def is_owned(self, address: Address) -> bool:
        """Has a valid check come from that address, and is its transport still there?"""

    def line_ended(self, address: Address) -> None:
        """Nothing can be sent to that address any more."""


class TcpPort:
    """The listener and its lines. `refused` counts connections turned away or cut for breaking a cap."""

    def __init__(self, taker: Taker) -> None:
        self.taker = taker
        self.port = 0
        self.lines: dict[Address, TcpLine] = {}
        self.refused: Counter[str] = Counter()
        self.waiting: Counter[int] = Counter()  # by network, lines that have brought no valid check
        self._listeners: list[socket.socket] = []

    def open(self, host: str, port: int) -> None:
        """Listen, on IPv4 and IPv6 for a wildcard. Raises OSError as bind does."""
        self._listeners = listen(host, port)
        self.port = self._listeners[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            loop.add_reader(listener, self._accept, listener)

    def close(self) -> None:
        """Cut every line, stop listening."""
        for line in list(self.lines.values()):
            line.close("end")
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            loop.remove_reader(listener)
            listener.close()
        self._listeners = []

    def sweep(self, now_s: float) -> None:
        """Cut lines that never brought a valid check, whose transport is gone, or that say nothing."""
        for line in list(self.lines.values()):
            if self.taker.is_owned(line.address):
                line.unowned_s = None
                if now_s - line.heard_s > limits.TCP_IDLE_S:
                    line.close("idle")
            elif line.unowned_s is None:
                line.unowned_s = now_s
            elif now_s - line.unowned_s > limits.TCP_FIRST_CHECK_S:
                line.close("no check")

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_ACCEPTS):
            try:
                sock, peer = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return
            except OSError as error:  # out of descriptors
                logger.warning("cannot accept a media connection: %s", error)
                return
            address = (peer[0], peer[1], "tcp")
            reason = self._refusal(address)
            if reason is not None:
                self.refused[reason] += 1
                _reset(sock)
                continue
            self.lines[address] = TcpLine(self, sock, address)

    def _refusal(self, address: Address) -> str | None:
        if len(self.lines) >= limits.MAX_TCP_LINES:
            return "connections in all"
        if self.waiting.total() >= limits.MAX_TCP_WAITING:
            return "connections without a check"
        if self.waiting[network_of(address[0])] >= limits.MAX_TCP_WAITING_PER_ADDRESS:
            return "connections of one address without a check"
        return None

    def count_waiting(self, address: Address, step: int) -> None:
        """A line without a valid check more (1) or less (-1)."""
        network = network_of(address[0])
        self.waiting[network] += step
        if not self.waiting[network]:
            del self.waiting[network]


class TcpLine:
    """One connection. `sendto` is what a SendPath takes for a socket's own."""

    def __init__(self, port: TcpPort, sock: socket.socket, address: Address) -> None:
        self.address = address
        self.heard_s = port.taker.now()
        self.unowned_s: float | None = self.heard_s
        self.was_owned = False
        self.dropped = 0
        self._port = port
        self._taker = port.taker
        self._socket: socket.socket | None = sock
        self._loop = asyncio.get_running_loop()
        self._deframer = Deframer()
        self._unowned_bytes = 0
        self._control: deque[bytes] = deque()
        self._media: deque[bytes] = deque()
        self._head = memoryview(b"")  # what the kernel has taken a part of
        self._waiting_bytes = 0
        self._is_due = False
        self._is_writing = False
        port.count_waiting(address, 1)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.TCP_KERNEL_BYTES)
        self._loop.add_reader(sock, self._readable)

    def sendto(self, data: Any, address: Any) -> int:
        """Queue one packet. Raises BlockingIOError, as a full socket does, when it is dropped: media beyond
        TCP_MEDIA_QUEUE_BYTES; anything beyond TCP_QUEUE_BYTES, and then the line is cut."""
        packet = bytes(data)
        if self._socket is None:
            raise OSError(errno.ENOTCONN, "the connection has ended")
        is_media = 128 <= packet[0] < 192 and not is_rtcp(packet)
        if self._waiting_bytes > (limits.TCP_MEDIA_QUEUE_BYTES if is_media else limits.TCP_QUEUE_BYTES):
            self.dropped += 1
            if not is_media:
                self.close("reads too slowly")
            raise BlockingIOError(errno.EAGAIN, "the peer reads too slowly")
        framed = len(packet).to_bytes(2, "big") + packet
        (self._media if is_media else self._control).append(framed)
        self._waiting_bytes += len(framed)
        if not self._is_due and not self._is_writing:
            self._is_due = True
            self._taker.defer(self._flush)
        return len(packet)

    def close(self, reason: str) -> None:
        """End it; whatever the kernel does not take at once is lost. Idempotent."""
        if reason == "end":
            self._flush()  # the last goodbyes
        sock, self._socket = self._socket, None
        if sock is None:
            return
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)
        if reason in ("end", "peer"):
            sock.close()
        else:
            self._port.refused[reason] += 1
            logger.info("media connection of %s cut: %s", self.address[0], reason)
            _reset(sock)
        if not self.was_owned:
            self._port.count_waiting(self.address, -1)
        self._control.clear()
        self._media.clear()
        self._head = memoryview(b"")
        self._port.lines.pop(self.address, None)
        self._taker.line_ended(self.address)

    def _readable(self) -> None:
        assert self._socket is not None, "the reader goes with the socket"
        try:
            data = self._socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self.close("peer")
            return
        try:
            packets = self._deframer.feed(data)
        except FrameError:
            self.close("frames")
            return
        self.heard_s = self._taker.now()
        self._taker.take(packets, self.address, self.sendto)
        if not self.was_owned and self._socket is not None:
            self._look_for_owner(len(data))

    def _look_for_owner(self, size: int) -> None:
        if self._taker.is_owned(self.address):
            self.was_owned = True
            self._port.count_waiting(self.address, -1)
            return
        self._unowned_bytes += size
        if self._unowned_bytes > limits.TCP_UNOWNED_BYTES:
            self.close("talks without a check")

    def _flush(self) -> None:
        """Give the kernel what it takes: control first, as it is small and late control costs media."""
        self._is_due = False
        while self._socket is not None:
            if not self._head:
                self._head = memoryview(self._next_chunk())
                if not self._head:
                    break
            try:
                sent = self._socket.send(self._head)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                self.close("peer")
                return
            self._head = self._head[sent:]
            self._waiting_bytes -= sent
        self._watch(bool(self._head))

    def _next_chunk(self) -> bytes:
        chunk: list[bytes] = []
        size = 0
        for queue in (self._control, self._media):
            while queue and size < _CHUNK_BYTES:
                chunk.append(queue.popleft())
                size += len(chunk[-1])
        return b"".join(chunk)

    def _watch(self, wanted: bool) -> None:
        if self._socket is None or wanted == self._is_writing:
            return
        self._is_writing = wanted
        if wanted:
            self._loop.add_writer(self._socket, self._flush)
        else:
            self._loop.remove_writer(self._socket)


def listen(host: str, port: int) -> list[socket.socket]:
    """Listening sockets, one a family, all with the same port number. Raises OSError."""
    if host not in _WILDCARDS:
        return [_listening(socket.AF_INET6 if ":" in host else socket.AF_INET, host, port)]
    first = _listening(socket.AF_INET, "0.0.0.0", port)  # noqa: S104
    if not socket.has_ipv6:
        return [first]
    try:
        return [first, _listening(socket.AF_INET6, "::", first.getsockname()[1])]
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return [first]  # a machine without IPv6
        first.close()
        raise


def _listening(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


def _reset(sock: socket.socket) -> None:
    """Close without TIME_WAIT: nothing in the stream matters any more."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    sock.close()
