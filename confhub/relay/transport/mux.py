"""The process's UDP and TCP ports for media: tells packets apart (RFC 7983, STUN username, address) and hands
them to peers."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import string
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from confhub.relay.transport import sockets
from confhub.relay.transport.candidates import host_candidates, tcp_candidates
from confhub.relay.transport.dtls import check_aiortc
from confhub.relay.transport.limits import BURST_DATAGRAMS, MAX_TRANSPORTS, MAX_UFRAGS
from confhub.relay.transport.path import SendPath, SendTo
from confhub.relay.transport.peer import Address, PeerTransport, TransportEvents
from confhub.relay.transport.reading import Reader, new_reader
from confhub.relay.transport.strangers import Strangers
from confhub.relay.transport.tcp import TcpPort
from confhub.relay.transport.turns import Turns
from confhub.relay.wire import stun
from confhub.relay.wire.dtls import DtlsIdentity
from confhub.relay.wire.sdp import Candidate

logger = logging.getLogger(__name__)
_ICE_CHARS = string.ascii_letters + string.digits + "+/"
_SWEEP_S = 1.0
_CANDIDATES_S = 30.0
"""A laptop's addresses change; asking the system takes half a millisecond."""


class UdpMux:
    """One per relay process. `now` is a monotonic clock in seconds; all clock values of transports are its.

    Use: `mux = UdpMux(now=time.monotonic); await mux.open("0.0.0.0", 7882); t = mux.new_transport(events)`.
    """

    def __init__(
        self, *, now: Callable[[], float], advertise: Sequence[str] = (), rng: random.Random | None = None
    ) -> None:
        """`rng` makes ICE credentials; the system's by default, a seeded one only in tests."""
        self.now = now
        self.turns = Turns(now)  # of whatever in this process is due by that clock
        self.port = 0
        self._advertise = tuple(advertise)
        self._rng = rng or random.SystemRandom()
        self._host = ""
        self._is_any_port = False
        self._sockets: list[socket.socket] = []
        self._identity = DtlsIdentity(datetime.now(UTC))
        self._transports: set[PeerTransport] = set()
        self._by_ufrag: dict[str, tuple[PeerTransport, bytes]] = {}
        self._ufrags: dict[PeerTransport, list[str]] = {}
        self._by_address: dict[Address, PeerTransport] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._deferred: list[Callable[[], None]] = []
        self._in_burst = False
        self._sweeper: asyncio.TimerHandle | None = None
        self._replies = SendPath()
        self._candidates: list[Candidate] = []
        self._candidates_s = 0.0
        self.tcp = TcpPort(self)
        self.refused = 0  # datagrams that belong to nobody
        self.floods: Counter[str] = Counter()  # dropped beyond a budget, by its name
        self._strangers = Strangers()

    # --- life ---

    async def open(self, host: str, port: int) -> None:
        """Bind and start reading. host "" or "::" or "0.0.0.0": IPv4 and IPv6 where the machine has it.
        Raises OSError as bind does (the caller names the setting), RuntimeError for an unusable aiortc."""
        check_aiortc()
        host_candidates(host, port, self._advertise)  # a wrong address is told before the port is taken
        self._sockets = sockets.bind(host, port)
        self._host = host
        self._is_any_port = port == 0
        self.port = self._sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        for sock in self._sockets:
            loop.add_reader(sock, self._readable, new_reader(sock), sock.sendto)
        self._sweeper = loop.call_later(_SWEEP_S, self._sweep)

    def open_tcp(self, port: int | None) -> None:
        """Take ICE-TCP as well, on the host of `open`. None: UDP's number, which is free in TCP unless a
        server has it; then any where UDP's was any too. Raises OSError as bind does."""
        try:
            self.tcp.open(self._host, self.port if port is None else port)
        except OSError:
            if port is not None or not self._is_any_port:
                raise
            self.tcp.open(self._host, 0)
        self._candidates = []

    async def close(self) -> None:
        """Close every transport, await their tasks, close the sockets."""
        for transport in list(self._transports):
            transport.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self.tcp.close()
        loop = asyncio.get_running_loop()
        for sock in self._sockets:
            loop.remove_reader(sock)
            sock.close()
        self._sockets = []

    # --- for the room ---

    def candidates(self) -> list[Candidate]:
        """Host candidates for every description, UDP before TCP; addresses are looked up anew twice a
        minute."""
        now_s = self.now()
        if not self._candidates or now_s - self._candidates_s > _CANDIDATES_S:
            self._candidates = host_candidates(self._host, self.port, self._advertise)
            if self.tcp.port:
                self._candidates += tcp_candidates(self._candidates, self.tcp.port)
            self._candidates_s = now_s
        return list(self._candidates)

    def new_transport(self, events: TransportEvents) -> PeerTransport:
        """A fresh transport with its own ICE credentials, known to the mux until closed.
        Raises RuntimeError beyond MAX_TRANSPORTS."""
        if len(self._transports) >= MAX_TRANSPORTS:
            raise RuntimeError(f"more than {MAX_TRANSPORTS} transports")
        transport = PeerTransport(self, events, self._identity)
        self._transports.add(transport)
        return transport

    # --- for the transports (peer.Host) ---

    def defer(self, call: Callable[[], None]) -> None:
        """Call at the end of the current burst of datagrams, or soon."""
        if not self._in_burst and not self._deferred:
            asyncio.get_running_loop().call_soon(self._run_deferred)
        self._deferred.append(call)

    def own(self, task: asyncio.Task[None]) -> None:
        """Keep a task until it ends."""
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)

    def add_credentials(self, transport: PeerTransport) -> tuple[str, str]:
        """New (ufrag, pwd) that lead to the transport."""
        drawn = self._rng.getrandbits(6 * 44)  # at once: a draw is a system call
        text = "".join([_ICE_CHARS[drawn >> 6 * place & 63] for place in range(44)])
        ufrag, pwd = text[:12], text[12:]
        known = self._ufrags.setdefault(transport, [])
        known.append(ufrag)
        self._by_ufrag[ufrag] = (transport, pwd.encode())
        while len(known) > MAX_UFRAGS:
            self._by_ufrag.pop(known.pop(0), None)
        return ufrag, pwd

    def refuse(self, budget: str) -> None:
        """Something of a peer was dropped beyond that budget."""
        self.floods[budget] += 1

    def add_address(self, transport: PeerTransport, address: Address) -> None:
        """Datagrams from that address belong to the transport."""
        self._by_address[address] = transport

    def drop_address(self, transport: PeerTransport, address: Address) -> None:
        """They do not any more, unless another transport has taken the address over."""
        if self._by_address.get(address) is transport:
            del self._by_address[address]

    def forget(self, transport: PeerTransport) -> None:
        """Nothing leads to the transport any more."""
        self._transports.discard(transport)
        for ufrag in self._ufrags.pop(transport, ()):
            self._by_ufrag.pop(ufrag, None)
        for address in transport.addresses:
            self.drop_address(transport, address)

    # --- for the lines (tcp.Taker) ---

    def take(self, packets: Sequence[bytes], address: Address, sendto: SendTo) -> None:
        """Packets that came over a line, in order, as if from that address."""
        now_s = self.now()
        self._in_burst = True
        try:
            for data in packets:
                self._take_one(data, address, sendto, now_s)
        finally:
            self._in_burst = False
            self._run_deferred()

    def is_owned(self, address: Address) -> bool:
        """Has a valid check come from that address, and is its transport still there?"""
        return address in self._by_address

    def line_ended(self, address: Address) -> None:
        """Nothing can be sent to that address any more."""
        transport = self._by_address.pop(address, None)
        if transport is not None:
            transport.on_address_gone(address)

    # --- inside ---

    def _take_one(self, data: bytes, address: Address, sendto: SendTo, now_s: float) -> None:
        """One packet; whatever it sets off stays with its sender."""
        transport = self._by_address.get(address)
        try:
            self._dispatch(data, address, sendto, transport, now_s)
        except Exception:  # containment of one peer
            logger.exception("a datagram of a peer ended in a fault")
            if transport is not None:
                transport.fail("fault")

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("a transport's task ended in a fault", exc_info=task.exception())

    def _readable(self, reader: Reader, sendto: SendTo) -> None:
        """Take up to a burst, then let the deferred work (the fan-out) run."""
        now_s = self.now()
        take_one = self._take_one
        self._in_burst = True
        try:
            for data, address in reader.read(BURST_DATAGRAMS):
                take_one(data, address, sendto, now_s)
        finally:
            self._in_burst = False
            self._run_deferred()

    def _dispatch(
        self,
        data: bytes,
        address: Address,
        sendto: SendTo,
        transport: PeerTransport | None,
        now_s: float,
    ) -> None:
        """By the first byte (RFC 7983)."""
        first = data[0]
        if 128 <= first < 192 and transport is not None:
            transport.on_media(data, now_s, address)
        elif 20 <= first < 64 and transport is not None:
            transport.on_dtls(data, now_s)
        elif first < 4:
            self._on_stun(data, address, sendto, now_s)
        else:
            self.refused += 1

    def _on_stun(self, data: bytes, address: Address, sendto: SendTo, now_s: float) -> None:
        """Answer an authenticated check; anything else is dropped without an answer."""
        if address not in self._by_address and not self._strangers.take(address[0]):
            self.floods["strangers' checks"] += 1
            return
        try:
            message = stun.parse(data)
        except stun.StunError:
            self.refused += 1
            return
        if message.type == stun.BINDING_SUCCESS:
            self._on_answer(message, address, now_s)
            return
        found = self._by_ufrag.get(message.local_ufrag)
        if message.type != stun.BINDING_REQUEST or found is None:
            self.refused += 1
            return
        transport, password = found
        if not stun.check_integrity(message, password):
            self.refused += 1
            return
        owner = self._by_address.get(address)
        if owner is not None and owner is not transport and owner.holds(address, now_s):
            self.floods["addresses of others"] += 1
            return
        if not transport.may_check(now_s):
            return
        self._replies.sendto = sendto
        if message.ice_controlled:
            answer = stun.build_error(message.transaction_id, stun.ROLE_CONFLICT, "Role Conflict", password)
            self._replies.send_to(answer, address)
            return
        self._replies.send_to(stun.build_success(message.transaction_id, address[:2], password), address)
        transport.on_check(address, sendto, message.use_candidate, now_s)

    def _on_answer(self, message: stun.StunMessage, address: Address, now_s: float) -> None:
        """To a check of ours; anything else is dropped."""
        transport = self._by_address.get(address)
        if transport is None or not transport.on_answer(message, address, now_s):
            self.refused += 1

    def _run_deferred(self) -> None:
        calls, self._deferred = self._deferred, []
        for call in calls:
            call()

    def _sweep(self) -> None:
        now_s = self.now()
        for transport in list(self._transports):
            transport.check_consent(now_s)
        self.tcp.sweep(now_s)
        self._strangers.clear()
        self._sweeper = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)
