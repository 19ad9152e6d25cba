"""Guest: one accepted connection between its transport and the HTTP server's protocol."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import ipaddress
import socket
import struct
import termios
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, Protocol

from confhub.kernel import limits

_TCP_INFO_ACKED = 120
"""Offset of `tcpi_bytes_acked` in Linux's struct tcp_info (linux/tcp.h)."""


_TCP_LEFT = frozenset({7, 8})
"""States of a socket whose other side has reset or closed it: CLOSE, CLOSE_WAIT (linux/tcp_states.h)."""


def has_left(sock: Any) -> bool:
    """Whether the other side of a TCP socket has ended the connection: a transport that does not read, as
    nobody has asked for the rest of a body, does not notice. False where the system does not tell."""
    try:
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] in _TCP_LEFT
    except (OSError, AttributeError, IndexError):
        return False


@lru_cache(maxsize=4096)
def network_of(host: str) -> int:
    """What counts as one address: IPv4 as it is, IPv6 by its /64, one customer's own; 0: unknown."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return 0
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return int(mapped)
    return int(address) if address.version == 4 else 1 << 64 | int(address) >> 64


class Deadlines(Protocol):
    """What `overdue` looks at; see DoorCaps."""

    @property
    def first_request_s(self) -> float: ...
    @property
    def idle_s(self) -> float: ...
    @property
    def proxy_idle_s(self) -> float: ...
    @property
    def stalled_s(self) -> float: ...


_RECEIVED = memoryview(bytearray(limits.RECEIVE_BYTES))
"""What one read brings is copied out of it before the next connection is read. A buffer of its own for each
read, cut down to what came, leaves holes all over the C library's heap."""


class Guest(asyncio.BufferedProtocol):
    """Hands everything on to `inner`; counts what comes, and tells how long nothing has moved."""

    def __init__(self, sock: socket.socket, host: str, network: int, proxy: bool, now: float) -> None:
        self.sock = sock
        self.host = host
        self.network = network
        self.proxy = proxy
        self.who: Hashable | None = None
        self.inner: Any = None
        self.entering: asyncio.Task[None] | None = None
        self.lost: Callable[[Guest], None] | None = None
        self.flooded: Callable[[Guest], None] | None = None
        self.head_max_bytes = limits.HEAD_MAX_BYTES
        self.received = 0
        """Bytes since the last request began or ended, or its body was read."""
        self.upgraded = False
        self._listening = False
        self._transport: asyncio.Transport | None = None
        self._asked = False
        self._is_busy = False
        self._since = now
        self._acked, self._acked_at = 0, now

    # -- between transport and server --------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.inner.connection_made(transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """The same one for every connection of this loop: it is read and taken in one go."""
        return _RECEIVED

    def buffer_updated(self, nbytes: int) -> None:
        flooded = self.received > self.head_max_bytes + (limits.RECEIVE_BYTES * 2 if self._is_busy else 0)
        if flooded and not self.upgraded:
            assert self.flooded is not None, "set before anything comes"
            self.flooded(self)
            return
        self.received += nbytes
        self.inner.data_received(bytes(_RECEIVED[:nbytes]))

    def eof_received(self) -> bool | None:
        answer: bool | None = self.inner.eof_received()
        return answer

    def pause_writing(self) -> None:
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        self.inner.resume_writing()

    def connection_lost(self, exc: BaseException | None) -> None:
        if self.lost is not None:
            self.lost(self)
        self.inner.connection_lost(exc)

    # -- states ------------------------------------------------------------------------------------

    def busy(self, now: float) -> None:
        """A handler is at it."""
        self._asked = self._is_busy = True
        self._since, self.received = now, 0
        self._acked, self._acked_at = self._acked_bytes(), now

    def waiting(self, now: float) -> None:
        """For the rest of the answer to go, and the next request to come."""
        self._is_busy = False
        self._since, self.received = now, 0
        self._acked, self._acked_at = self._acked_bytes(), now

    def overdue(self, now: float, caps: Deadlines) -> str | None:
        """Why this connection is to be cut now; None while it is not."""
        if not self._asked:
            return "no whole request in time" if now - self._since > caps.first_request_s else None
        if self._stalled(now, caps.stalled_s):
            return "an answer that is not taken"
        if self._is_busy:
            return None
        idle_s = caps.proxy_idle_s if self.proxy else caps.idle_s
        if now - max(self._since, self._acked_at) <= idle_s:
            return None
        return None if self._queued() and self._taking(now) else "idle too long"

    @property
    def silent(self) -> bool:
        """Whether nothing has come yet."""
        return self._listening

    def listen(self, speaks: Callable[[], None]) -> None:
        """Call `speaks` once the first bytes are there; until then this costs a descriptor and no more."""
        loop = asyncio.get_running_loop()

        def readable() -> None:
            self._deafen()
            speaks()

        self._listening = True
        loop.add_reader(self.sock, readable)

    def _deafen(self) -> None:
        if self._listening:
            self._listening = False
            asyncio.get_running_loop().remove_reader(self.sock)

    def abort(self) -> None:
        """End it at once; what was not sent is dropped."""
        self._deafen()
        if self.entering is not None:
            self.entering.cancel()
        if self._transport is not None:
            self._transport.abort()
        elif self.entering is None:
            with contextlib.suppress(OSError):
                self.sock.close()

    def _stalled(self, now: float, stalled_s: float) -> bool:
        """Whether something is to be sent, and too little of it was taken for too long."""
        transport = self._transport
        if transport is None or not transport.get_write_buffer_size():
            self._acked_at = max(self._acked_at, now) if self._is_busy else self._acked_at
            return False
        return now - self._acked_at >= stalled_s and not self._taking(now)

    def _taking(self, now: float) -> bool:
        """Whether the other side has taken enough since the last look."""
        acked = self._acked_bytes()
        if acked - self._acked < limits.TAKEN_MIN_BYTES_PER_S * (now - self._acked_at):
            return False
        self._acked, self._acked_at = acked, now
        return True

    def _acked_bytes(self) -> int:
        """Bytes that the other side has acknowledged so far; 0 where the system does not tell."""
        try:
            info = self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_ACKED + 8)
        except OSError:
            return 0
        if len(info) < _TCP_INFO_ACKED + 8:
            return 0
        return int(struct.unpack_from("=Q", info, _TCP_INFO_ACKED)[0])

    def _queued(self) -> bool:
        """Whether the system still holds bytes for the other side: a file goes out past our own buffer."""
        try:
            left = fcntl.ioctl(self.sock.fileno(), termios.TIOCOUTQ, bytes(4))
        except (OSError, ValueError):
            return False
        return bool(struct.unpack("=i", left)[0])
