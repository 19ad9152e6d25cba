"""A bad line between browsers and relay: a UDP proxy that loses, delays and dies, and tells what it did.

The relay advertises the proxy's address instead of its own: the proxy listens on the relay's port at another
address of the machine (127.0.0.9 beside 127.0.0.1), so clients know of no other way. Each client's packets
go on from a socket of their own, as behind an address translation. What is lost is decided by a seed, so a
run can be repeated; what was really lost is counted, for a loss of 10 % is never exactly that.

    line = BadLine(("127.0.0.1", relay_udp_port), seed=1)
    line.open("127.0.0.9")                    # and the relay was started with --advertise 127.0.0.9
    line.down = Quality(loss_percent=10)      # from now on; line.up likewise
    line.counts()["down"].loss
    line.close()
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

MAX_CLIENTS = 64
"""Browsers of a drill or a test; a client that would be the next one is not served."""
MAX_WAITING = 4096
"""Packets held back on one way of one client: a second of 720p at 30 ms of jitter is far less."""
MAX_DATAGRAM_BYTES = 65_535
BURST = 64
"""Datagrams read in a row before others get a turn."""
SOCKET_BUFFER_BYTES = 1024 * 1024

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Quality:
    """How one way is: each packet is lost with `loss_percent`, and held back up to `jitter_ms`, in order."""

    loss_percent: float = 0.0
    jitter_ms: float = 0.0
    dead: bool = False


PERFECT = Quality()


@dataclass(slots=True)
class Counts:
    """What one way really did."""

    passed: int = 0
    dropped: int = 0
    delayed: int = 0

    @property
    def loss(self) -> float:
        """The share that was dropped."""
        return self.dropped / max(1, self.passed + self.dropped)


class Way:
    """One direction of one client: decides, and hands over in order."""

    def __init__(self, dice: random.Random, counts: Counts, send: Callable[[bytes], None]) -> None:
        self._dice, self._counts, self._send = dice, counts, send
        self._free_at = 0.0
        self._waiting: deque[bytes] = deque()

    def take(self, data: bytes, quality: Quality, loop: asyncio.AbstractEventLoop) -> None:
        """One datagram: dropped, sent on, or held back for a while."""
        lost = quality.loss_percent > 0 and self._dice.random() * 100 < quality.loss_percent
        if quality.dead or lost or len(self._waiting) >= MAX_WAITING:
            self._counts.dropped += 1
            return
        self._counts.passed += 1
        now = loop.time()
        at = now + self._dice.random() * quality.jitter_ms / 1000 if quality.jitter_ms > 0 else now
        self._free_at = at = max(at, self._free_at)
        if at <= now and not self._waiting:
            self._send(data)
            return
        self._counts.delayed += 1
        self._waiting.append(data)
        loop.call_at(at, self._release)

    def _release(self) -> None:
        """The next in order: timers of one moment may come in any."""
        self._send(self._waiting.popleft())


class BadLine:
    """See the module. Used on one running event loop; `up` and `down` may be set at any time."""

    def __init__(self, relay: Address, *, seed: int = 1) -> None:
        self.up = self.down = PERFECT
        self._relay = relay
        self._seed = seed
        self._counts = {"up": Counts(), "down": Counts()}
        self._front: socket.socket | None = None
        self._clients: dict[object, Client] = {}

    def open(self, host: str, port: int | None = None) -> Address:
        """Listen at `host`, on the relay's own port unless another is wished. Raises OSError."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        front = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            front.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
            front.bind((host, self._relay[1] if port is None else port))
        except OSError:
            front.close()
            raise
        self._front = front
        asyncio.get_running_loop().add_reader(front, self._from_clients)
        found = front.getsockname()
        return (str(found[0]), int(found[1]))

    def counts(self) -> dict[str, Counts]:
        """What was done so far, by way: `up` is from the browsers to the relay."""
        return self._counts

    def close(self) -> None:
        """Nothing passes any more. Idempotent."""
        front, self._front = self._front, None
        if front is not None:
            asyncio.get_running_loop().remove_reader(front)
            front.close()
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _from_clients(self) -> None:
        front = self._front
        for _ in range(BURST):
            if front is None:
                return
            try:
                data, address = front.recvfrom(MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue  # a client's port that closed: the next datagram is somebody else's
            client = self._clients.get(address) or self._admit(address)
            if client is not None:
                client.way_up.take(data, self.up, client.loop)

    def _admit(self, address: object) -> Client | None:
        if len(self._clients) >= MAX_CLIENTS:
            return None
        number = len(self._clients)
        up, down = (random.Random(f"{self._seed}/{number}/{way}") for way in ("up", "down"))
        self._clients[address] = client = Client(self, self._relay, self._counts, (up, down), address)
        return client

    def to_client(self, data: bytes, address: object) -> None:
        """A datagram of the relay's, out of the address that the client knows."""
        if self._front is not None:
            send(self._front.sendto, data, address)


class Client:
    """One browser's address and its socket towards the relay."""

    def __init__(
        self,
        line: BadLine,
        relay: Address,
        counts: dict[str, Counts],
        dice: tuple[random.Random, random.Random],
        address: object,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in relay[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
        self._socket.connect(relay)
        self._line = line
        self.way_up = Way(dice[0], counts["up"], lambda data: send(self._socket.send, data))
        self._way_down = Way(dice[1], counts["down"], lambda data: line.to_client(data, address))
        self.loop.add_reader(self._socket, self._from_relay)

    def _from_relay(self) -> None:
        for _ in range(BURST):
            try:
                data = self._socket.recv(MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue  # the relay is away for the moment
            self._way_down.take(data, self._line.down, self.loop)

    def close(self) -> None:
        """Idempotent."""
        if self._socket.fileno() >= 0:
            self.loop.remove_reader(self._socket)
            self._socket.close()


def send(function: Callable[..., int], data: bytes, *address: object) -> None:
    """Send as UDP does: what the operating system does not take is lost."""
    try:
        function(data, *address)
    except OSError:
        return
