"""A controlling client's STUN binding request, for seeds and tests: the relay itself never sends one."""

from __future__ import annotations

from aioice import stun


def binding_request(
    transaction_id: bytes, username: str, password: bytes, *, use_candidate: bool = False
) -> bytes:
    """The request, signed with the short-term password (RFC 8489), written by aioice."""
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, transaction_id)
    message.attributes["USERNAME"] = username
    if use_candidate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password)
    return bytes(message)
