"""Transport-wide congestion control, the receiver's side: draft-holmer-rmcat-transport-wide-cc-extensions-01.

The server numbers its packets across all streams in a header extension; every FEEDBACK_EVERY_S it is told
which came, and when. Recording is a receiver's (twin: native/arrivals.h); what is told is made here for both.
"""

from __future__ import annotations

import re
import struct
from itertools import pairwise

from confhub.relay.wire import rtcp

URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
FEEDBACK_EVERY_S = 0.1  # libwebrtc's default, and pion's
MAX_ARRIVALS = 1024  # between two feedbacks: 10,000 packets a second; those beyond are not told of
MAX_STATUSES = 0xFFFF  # packets that one feedback speaks of: its count has 16 bits
MAX_TOLD = 400  # of them received: with two bytes each a feedback stays within a datagram
TICKS_PER_S = 4000  # 250 µs
REFERENCE_TICKS = 256  # 64 ms
MEMORY_TICKS = TICKS_PER_S // 2  # so long a packet may overtake another, as with libwebrtc
MAX_RUN = 0x1FFF
FORMAT = 15  # of the transport-layer feedback
_RUN = re.compile(rb"\x00+|\x01+|\x02+")
_HEAD = struct.Struct("!BBHIIHHI")


class Arrivals:
    """What came since it was last taken: (extended transport-wide number, monotonic seconds)."""

    __slots__ = ("_highest", "_taken", "awaited", "heard", "id", "ssrc")

    def __init__(self) -> None:
        self.id = 0  # of the header extension; 0 while it is not negotiated
        self.ssrc = 0  # of the last numbered packet
        self.heard = False  # the server does number its packets
        self.awaited = False  # somebody takes them at times: no attention is needed
        self._highest = -1
        self._taken: list[tuple[int, float]] = []

    def record(self, data: bytearray | bytes, size: int, ssrc: int, now: float) -> bool:
        """One RTP packet; True when it wants attention, because nobody takes what came."""
        number = transport_number(data, size, self.id)
        if number < 0:
            return False
        highest = self._highest
        extended = (
            number + 65536 if highest < 0 else (highest + ((number - highest + 32768) & 0xFFFF) - 32768)
        )
        self._highest = max(highest, extended)
        self.ssrc, self.heard = ssrc, True
        if len(self._taken) < MAX_ARRIVALS:
            self._taken.append((extended, now))
        return not self.awaited

    def take(self) -> list[tuple[int, float]]:
        """What came, in the order of its coming."""
        taken, self._taken = self._taken, []
        self.awaited = bool(taken)
        return taken


def transport_number(data: bytearray | bytes, size: int, wanted: int) -> int:
    """The two bytes of header extension `wanted` (RFC 8285, one-byte and two-byte form); -1 without it."""
    at = 12 + 4 * (data[0] & 15)
    if not data[0] & 0x10 or at + 4 > size:
        return -1
    profile = data[at] << 8 | data[at + 1]
    end = at + 4 + 4 * (data[at + 2] << 8 | data[at + 3])
    short = profile == 0xBEDE
    if end > size or not (short or profile & 0xFFF0 == 0x1000):
        return -1
    at += 4
    while at < end:
        first = data[at]
        if first == 0:
            at += 1
            continue
        if short:
            number, length, at = first >> 4, (first & 15) + 1, at + 1
            if number == 15:
                return -1
        else:
            if at + 2 > end:
                return -1
            number, length, at = first, data[at + 1], at + 2
        if at + length > end:
            return -1
        if number == wanted:
            return data[at] << 8 | data[at + 1] if length == 2 else -1
        at += length
    return -1


