"""Doors: accepts the connections of an HTTP port, and knows which of them to cut when there are too many.

    accepted → waiting (its request is not whole) ⇄ busy (a handler is at it) → closed

Nobody new is refused while an idle stranger can be cut instead: the one that has been idle longest goes,
first of the newcomer's own address. Who was recognized by a login or credential is never cut for a stranger.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import socket
import ssl
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from confhub.kernel import limits
from confhub.kernel.guest import Guest, network_of

log = structlog.get_logger("confhub.doors")

_OUT_OF_FILES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

Factory = Callable[[], asyncio.Protocol]


@dataclass(frozen=True, slots=True)
class DoorCaps:
    """How many connections, and how long each may do nothing. Reasons: see the defaults in limits.py."""

    connections: int = limits.CONNECTIONS
    strangers_per_address: int = limits.STRANGERS_PER_ADDRESS
    per_known: int = limits.CONNECTIONS_PER_KNOWN
    first_request_s: float = limits.FIRST_REQUEST_S
    idle_s: float = limits.IDLE_S
    proxy_idle_s: float = limits.PROXY_IDLE_S
    stalled_s: float = limits.STALLED_S
    head_max_bytes: int = limits.HEAD_MAX_BYTES
    handshake_s: float = limits.HANDSHAKE_S
    sweep_s: float = limits.SWEEP_S


def raise_open_files(wanted: int) -> int:
    """Let this process have as many open files as it needs and the system allows; gives the limit it has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(soft, most)


