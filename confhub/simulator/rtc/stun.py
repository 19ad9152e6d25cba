"""STUN messages (RFC 8489) as ICE uses them: bytes to meaning and back; no socket, no clock."""

from __future__ import annotations

import hmac
import struct
import zlib
from dataclasses import dataclass, field
from hashlib import sha1

MAGIC = 0x2112A442
BINDING_REQUEST = 0x0001
BINDING_SUCCESS = 0x0101
BINDING_ERROR = 0x0111

ATTR_USERNAME = 0x0006
ATTR_MESSAGE_INTEGRITY = 0x0008
ATTR_ERROR_CODE = 0x0009
ATTR_XOR_MAPPED_ADDRESS = 0x0020
ATTR_PRIORITY = 0x0024
ATTR_USE_CANDIDATE = 0x0025
ATTR_FINGERPRINT = 0x8028
ATTR_ICE_CONTROLLED = 0x8029
ATTR_ICE_CONTROLLING = 0x802A

MAX_ATTRIBUTES = 32  # an ICE check holds at most eight; a longer list is somebody playing
FINGERPRINT_XOR = 0x5354554E

_HEADER = struct.Struct("!HHI12s")
_ATTR = struct.Struct("!HH")


class StunError(ValueError):
    """The bytes are no STUN message, or one that breaks RFC 8489."""


@dataclass(slots=True)
class StunMessage:
    """One parsed message. `attributes` keeps the last value of each type; `integrity_at` is the offset of
    MESSAGE-INTEGRITY in `raw`, 0 where it is missing."""

    kind: int
    transaction: bytes
    attributes: dict[int, bytes] = field(default_factory=dict)
    integrity_at: int = 0
    raw: bytes = b""

    def verify(self, key: bytes) -> bool:
        """Whether MESSAGE-INTEGRITY is there and was made with `key` (RFC 8489 14.5)."""
        at = self.integrity_at
        if not at:
            return False
        covered = self.raw[:2] + struct.pack("!H", at + 24 - 20) + self.raw[4:at]
        return hmac.compare_digest(hmac.digest(key, covered, sha1), self.attributes[ATTR_MESSAGE_INTEGRITY])


def parse(data: bytes) -> StunMessage:
    """One datagram as a STUN message. Raises StunError for anything else."""
    if len(data) < 20:
        raise StunError("shorter than a header")
    kind, length, magic, transaction = _HEADER.unpack_from(data)
    if kind & 0xC000 or magic != MAGIC or length % 4 or length + 20 != len(data):
        raise StunError("not a STUN header")
    message = StunMessage(kind, transaction, raw=bytes(data))
    offset, count = 20, 0
    while offset + 4 <= len(data):
        attribute, size = _ATTR.unpack_from(data, offset)
        value = bytes(data[offset + 4 : offset + 4 + size])
        count += 1
        if len(value) != size or count > MAX_ATTRIBUTES:
            raise StunError("attribute beyond the message, or too many of them")
        if attribute == ATTR_FINGERPRINT:
            _check_fingerprint(message.raw, offset, value)
            break
        if not message.integrity_at:  # attributes after MESSAGE-INTEGRITY are not authenticated: ignored
            message.attributes[attribute] = value
            if attribute == ATTR_MESSAGE_INTEGRITY:
                if size != 20:
                    raise StunError("MESSAGE-INTEGRITY of a wrong size")
                message.integrity_at = offset
        offset += 4 + size + (-size % 4)
    return message


def _check_fingerprint(raw: bytes, offset: int, value: bytes) -> None:
    expected = zlib.crc32(raw[:offset]) ^ FINGERPRINT_XOR
    if len(value) != 4 or struct.unpack("!I", value)[0] != expected:
        raise StunError("wrong FINGERPRINT")


def build(kind: int, transaction: bytes, attributes: list[tuple[int, bytes]], key: bytes) -> bytes:
    """A message with the attributes in this order, then MESSAGE-INTEGRITY by `key` and FINGERPRINT."""
    body = b"".join(_ATTR.pack(a, len(v)) + v + b"\0" * (-len(v) % 4) for a, v in attributes)
    covered = _HEADER.pack(kind, len(body) + 24, MAGIC, transaction) + body
    signed = covered + _ATTR.pack(ATTR_MESSAGE_INTEGRITY, 20) + hmac.digest(key, covered, sha1)
    signed = signed[:2] + struct.pack("!H", len(body) + 32) + signed[4:]
    return signed + _ATTR.pack(ATTR_FINGERPRINT, 4) + struct.pack("!I", zlib.crc32(signed) ^ FINGERPRINT_XOR)


def xor_address(host: bytes, port: int, transaction: bytes) -> bytes:
    """XOR-MAPPED-ADDRESS of a packed IPv4 (4 bytes) or IPv6 (16 bytes) address (RFC 8489 14.2)."""
    mask = struct.pack("!I", MAGIC) + transaction
    family = 1 if len(host) == 4 else 2
    mixed = bytes(a ^ b for a, b in zip(host, mask, strict=False))
    return struct.pack("!BBH", 0, family, port ^ (MAGIC >> 16)) + mixed


def error_code(value: bytes) -> int:
    """The number in an ERROR-CODE attribute, 0 where it makes no sense."""
    if len(value) < 4:
        return 0
    return (value[2] & 7) * 100 + value[3]
