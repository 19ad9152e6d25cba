"""RTP packets (RFC 3550) and header extensions (RFC 8285), read in place from bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

_HEADER = struct.Struct("!BBHII")

Elements = Sequence[tuple[int, bytes]]
"""Header extensions: (id, value) of each, in order."""


class RtpError(ValueError):
    """Not an RTP packet, or a broken one."""


class RtpView(NamedTuple):
    """Where things are in one packet. One is made for each packet received, none for a packet forwarded."""

    ssrc: int
    pt: int
    marker: int  # 0 or 0x80
    seq: int
    timestamp: int
    extension_at: int  # offset of the first extension element, 0 if there is none
    extension_end: int
    is_two_byte: bool
    payload_at: int
    payload_end: int  # without padding


def is_rtcp(data: bytes) -> bool:
    """RTCP by its packet type 192..223 (RFC 5761); only for data[0] in 128..191 and at least two bytes."""
    return 192 <= data[1] <= 223


def parse(data: bytes) -> RtpView:
    """Bytes -> positions. Raises RtpError."""
    size = len(data)
    if size < 12:
        raise RtpError("shorter than an RTP header")
    first, second, seq, timestamp, ssrc = _HEADER.unpack_from(data)
    if first & 0xC0 != 0x80:
        raise RtpError("RTP version is not 2")
    at = 12 + 4 * (first & 0x0F)
    extension_at = extension_end = 0
    is_two_byte = False
    if first & 0x10:
        if size < at + 4:
            raise RtpError("truncated header extension")
        profile = data[at] << 8 | data[at + 1]
        extension_at = at + 4
        at = extension_end = extension_at + 4 * (data[at + 2] << 8 | data[at + 3])
        if profile & 0xFFF0 == 0x1000:
            is_two_byte = True
        elif profile != 0xBEDE:
            extension_at = extension_end = 0
    end = size
    if first & 0x20:
        padding = data[-1]
        if padding == 0:
            raise RtpError("padding of no bytes")
        end -= padding
    if at > end:
        raise RtpError("header or padding runs over the end")
    return RtpView(
        ssrc, second & 0x7F, second & 0x80, seq, timestamp, extension_at, extension_end, is_two_byte, at, end
    )


def extensions(data: bytes, view: RtpView) -> list[tuple[int, bytes]]:
    """(id, value) of each extension element, in order; a broken tail is left out, as receivers must
    tolerate."""
    found: list[tuple[int, bytes]] = []
    at, end = view.extension_at, view.extension_end
    while at < end:
        first = data[at]
        if first == 0:  # padding
            at += 1
            continue
        if view.is_two_byte:
            if at + 2 > end:
                break
            identifier, length, start = first, data[at + 1], at + 2
        else:
            identifier, length, start = first >> 4, (first & 0x0F) + 1, at + 1
            if identifier == 15:
                break
        at = start + length
        if at > end:
            break
        if identifier:
            found.append((identifier, data[start:at]))
    return found


def pack_extensions(elements: list[tuple[int, bytes]]) -> bytes:
    """The extension block with its four-byte head; b"" for no element. Two-byte form only where it is needed.

    Values are 1..16 bytes (else 0..255 in the two-byte form), ids 1..255.
    """
    if not elements:
        return b""
    two_byte = any(identifier > 14 or not 1 <= len(value) <= 16 for identifier, value in elements)
    parts = []
    for identifier, value in elements:
        if two_byte:
            parts.append(bytes((identifier, len(value))) + value)
        else:
            parts.append(bytes((identifier << 4 | len(value) - 1,)) + value)
    body = b"".join(parts)
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", 0x1000 if two_byte else 0xBEDE, len(body) // 4) + body


def build(
    *,
    pt: int,
    seq: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    marker: bool = False,
    extension: bytes = b"",
) -> bytes:
    """A whole packet; `extension` as from pack_extensions."""
    first = 0x90 if extension else 0x80
    head = _HEADER.pack(first, (0x80 if marker else 0) | pt, seq & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return head + extension + payload
