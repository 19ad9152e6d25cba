"""SCTP packets (RFC 9260, 6525, 3758) looked over before the association reads them.

aiortc loops for ever over a parameter of no length and counts through every position that a SACK's gaps
claim; this module refuses what no sender writes, so that neither is reached.
"""

from __future__ import annotations

import struct

MAX_CHUNKS_PER_PACKET = 128
"""1,200 bytes hold 60 messages of four bytes."""
MAX_CONTROL_CHUNKS = 8
"""Each may be answered by a packet; stacks bundle a SACK with at most one or two others."""
MAX_PARAMETERS = 32
"""An INIT has about six; each of a RE-CONFIG is answered."""

DATA, INIT, INIT_ACK, SACK, SHUTDOWN, FORWARD_TSN = 0, 1, 2, 3, 7, 192
_PARAMETERS_AT = {INIT: 16, INIT_ACK: 16, 4: 0, 5: 0, 6: 0, 9: 0, 130: 0}
_SHORTEST = {DATA: 12, INIT: 16, INIT_ACK: 16, SACK: 12, SHUTDOWN: 4, FORWARD_TSN: 4}
_CHUNK = struct.Struct("!BBH")
_SACK = struct.Struct("!IIHH")
_PAIR = struct.Struct("!HH")


class SctpError(ValueError):
    """A packet that no SCTP sender writes."""


def check(packet: bytes, next_tsn: int) -> int | None:
    """Raise SctpError unless every chunk can be read in bounded time. `next_tsn`: the number our next DATA
    chunk will have; a SACK acknowledges none from there on. Returns the first DATA chunk's TSN, or None."""
    at, end = 12, len(packet)
    first_tsn = None
    controls = 0
    for _ in range(MAX_CHUNKS_PER_PACKET + 1):
        if at + 4 > end:
            return first_tsn
        kind, _flags, size = _CHUNK.unpack_from(packet, at)
        if size < 4 or at + size > end:
            raise SctpError("a chunk runs over the end")
        body = packet[at + 4 : at + size]
        if len(body) < _SHORTEST.get(kind, 0):
            raise SctpError("a chunk is too short")
        if kind == DATA:
            first_tsn = int.from_bytes(body[:4], "big") if first_tsn is None else first_tsn
        else:
            controls += 1
            if controls > MAX_CONTROL_CHUNKS:
                raise SctpError("too many control chunks")
            _check_control(kind, body, next_tsn)
        at += size + -size % 4
    raise SctpError("too many chunks")


def _check_control(kind: int, body: bytes, next_tsn: int) -> None:
    if kind in _PARAMETERS_AT:
        _check_parameters(body, _PARAMETERS_AT[kind])
    elif kind == SACK:
        _check_sack(body, next_tsn)
    elif kind == FORWARD_TSN and len(body) % 4:
        raise SctpError("a stream of a FORWARD TSN is cut")


def _check_parameters(body: bytes, at: int) -> None:
    for _ in range(MAX_PARAMETERS):
        if at + 4 > len(body):
            return
        size = _PAIR.unpack_from(body, at)[1]
        if size < 4 or at + size > len(body):
            raise SctpError("a parameter's length is wrong")
        at += size + -size % 4
    raise SctpError("too many parameters")


def _check_sack(body: bytes, next_tsn: int) -> None:
    """Gap blocks ascend, do not overlap, and end before what was never sent."""
    cumulative, _window, gaps, duplicates = _SACK.unpack_from(body)
    if len(body) < 12 + 4 * (gaps + duplicates):
        raise SctpError("a SACK is cut")
    outstanding = (next_tsn - 1 - cumulative) & 0xFFFFFFFF
    if outstanding >= 0x80000000:
        raise SctpError("a SACK acknowledges what was not sent")
    last = 0
    for at in range(12, 12 + 4 * gaps, 4):
        start, stop = _PAIR.unpack_from(body, at)
        if not last < start <= stop <= outstanding:
            raise SctpError("a SACK acknowledges what was not sent")
        last = stop
