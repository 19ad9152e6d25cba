"""A light controlling ICE agent (RFC 8445) towards one server address: checks, nomination, consent.

States, in one line: new → checking → connected → failed (connected → failed when consent runs out).
The caller owns the sockets: one connected UDP socket per remote candidate, named here by its index.
"""

from __future__ import annotations

import enum
import os
import random
from dataclasses import dataclass, field

from confhub.relay.wire import stun

CHECK_FIRST_S = 0.05  # RFC 8445 Ta: pace between candidates
CHECK_RETRY_S = 0.25  # doubled up to CHECK_RETRY_MAX_S: a loaded server is not hurried by 302 rooms
CHECK_RETRY_MAX_S = 1.0
CHECK_GIVE_UP_S = 12.0
CONSENT_EVERY_S = 2.5  # RFC 7675: 5 s on average at most; shorter, so that a dead path is seen sooner
QUIET_EVERY_S = 0.5  # a check was not answered, nothing else was heard: checks go out faster, so that a line
# that comes back is noticed at once
CONSENT_LOST_S = 30.0  # RFC 7675; the relay keeps a silent participant as long. A server that went away is
# noticed by its WebSocket, long before
MAX_TRANSACTIONS = 64  # unanswered checks remembered; older ones are forgotten first
MAX_CANDIDATES = 8  # a server with more addresses is cut to the first eight


class IceState(enum.Enum):
    NEW = "new"
    CHECKING = "checking"
    CONNECTED = "connected"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Credentials:
    """One side's `ice-ufrag` and `ice-pwd`."""

    ufrag: str
    pwd: str

    @classmethod
    def fresh(cls) -> Credentials:
        """New random credentials: 48 and 144 bits (RFC 8839 5.4 asks for 24 and 128)."""
        return cls(os.urandom(6).hex(), os.urandom(18).hex())


@dataclass(slots=True)
class _Path:
    next_check: float
    retry_s: float = CHECK_RETRY_S


@dataclass(slots=True)
class IceAgent:
    """Sans-IO: `add_path`, `receive` and `poll` return (path index, datagram) pairs to be sent.

    `selected` is the path that won; `last_heard` the `now` of the last authenticated answer. When nothing is
    heard, checks go out more often, until consent is lost.
    """

    local: Credentials
    remote: Credentials
    started: float
    state: IceState = IceState.NEW
    selected: int = -1
    last_heard: float = 0.0
    rtt_s: float = 0.0
    media_at: float = 0.0  # the last authenticated packet of any kind, told by the owner
    _paths: dict[int, _Path] = field(default_factory=dict)
    _transactions: dict[bytes, tuple[int, float]] = field(default_factory=dict)
    _tie_breaker: bytes = field(default_factory=lambda: os.urandom(8))
    _next_consent: float = 0.0
    _asked_at: float = 0.0

    def add_path(self, index: int, now: float) -> None:
        """Checks begin on this path at the next `poll`; later paths start a Ta later each."""
        if self.state in (IceState.NEW, IceState.CHECKING) and len(self._paths) < MAX_CANDIDATES:
            self.state = IceState.CHECKING
            self._paths[index] = _Path(now + CHECK_FIRST_S * len(self._paths))

    def deadline(self) -> float:
        """When `poll` wants to be called next, in the caller's clock; inf when never."""
        if self.state is IceState.CHECKING:
            waits = [path.next_check for path in self._paths.values()]
            return min([*waits, self.started + CHECK_GIVE_UP_S])
        if self.state is IceState.CONNECTED:
            return min(self._next_consent, self.last_heard + CONSENT_LOST_S)
        return float("inf")

    def poll(self, now: float) -> list[tuple[int, bytes]]:
        """Datagrams due now; moves to FAILED when the time is over."""
        if self.state is IceState.CHECKING:
            return self._poll_checks(now)
        if self.state is IceState.CONNECTED:
            if now >= self.last_heard + CONSENT_LOST_S:
                self.state = IceState.FAILED
            elif now >= self._next_consent:
                quiet = self._asked_at > max(self.last_heard, self.media_at)
                self._asked_at = now
                wait_s = QUIET_EVERY_S if quiet else CONSENT_EVERY_S
                self._next_consent = now + wait_s * random.uniform(0.8, 1.2)
                return [(self.selected, self._request(self.selected, now))]
        return []

    def _poll_checks(self, now: float) -> list[tuple[int, bytes]]:
        if now >= self.started + CHECK_GIVE_UP_S:
            self.state = IceState.FAILED
            return []
        due = [(index, path) for index, path in self._paths.items() if path.next_check <= now]
        for _, path in due:
            path.next_check = now + path.retry_s
            path.retry_s = min(2 * path.retry_s, CHECK_RETRY_MAX_S)
        return [(index, self._request(index, now)) for index, _ in due]

    def _request(self, index: int, now: float) -> bytes:
        transaction = os.urandom(12)
        while len(self._transactions) >= MAX_TRANSACTIONS:
            self._transactions.pop(next(iter(self._transactions)))
        self._transactions[transaction] = (index, now)
        username, password = f"{self.remote.ufrag}:{self.local.ufrag}", self.remote.pwd.encode()
        return stun.build_check(transaction, username, password, self._tie_breaker)

    def receive(
        self, index: int, data: bytes, source: tuple[str, int], now: float
    ) -> list[tuple[int, bytes]]:
        """One STUN datagram that came in on a path; `source` is the literal address and port it came from.

        Wrong, foreign or unauthenticated messages change nothing. Raises StunError for bytes that are no
        STUN.
        """
        message = stun.parse(data)
        if message.type == stun.BINDING_SUCCESS:
            self._on_success(message, now)
        elif message.type == stun.BINDING_REQUEST:
            return self._on_request(index, message, source)
        return []

    def _on_success(self, message: stun.StunMessage, now: float) -> None:
        known = self._transactions.get(message.transaction_id)
        if known is None or not stun.check_integrity(message, self.remote.pwd.encode()):
            return
        del self._transactions[message.transaction_id]
        path, sent = known
        if self.state is IceState.CHECKING:
            self.state, self.selected = IceState.CONNECTED, path
            self._next_consent = now + CONSENT_EVERY_S * random.uniform(0.2, 1.2)
        if self.state is IceState.CONNECTED and path == self.selected:
            self.last_heard = now
            self.rtt_s = max(0.0, now - sent)

    def _on_request(
        self, index: int, message: stun.StunMessage, source: tuple[str, int]
    ) -> list[tuple[int, bytes]]:
        """Answers the checks of a full (not lite) ICE server."""
        key = self.local.pwd.encode()
        if message.local_ufrag != self.local.ufrag or not stun.check_integrity(message, key):
            return []
        return [(index, stun.build_success(message.transaction_id, source, key))]
