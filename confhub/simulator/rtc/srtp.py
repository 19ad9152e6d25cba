"""SRTP and SRTCP (RFC 3711, RFC 7714) by libsrtp, called in place on the caller's buffer.

pylibsrtp's own Session copies each packet twice; the media thread reads 20,000 packets a second, so it
calls the
C functions itself. These names are private to pylibsrtp: the version is pinned and `require` checks them.
"""

from __future__ import annotations

from typing import Any

from pylibsrtp import Error, Policy, Session
from pylibsrtp._binding import ffi, lib

from confhub.relay.wire.dtls import SrtpKeys

BUFFER_BYTES = 2048  # larger than any datagram of an MTU of 1500 with SRTP's trailer
TRAILER_BYTES = 148  # SRTP_MAX_TRAILER_LEN plus the SRTCP index
REPLAY_WINDOW = 1024  # packets; a retransmission after more than that is of no use

_REPLAYED = 9  # srtp_err_status_replay_fail: a duplicate
_TOO_OLD = 10  # srtp_err_status_replay_old


class SrtpError(RuntimeError):
    """libsrtp refused to protect one of our own packets, or to take the keys."""


class SrtpBuffer:
    """A reusable buffer seen both by Python (`view`, `data`) and by libsrtp (`pointer`); `size` is an int
    *."""

    def __init__(self) -> None:
        self.data = bytearray(BUFFER_BYTES)
        self.view = memoryview(self.data)
        self.pointer: Any = ffi.from_buffer(self.data)
        self.size: Any = ffi.new("int *")


class SrtpPair:
    """Both directions of one association."""

    def __init__(self, keys: SrtpKeys) -> None:
        try:
            self._inbound = Session(_policy(keys, keys.receive, Policy.SSRC_ANY_INBOUND))
            self._outbound = Session(_policy(keys, keys.send, Policy.SSRC_ANY_OUTBOUND))
        except (Error, ValueError) as error:
            raise SrtpError(str(error)) from error
        self.receive_context: Any = self._inbound._srtp[0]  # for `unprotect_rtp`, called once a packet
        self.send_context: Any = self._outbound._srtp[0]  # for the compiled twin, which sends bursts
        self._scratch = SrtpBuffer()

    def protect_rtp(self, packet: bytes) -> bytes:
        """The encrypted packet. Raises SrtpError, e.g. for a sequence number sent before."""
        return self._protect(lib.srtp_protect, packet)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """The encrypted compound packet. Raises SrtpError."""
        return self._protect(lib.srtp_protect_rtcp, packet)

    def _protect(self, function: Any, packet: bytes) -> bytes:
        size = len(packet)
        if size > BUFFER_BYTES - TRAILER_BYTES:
            raise SrtpError("packet larger than the buffer")
        scratch = self._scratch
        scratch.data[:size] = packet
        scratch.size[0] = size
        status = function(self.send_context, scratch.pointer, scratch.size)
        if status:
            raise SrtpError(f"libsrtp status {status}")
        return bytes(scratch.view[: scratch.size[0]])


unprotect_rtp: Any = (
    lib.srtp_unprotect
)  # (context, pointer, size *) -> status; 0 is ok, size becomes the new one
unprotect_rtcp: Any = lib.srtp_unprotect_rtcp


def is_duplicate(status: int) -> bool:
    """Whether libsrtp's status says that the packet had come before, or too late to tell."""
    return status in (_REPLAYED, _TOO_OLD)


def _policy(keys: SrtpKeys, key: bytes, direction: int) -> Policy:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=keys.profile.libsrtp)
    policy.window_size = REPLAY_WINDOW
    return policy
