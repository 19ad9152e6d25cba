"""Redundant audio (RFC 2198): the newest block of a packet, and a packet of one block."""

from __future__ import annotations


class RedError(ValueError):
    """Not a RED payload, or a truncated one."""


def primary(payload: bytes) -> tuple[int, bytes]:
    """(payload type, data) of the last block, which is the newest; earlier blocks repeat old sound. Raises
    RedError."""
    size = len(payload)
    at = repeated = 0
    while at < size and payload[at] & 0x80:
        if at + 4 > size:
            raise RedError("truncated block header")
        repeated += (payload[at + 2] & 0x03) << 8 | payload[at + 3]
        at += 4
    if at >= size:
        raise RedError("no header of a primary block")
    start = at + 1 + repeated
    if start >= size:
        raise RedError("no primary block")
    return payload[at], payload[start:]


def wrap(pt: int, data: bytes) -> bytes:
    """The payload of one block and no redundancy."""
    return bytes((pt & 0x7F,)) + data
