"""STUN binding requests and answers (RFC 8489) as an ICE-lite server needs them (RFC 8445)."""

from __future__ import annotations

import binascii
import hmac
import ipaddress
import struct
from dataclasses import dataclass
from functools import lru_cache

MAGIC_COOKIE = 0x2112A442
BINDING_REQUEST = 0x0001
BINDING_SUCCESS = 0x0101
BINDING_ERROR = 0x0111
ROLE_CONFLICT = 487

_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_USERNAME = 0x0006
_MESSAGE_INTEGRITY = 0x0008
_ERROR_CODE = 0x0009
_XOR_MAPPED_ADDRESS = 0x0020
_PRIORITY = 0x0024
_USE_CANDIDATE = 0x0025
_FINGERPRINT = 0x8028
_ICE_CONTROLLED = 0x8029
_ICE_CONTROLLING = 0x802A
_FINGERPRINT_XOR = 0x5354554E
_HOST_PRIORITY = (110 << 24 | 65535 << 8 | 255).to_bytes(4, "big")  # of a peer-reflexive candidate
MAX_MESSAGE_BYTES = 1500
"""No binding request is larger than a datagram on any line."""
MAX_USERNAME_BYTES = 513
"""RFC 8489 section 14.3."""


class StunError(ValueError):
    """Not a STUN message, or a broken one."""


@dataclass(frozen=True, slots=True)
class StunMessage:
    """A parsed message. `raw` is kept for the integrity check."""

    type: int
    transaction_id: bytes
    username: str
    use_candidate: bool
    ice_controlled: bool  # the peer claims the controlled role: a role conflict with an ICE-lite server
    integrity_at: int  # offset of MESSAGE-INTEGRITY in raw, or -1
    raw: bytes

    @property
    def local_ufrag(self) -> str:
        """The receiver's part of the username "<receiver>:<sender>"."""
        return self.username.partition(":")[0]


def is_stun(data: bytes) -> bool:
    """First byte 0..3 (RFC 7983) and the magic cookie."""
    return len(data) >= 20 and data[0] < 4 and data[4:8] == b"\x21\x12\xa4\x42"


def parse(data: bytes) -> StunMessage:
    """Bytes -> message; the fingerprint is checked if there is one. Raises StunError."""
    if not is_stun(data) or len(data) > MAX_MESSAGE_BYTES:
        raise StunError("no STUN message")
    kind, length, _, transaction_id = _HEADER.unpack_from(data)
    if length + 20 != len(data) or length % 4:
        raise StunError("STUN length does not match")
    username = ""
    use_candidate = ice_controlled = False
    integrity_at = -1
    at = 20
    while at < len(data):
        name, size = _ATTRIBUTE.unpack_from(data, at)
        end = at + 4 + size
        if end > len(data):
            raise StunError("STUN attribute runs over the end")
        if name == _FINGERPRINT:
            _check_fingerprint(data, at, size)
        elif integrity_at >= 0:
            pass  # what follows MESSAGE-INTEGRITY is not authenticated (RFC 8489 section 14.5)
        elif name == _USERNAME:
            username = _username(data[at + 4 : end])
        elif name == _MESSAGE_INTEGRITY:
            if size != 20:
                raise StunError("MESSAGE-INTEGRITY is not 20 bytes")
            integrity_at = at
        elif name == _USE_CANDIDATE:
            use_candidate = True
        elif name == _ICE_CONTROLLED:
            ice_controlled = True
        at = (end + 3) & ~3
    return StunMessage(kind, transaction_id, username, use_candidate, ice_controlled, integrity_at, data)


def _username(value: bytes) -> str:
    if len(value) > MAX_USERNAME_BYTES:
        raise StunError("USERNAME is too long")
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise StunError("USERNAME is no UTF-8") from error


def _check_fingerprint(data: bytes, at: int, size: int) -> None:
    if size != 4 or at + 8 != len(data):
        raise StunError("FINGERPRINT is not the last four bytes")
    if int.from_bytes(data[at + 4 :], "big") != binascii.crc32(data[:at]) ^ _FINGERPRINT_XOR:
        raise StunError("FINGERPRINT does not match")


def check_integrity(message: StunMessage, password: bytes) -> bool:
    """Was the message signed with that short-term password (RFC 8489 section 9.1)?"""
    at = message.integrity_at
    if at < 0:
        return False
    raw = message.raw
    signed = raw[:2] + (at + 4).to_bytes(2, "big") + raw[4:at]  # length up to and with MESSAGE-INTEGRITY
    return hmac.compare_digest(hmac.digest(password, signed, "sha1"), raw[at + 4 : at + 24])


def build_proof_request(transaction_id: bytes, username: str, password: bytes) -> bytes:
    """A binding request as a controlled agent sends it, to see whether the peer receives at an address."""
    body = _attribute(_USERNAME, username.encode())
    body += _attribute(_PRIORITY, _HOST_PRIORITY) + _attribute(_ICE_CONTROLLED, transaction_id[:8])
    return _signed(BINDING_REQUEST, transaction_id, body, password)


def build_check(transaction_id: bytes, username: str, password: bytes, tie_breaker: bytes) -> bytes:
    """A binding request as a controlling agent sends it that takes the pair at once (RFC 8445 section 8.1.1);
    `tie_breaker` has eight bytes."""
    body = _attribute(_USERNAME, username.encode()) + _attribute(_PRIORITY, _HOST_PRIORITY)
    body += _attribute(_ICE_CONTROLLING, tie_breaker) + _attribute(_USE_CANDIDATE, b"")
    return _signed(BINDING_REQUEST, transaction_id, body, password)


def build_success(transaction_id: bytes, address: tuple[str, int], password: bytes) -> bytes:
    """The binding answer with XOR-MAPPED-ADDRESS `address` (IPv4 or IPv6 literal, port)."""
    packed = _packed(address[0])
    family = 1 if len(packed) == 4 else 2
    pad = MAGIC_COOKIE.to_bytes(4, "big") + transaction_id
    mixed = bytes(a ^ b for a, b in zip(packed, pad, strict=False))
    value = struct.pack("!BBH", 0, family, address[1] ^ (MAGIC_COOKIE >> 16)) + mixed
    return _signed(BINDING_SUCCESS, transaction_id, _attribute(_XOR_MAPPED_ADDRESS, value), password)


@lru_cache(maxsize=4096)
def _packed(literal: str) -> bytes:
    """An address in network order. Kept, as the same rooms ask for their consent every few seconds."""
    return ipaddress.ip_address(literal.partition("%")[0]).packed


def build_error(transaction_id: bytes, code: int, reason: str, password: bytes) -> bytes:
    """An error answer, e.g. 487 Role Conflict."""
    value = struct.pack("!HBB", 0, code // 100, code % 100) + reason.encode()
    return _signed(BINDING_ERROR, transaction_id, _attribute(_ERROR_CODE, value), password)


def _attribute(name: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(name, len(value)) + value + bytes(-len(value) % 4)


def _signed(kind: int, transaction_id: bytes, body: bytes, password: bytes) -> bytes:
    """Header, body, MESSAGE-INTEGRITY, FINGERPRINT."""
    unsigned = _HEADER.pack(kind, len(body) + 24, MAGIC_COOKIE, transaction_id) + body
    signed = unsigned + _attribute(_MESSAGE_INTEGRITY, hmac.digest(password, unsigned, "sha1"))
    whole = signed[:2] + (len(body) + 32).to_bytes(2, "big") + signed[4:]
    return whole + _attribute(_FINGERPRINT, (binascii.crc32(whole) ^ _FINGERPRINT_XOR).to_bytes(4, "big"))
