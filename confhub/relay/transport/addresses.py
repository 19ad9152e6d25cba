"""A peer's addresses: where valid checks came from, which of them it really receives at, where packets go.

A check proves who sends it, not where from: with a forged source, a participant could point its share of the
stage at a stranger. So media moves to another address only when that address has answered a check of ours (or
is a connection), as RFC 8445 does between full agents; an ICE-lite server without it would be an amplifier.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from confhub.relay.transport.limits import ADDRESS_HELD_S, MAX_ADDRESSES, PROOF_INTERVAL_S, SILENT_PATH_S
from confhub.relay.transport.path import SendPath, SendTo
from confhub.relay.wire import stun

Address = Any
"""What recvfrom gives: (host, port) for IPv4, (host, port, flow, scope) for IPv6; (host, port, "tcp")."""


@dataclass(slots=True)
class Known:
    """One address with a valid check."""

    sendto: SendTo
    is_proven: bool
    checked_s: float = 0.0
    transaction: bytes = b""


class Addresses:
    """Moves `path`. `forget` hears which address is not the peer's any more."""

    def __init__(self, path: SendPath, forget: Callable[[Address], None]) -> None:
        self.known: dict[Address, Known] = {}  # the one checked last stands last
        self._path = path
        self._nowhere = path.sendto
        self._forget = forget
        self._remote: tuple[str, bytes] | None = None
        self._flights: set[Address] = set()
        self._has_keys = False
        self._demands_proof = False
        self._wished: Address = None
        self._asked_s: float | None = None
        self._path_heard_s = 0.0

    def know_remote(self, username: str, password: str) -> None:
        """How to check the peer: "its ufrag:ours" and its password. Until then it is taken at its word."""
        self._remote = (username, password.encode())

    def on_check(self, address: Address, sendto: SendTo, nominated: bool, now_s: float) -> None:
        """A valid check came from there."""
        known = self.known.pop(address, None) or Known(sendto, "tcp" in address)
        known.sendto, known.checked_s = sendto, now_s
        self.known[address] = known
        while len(self.known) > MAX_ADDRESSES:
            oldest = next(other for other in self.known if other != self._path.address)
            del self.known[oldest]
            self._forget(oldest)
        if address == self._path.address:
            self._path.sendto = sendto
        elif self._path.address is None and not self._demands_proof:
            self._go(address, now_s)
        elif nominated or self._path.address is None:
            if not self._demands_proof:
                self._go(address, now_s)
            self._wish(address, now_s)

    def holds(self, address: Address, now_s: float) -> bool:
        """Is that address in use? Another peer that comes from it is forged, or has to wait a little."""
        known = self.known.get(address)
        if known is None:
            return False
        is_path = address == self._path.address
        return now_s - max(known.checked_s, self._path_heard_s if is_path else 0.0) < ADDRESS_HELD_S

    def on_answer(self, message: stun.StunMessage, address: Address, now_s: float) -> bool:
        """A binding success came from there; is it the answer to our check?"""
        known = self.known.get(address)
        if known is None or not known.transaction or message.transaction_id != known.transaction:
            return False
        if self._remote is None or not stun.check_integrity(message, self._remote[1]):
            return False
        known.is_proven = True
        if address == self._wished:
            self._go(address, now_s)
        return True

    def on_media(self, address: Address, now_s: float) -> None:
        """Authenticated media came from there. A peer sends where it wants to receive: where its present path
        has fallen silent, it need not wait for the next check."""
        if address == self._path.address:
            self._path_heard_s = now_s
        elif now_s - self._path_heard_s > SILENT_PATH_S and address in self.known:
            self._wish(address, now_s)

    def on_gone(self, address: Address, now_s: float) -> None:
        """A connection ended: what went there goes to the proven address checked last, if there is one."""
        self.known.pop(address, None)
        if self._path.address == address:
            self._leave(now_s)

    def on_flight(self) -> None:
        """Part of our handshake is being sent."""
        if not self._has_keys:
            self._flights.add(self._path.address)

    def demand_proof(self, now_s: float) -> None:
        """From now on nothing but answers and checks goes where the peer has not shown that it receives."""
        self._demands_proof = True
        wished = self._path.address
        present = self.known.get(wished)
        if present is not None and not present.is_proven and self._remote is not None:
            self._leave(now_s)
            self._wish(wished, now_s)

    def ask_again(self, now_s: float) -> None:
        """Our check, or its answer, may be lost."""
        if self._wished in self.known:
            self._wish(self._wished, now_s)

    def use_keys(self, now_s: float) -> None:
        """The handshake is done: its flights were received where they were sent, if that was one place."""
        self._has_keys = True
        if len(self._flights) == 1:
            (address,) = self._flights
            if address in self.known:
                self.known[address].is_proven = True
        self._flights.clear()
        self.demand_proof(now_s)

    def _wish(self, address: Address, now_s: float) -> None:
        """The peer wants to receive there: at once where it is proven, else when it has answered."""
        known = self.known[address]
        if known.is_proven or self._remote is None:
            self._go(address, now_s)
            return
        self._wished = address
        if self._asked_s is not None and now_s - self._asked_s < PROOF_INTERVAL_S:
            return
        self._asked_s = now_s
        known.transaction = known.transaction or os.urandom(12)
        username, password = self._remote
        self._path.send_by(
            known.sendto, stun.build_proof_request(known.transaction, username, password), address
        )

    def _go(self, address: Address, now_s: float) -> None:
        self._path.address, self._path.sendto = address, self.known[address].sendto
        self._path_heard_s = now_s
        self._wished = None

    def _leave(self, now_s: float) -> None:
        for address, known in reversed(self.known.items()):
            if known.is_proven or not self._demands_proof or self._remote is None:
                self._go(address, now_s)
                return
        self._path.address, self._path.sendto = None, self._nowhere
