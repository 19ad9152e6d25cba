"""The contract of the fan-out: the one place where packets are copied to many subscribers.

A twin of `PyFanOut` must do, for each cargo queued and each lane in `cargo.lanes` (in queue order for a
lane):

1. write the fixed header: first byte and tail from `cargo.tail(lane.edit)`, marker and `lane.pt`,
   (cargo.seq + lane.seq_add) mod 2**16, (cargo.timestamp + lane.timestamp_add) mod 2**32, `lane.ssrc`;
2. protect it with `lane.path.srtp` (skip the lane while that is None);
3. hand it to the kernel for `lane.path.address` by `lane.path.sendto`; a full buffer counts in
   `path.dropped`, any other refusal in `path.errors`; nothing is retried, nothing is logged, nothing is
   raised. `flush` of a twin that outruns the line may wait for room first, for a bounded time;
4. count in lane.packets/octets and path.packets/octets what the kernel took.

`flush` gives every cargo of the burst the same abs-send-time. A cargo is changed by nobody after its flush.
"""

from __future__ import annotations

from typing import Protocol

from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.lane import Lane


class FanOut(Protocol):
    """See the module."""

    def queue(self, cargo: Cargo) -> bool:
        """Add to the burst; True if it was empty before (the caller then has `flush` called soon)."""

    def flush(self) -> None:
        """Send the burst."""

    def send(self, cargo: Cargo, lane: Lane) -> None:
        """Send one packet to one subscriber at once: a retransmission (same bytes as before) or a start
        packet."""

    def send_padding(self, lane: Lane, seq: int, timestamp: int) -> None:
        """Send one packet of padding only; `seq` and `timestamp` are the source's, as in a cargo."""
