"""The readable fan-out: plain Python around libsrtp and sendto; the reference for a compiled twin."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from pylibsrtp._binding import ffi, lib

from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.lane import Lane
from confhub.relay.wire.rtp import pack_extensions

_HEADER = struct.Struct("!BBHII")
_BUFFER_BYTES = 2048
_MAX_CLEAR_BYTES = 1800
"""Leaves room for SRTP's trailer in the buffer."""
_PADDING = bytes(3) + b"\x04"


class PyFanOut:
    """See `fanout`. One per process is enough: one thread, one buffer."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._burst: list[Cargo] = []
        self._buffer: Any = ffi.new("unsigned char[]", _BUFFER_BYTES)
        self._view = memoryview(ffi.buffer(self._buffer))
        self._length: Any = ffi.new("int *")

    def queue(self, cargo: Cargo) -> bool:
        """Add to the burst; True if it was empty before."""
        self._burst.append(cargo)
        return len(self._burst) == 1

    def flush(self) -> None:
        """Send the burst."""
        burst, self._burst = self._burst, []
        abs_time = self._abs_time()
        for cargo in burst:
            cargo.abs_time = abs_time
            lanes, cargo.lanes = cargo.lanes, ()
            self._send(cargo, lanes)

    def send(self, cargo: Cargo, lane: Lane) -> None:
        """Send one packet to one subscriber at once."""
        if cargo.abs_time < 0:
            cargo.abs_time = self._abs_time()
        self._send(cargo, (lane,))

    def send_padding(self, lane: Lane, seq: int, timestamp: int) -> None:
        """Send one packet of padding only."""
        edit = lane.edit
        name = pack_extensions([(edit.mid_id, edit.mid)]) if edit.mid_id else b""
        self._emit(0xB0 if name else 0xA0, 0, name + _PADDING, seq, timestamp, (lane,))

    def _abs_time(self) -> int:
        """The clock as abs-send-time: 6 bits of seconds, 18 of fraction."""
        return int(self._now() * 262144) & 0xFFFFFF

    def _send(self, cargo: Cargo, lanes: Sequence[Lane]) -> None:
        """Lanes of one edit get one tail; most often there is a single edit for all."""
        if not lanes:
            return
        edit = lanes[0].edit
        if all(lane.edit is edit for lane in lanes):
            first, tail = cargo.tail(edit)
            self._emit(first, cargo.marker, tail, cargo.seq, cargo.timestamp, lanes)
            return
        groups: dict[int, list[Lane]] = {}
        for lane in lanes:
            groups.setdefault(id(lane.edit), []).append(lane)
        for group in groups.values():
            first, tail = cargo.tail(group[0].edit)
            self._emit(first, cargo.marker, tail, cargo.seq, cargo.timestamp, group)

    def _emit(
        self, first: int, marker: int, tail: bytes, seq: int, timestamp: int, lanes: Sequence[Lane]
    ) -> None:
        """The hot loop: about 10 us a lane, most of it in libsrtp and the kernel."""
        size = 12 + len(tail)
        if size > _MAX_CLEAR_BYTES:
            return
        buffer, view, length = self._buffer, self._view, self._length
        body = view[12:size]
        pack_into = _HEADER.pack_into
        protect = lib.srtp_protect
        for lane in lanes:
            path = lane.path
            if path.srtp is None:
                continue
            pack_into(
                view,
                0,
                first,
                marker | lane.pt,
                (seq + lane.seq_add) & 0xFFFF,
                (timestamp + lane.timestamp_add) & 0xFFFFFFFF,
                lane.ssrc,
            )
            body[:] = tail
            length[0] = size
            if protect(path.srtp, buffer, length):
                path.errors += 1
                continue
            try:
                path.sendto(view[: length[0]], path.address)
            except (BlockingIOError, InterruptedError):
                path.dropped += 1
                continue
            except OSError:
                path.errors += 1
                continue
            lane.packets += 1
            lane.octets += size
            path.packets += 1
            path.octets += size
