"""Packets in a byte stream (RFC 4571): a length of two bytes, then STUN, DTLS, SRTP or SRTCP as it stands."""

from __future__ import annotations

MAX_FRAME_BYTES = 2048
"""As large as a datagram the relay reads; clients keep below 1,500."""


class FrameError(ValueError):
    """The stream cannot be what it should be; the connection is of no use any more."""


def frame(data: bytes) -> bytes:
    """One packet with its length before it. Raises FrameError beyond 65,535 bytes."""
    if len(data) > 0xFFFF:
        raise FrameError("a frame has at most 65,535 bytes")
    return len(data).to_bytes(2, "big") + data


class Deframer:
    """Cuts one stream into packets; keeps less than one packet between two calls."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are whole now, empty ones left out. Raises FrameError for a length beyond
        MAX_FRAME_BYTES: whoever sends it does not speak RFC 4571."""
        stream = self._rest + data if self._rest else data
        packets: list[bytes] = []
        at, end = 0, len(stream)
        while end - at >= 2:
            size = stream[at] << 8 | stream[at + 1]
            if size > MAX_FRAME_BYTES:
                raise FrameError(f"a frame of {size} bytes, {MAX_FRAME_BYTES} are allowed")
            if at + 2 + size > end:
                break
            if size:
                packets.append(stream[at + 2 : at + 2 + size])
            at += 2 + size
        self._rest = stream[at:]
        return packets