class TransportFeedback:
    """The feedback packets of one transport. A packet that was overtaken by less than MEMORY_TICKS is told of
    together with all after it, anew; a later one is not told of."""

    def __init__(self, ssrc: int) -> None:
        self._ssrc = ssrc
        self._ticks: dict[int, int] = {}  # by extended number, in the order of arrival
        self._start = -1  # the first number not told of
        self._floor = -1  # what came before it is forgotten
        self._count = 0

    def packets(self, arrivals: list[tuple[int, float]], media: int) -> list[bytes]:
        """RTCP packets, each to be sent by itself, that tell of what came since the last call; `media` is an
        SSRC of the server's."""
        ticks, fresh = self._ticks, []
        for number, at in arrivals:
            if number >= self._floor and number not in ticks:  # a first arrival counts
                ticks[number] = round(at * TICKS_PER_S)
                fresh.append(number)
        if not fresh:
            return []
        latest = ticks[fresh[-1]]
        received, start = sorted(fresh), self._start
        if received[0] < start:
            received = sorted(number for number in ticks if number >= received[0])
        if start < 0 or not start <= received[0] < start + MAX_STATUSES:
            start = received[0]
        made: list[bytes] = []
        while received:
            fit = self._fitting(start, received)
            made.append(self._packet(start, received[:fit], media))
            start = received[fit - 1] + 1
            received = received[fit:]
        self._start = start
        self._forget(latest - MEMORY_TICKS)
        return made

    def _fitting(self, start: int, received: list[int]) -> int:
        """How many of the numbers one packet can tell of; at least one."""
        if len(received) > MAX_TOLD:
            received = received[:MAX_TOLD]
        for index, (before, number) in enumerate(pairwise(received), 1):
            delta = self._ticks[number] - self._ticks[before]
            if number - start >= MAX_STATUSES or not -32768 <= delta <= 32767:
                return index
        return len(received)

    def _packet(self, start: int, received: list[int], media: int) -> bytes:
        reference = self._ticks[received[0]] // REFERENCE_TICKS
        before = reference * REFERENCE_TICKS
        symbols = bytearray(received[-1] + 1 - start)  # 0: did not come
        deltas = bytearray()
        for number in received:
            tick = self._ticks[number]
            delta, before = tick - before, tick
            if 0 <= delta <= 255:
                symbols[number - start] = 1
                deltas.append(delta)
            else:
                symbols[number - start] = 2
                deltas += (delta & 0xFFFF).to_bytes(2, "big")
        body = chunks(symbols) + deltas
        padding = -len(body) % 4
        if padding:
            body += bytes(padding - 1) + bytes([padding])
        first = 0xA0 if padding else 0x80
        count, self._count = self._count, (self._count + 1) & 0xFF
        words = (_HEAD.size + len(body)) // 4 - 1
        return (
            _HEAD.pack(
                first | FORMAT,
                rtcp.RTPFB,
                words,
                self._ssrc,
                media,
                start & 0xFFFF,
                len(symbols),
                (reference & 0xFFFFFF) << 8 | count,
            )
            + body
        )

    def _forget(self, before: int) -> None:
        for number, tick in list(self._ticks.items()):
            if tick >= before:
                return
            del self._ticks[number]
            self._floor = max(self._floor, number + 1)


def chunks(symbols: bytearray) -> bytearray:
    """The packet status chunks of symbols 0 (lost), 1 (a small delta), 2 (a large one): draft 3.1.2-3.1.4."""
    packed = bytearray()
    at, end = 0, len(symbols)
    while at < end:
        same = _RUN.match(symbols, at)
        assert same is not None  # there are no other symbols
        symbol, run = symbols[at], min(MAX_RUN, same.end() - at)
        part = symbols[at : at + 14]
        if run >= 14 or run == end - at or (run >= 7 and 2 in part):
            chunk, taken = symbol << 13 | run, run
        elif 2 not in part:
            chunk, taken = 0x8000, 14
            for index, value in enumerate(part):
                chunk |= value << 13 - index
        else:
            chunk, taken = 0xC000, 7
            for index, value in enumerate(part[:7]):
                chunk |= value << 12 - 2 * index
        packed += chunk.to_bytes(2, "big")
        at += taken
    return packed