class Doors:
    """One server's connections. `refused` counts those cut or turned away, by reason.

    The server tells `began` and `ended` of each request, by its protocol object, and `know` of who was
    recognized.
    `proxy` tells whether an address is a trusted proxy's: many people stand behind it, so no cap of one
    address and a longer idle time hold for it.
    """

    def __init__(self, caps: DoorCaps | None = None, *, proxy: Callable[[str], bool] | None = None) -> None:
        self.caps = caps or DoorCaps()
        self.refused: Counter[str] = Counter()
        self._proxy = proxy or (lambda _address: False)
        self._guests: set[Guest] = set()
        self._of_protocol: dict[Any, Guest] = {}
        self._idle: OrderedDict[Guest, None] = (
            OrderedDict()
        )  # strangers who may be cut, the longest idle first
        self._idle_of: dict[int, OrderedDict[Guest, None]] = {}
        self._strangers_of: Counter[int] = Counter()
        self._known_of: Counter[Hashable] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._entering: set[asyncio.Task[None]] = set()

    # -- life --------------------------------------------------------------------------------------

    def open(self, listener: socket.socket, factory: Factory, context: ssl.SSLContext | None = None) -> None:
        """Accept from a listening, non-blocking socket until `close`; each gets a protocol of `factory`."""
        self._own(self._accept(listener, factory, context), f"doors {listener.getsockname()[:2]}")
        if len(self._tasks) == 1:
            self._own(self._sweep(), "doors sweep")

    async def close(self) -> None:
        """Accept nothing more; connections that have said something stay open."""
        for task in (*self._tasks, *self._entering):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._entering, return_exceptions=True)
        for guest in [guest for guest in self._guests if guest.silent]:
            self._forget(guest)
            guest.abort()

    def __len__(self) -> int:
        return len(self._guests)

    @property
    def most(self) -> int:
        """Connections at a time: the cap, or what the open-files limit leaves beside everything else."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY:
            return self.caps.connections
        return min(self.caps.connections, soft - min(limits.FILES_KEPT_FREE, soft // 2))

    # -- what the server tells ---------------------------------------------------------------------

    def began(self, protocol: Any) -> None:
        """A whole request is there, and a handler takes it."""
        if guest := self._of_protocol.get(protocol):
            guest.busy(asyncio.get_running_loop().time())
            self._not_idle(guest)

    def ended(self, protocol: Any) -> None:
        """The handler is done; the answer may still be on its way."""
        if guest := self._of_protocol.get(protocol):
            guest.waiting(asyncio.get_running_loop().time())
            self._may_be_cut(guest)

    def fed(self, protocol: Any) -> None:
        """The handler has taken a piece of the body: what came so far was asked for."""
        if guest := self._of_protocol.get(protocol):
            guest.received = 0

    def upgraded(self, protocol: Any) -> None:
        """The connection has become a WebSocket, which counts its bytes itself."""
        if guest := self._of_protocol.get(protocol):
            guest.upgraded = True

    def know(self, protocol: Any, who: Hashable) -> None:
        """This connection's request was recognized as `who`: no stranger may push it out. One `who` has
        `per_known` such connections; a trusted proxy's connection speaks for many, and stays nobody's."""
        guest = self._of_protocol.get(protocol)
        if guest is None or guest.proxy or guest.who == who or self._known_of[who] >= self.caps.per_known:
            return
        self._not_idle(guest)
        self._uncount(guest)
        guest.who = who
        self._known_of[who] += 1

    # -- accepting ---------------------------------------------------------------------------------

    def _own(self, job: Any, name: str) -> None:
        self._tasks.add(asyncio.create_task(job, name=name))

    async def _accept(
        self, listener: socket.socket, factory: Factory, context: ssl.SSLContext | None
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            for _ in range(limits.ACCEPTS_AT_ONCE):
                try:
                    sock, address = await loop.sock_accept(listener)
                except OSError as error:
                    await self._no_accept(error)
                    break
                self._enter(sock, address, factory, context)
            await asyncio.sleep(0)  # a flood of connections leaves the loop to those who are in

    async def _no_accept(self, error: OSError) -> None:
        """Out of descriptors or memory: make room and wait, instead of asking again at once."""
        self.refused["connections that could not be accepted"] += 1
        if error.errno in _OUT_OF_FILES:
            log.error("connections cannot be accepted", reason=error.strerror, open=len(self._guests))
            for _ in range(min(len(self._idle), limits.ACCEPTS_AT_ONCE)):
                self._cut(next(iter(self._idle)), "idle connections cut for want of open files")
            await asyncio.sleep(limits.ACCEPT_RETRY_S)

    def _enter(
        self, sock: socket.socket, address: Sequence[Any], factory: Factory, context: ssl.SSLContext | None
    ) -> None:
        host = str(address[0]) if address else ""
        guest = Guest(sock, host, network_of(host), self._proxy(host), asyncio.get_running_loop().time())
        if not self._room_for(guest):
            guest.abort()
            return
        self._guests.add(guest)
        self._strangers_of[guest.network] += not guest.proxy
        self._may_be_cut(guest)
        guest.listen(lambda: self._speaks(guest, factory, context))

    def _speaks(self, guest: Guest, factory: Factory, context: ssl.SSLContext | None) -> None:
        """The first bytes are there: only now is anything made for this connection."""
        task = asyncio.create_task(self._connect(guest, factory, context))
        self._entering.add(task)
        task.add_done_callback(self._entering.discard)
        guest.entering = task

    async def _connect(self, guest: Guest, factory: Factory, context: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.BaseProtocol:
            guest.inner = factory()
            self._of_protocol[guest.inner] = guest
            guest.lost = self._forget
            guest.flooded = self._flooded
            guest.head_max_bytes = self.caps.head_max_bytes
            return guest

        tls: dict[str, Any] = {}
        if context is not None:
            tls = {"ssl": context, "ssl_handshake_timeout": self.caps.handshake_s}
        try:
            await loop.connect_accepted_socket(protocol, guest.sock, **tls)
        except (OSError, ssl.SSLError, asyncio.CancelledError):  # no handshake, gone meanwhile, or cut by us
            self.refused["connections that ended in the handshake"] += 1
            guest.sock.close()
            self._forget(guest)
        finally:
            guest.entering = None

    def _room_for(self, guest: Guest) -> bool:
        """Cut an idle stranger where there are too many; False where nobody can be cut."""
        network = guest.network
        if not guest.proxy and self._strangers_of[network] >= self.caps.strangers_per_address:
            idle = self._idle_of.get(network)
            if not idle:
                self.refused["too many connections of one address"] += 1
                return False
            self._cut(next(iter(idle)), "idle connections cut for a newer one of the same address")
        if len(self._guests) >= self.most:
            if not self._idle:
                self.refused["too many connections in all"] += 1
                return False
            self._cut(next(iter(self._idle)), "idle connections cut for a newer one")
        return True

    # -- cutting -----------------------------------------------------------------------------------

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self.caps.sweep_s)
            now = asyncio.get_running_loop().time()
            for guest in tuple(self._guests):
                if (reason := guest.overdue(now, self.caps)) is not None:
                    self._cut(guest, reason)

    def _flooded(self, guest: Guest) -> None:
        self._cut(guest, "more bytes than a request's head may have")

    def _cut(self, guest: Guest, reason: str) -> None:
        self.refused[reason] += 1
        self._forget(guest)
        guest.abort()

    def _forget(self, guest: Guest) -> None:
        if guest not in self._guests:
            return
        self._guests.discard(guest)
        self._not_idle(guest)
        self._uncount(guest)
        if guest.inner is not None:
            self._of_protocol.pop(guest.inner, None)

    def _uncount(self, guest: Guest) -> None:
        counter: Counter[Any] = self._strangers_of if guest.who is None else self._known_of
        key = guest.network if guest.who is None else guest.who
        counter[key] -= not guest.proxy
        if counter[key] <= 0:
            del counter[key]

    def _may_be_cut(self, guest: Guest) -> None:
        if guest.who is None and guest in self._guests:
            self._idle[guest] = None
            self._idle_of.setdefault(guest.network, OrderedDict())[guest] = None

    def _not_idle(self, guest: Guest) -> None:
        if self._idle.pop(guest, False) is None:
            of = self._idle_of[guest.network]
            with contextlib.suppress(KeyError):
                del of[guest]
            if not of:
                del self._idle_of[guest.network]


def listen(host: str, port: int, backlog: int) -> socket.socket:
    """A non-blocking listening socket (IPv4, or IPv6 for an address with colons). Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    address = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)[0][4]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(backlog)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
