"""aiortc's DTLS transport, fed by us: an ICE object of our own, a cached TLS context, AEAD first.

aiortc's private fields are used; `check_aiortc` says at start-up whether this version still has them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal, cast

import aiortc
import pylibsrtp
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsTransport,
    State,
)
from aiortc.rtcicetransport import RTCIceTransport
from aiortc.rtcsctptransport import RTCSctpTransport
from OpenSSL import SSL
from pylibsrtp._binding import lib

from confhub.relay.transport.limits import DTLS_AT_ONCE

Role = Literal["server", "client"]
"""Ours in a DTLS association."""
MAX_QUEUED_DATAGRAMS = 256
"""DTLS waiting for its task: a handshake has ten, a burst of data messages some dozens; the rest is
retransmitted."""

_NEEDED = {
    RTCDtlsTransport: ("_set_role", "_setup_srtp", "_recv_next", "_write_ssl", "_send_data"),
    RTCCertificate: ("_create_ssl_context", "getFingerprints", "generateCertificate"),
    RTCSctpTransport: ("_handle_data", "_mark_received", "_data_channel_receive", "_send_chunk"),
}
_NEEDED_FIELDS = (
    "_rx_srtp",
    "_tx_srtp",
    "_srtp_profiles",
    "_task",
    "_state",
    "_ssl",
    "_data_receiver",
    "_role",
)


class Certificate(RTCCertificate):
    """The process's certificate; the TLS context is made once (0.5 ms of each handshake saved)."""

    _context: SSL.Context | None = None
    _fingerprint: tuple[str, str] | None = None

    def _create_ssl_context(self, srtp_profiles: list[Any]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles=srtp_profiles)
            self._context.set_options(SSL.OP_NO_RENEGOTIATION)  # a signature each, whenever a peer likes
        return self._context

    @property
    def sha256(self) -> tuple[str, str]:
        """("sha-256", "AB:CD:...") for a=fingerprint."""
        if self._fingerprint is None:
            found = {f.algorithm: f.value for f in self.getFingerprints()}
            self._fingerprint = ("sha-256", found["sha-256"])
        return self._fingerprint


class IceShim:
    """What RTCDtlsTransport needs of an ICE transport: datagrams in by `feed`, out by `send`."""

    role = "controlled"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send_now = send
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_QUEUED_DATAGRAMS)
        self._closed = False
        self._taken = 0

    def feed(self, data: bytes) -> None:
        """Queue one DTLS datagram; also before the handshake starts. A full queue drops it, as a network
        would."""
        if not self._queue.full():
            self._queue.put_nowait(data)

    def close(self) -> None:
        """The next `_recv` raises ConnectionError."""
        self._closed = True
        if not self._queue.full():
            self._queue.put_nowait(None)

    async def _recv(self) -> bytes:
        self._taken += 1
        if self._taken % DTLS_AT_ONCE == 0:
            await asyncio.sleep(0)  # a queue with something in it does not wait: others have their turn
        data = None if self._closed else await self._queue.get()
        if data is None:
            raise ConnectionError("transport is closed")
        return data

    async def _send(self, data: bytes) -> None:
        self._send_now(data)


class Dtls(RTCDtlsTransport):
    """One peer's DTLS, server or client. AES-128-GCM is the cheapest profile and is taken if offered."""

    def __init__(self, ice: IceShim, certificate: Certificate) -> None:
        super().__init__(cast(RTCIceTransport, ice), [certificate])
        self._srtp_profiles = _PROFILES

    def take_role(self, role: Role) -> None:
        """Before `start`."""
        self._set_role(role)

    async def _send_data(self, data: bytes) -> None:
        """SCTP's timers outlive the connection: what they send then is lost, not an error."""
        if self._state == State.CONNECTED:
            await super()._send_data(data)


_PROFILES = sorted(SRTP_PROFILES, key=lambda profile: profile is not SRTP_AEAD_AES_128_GCM)


def check_aiortc() -> None:
    """Raise RuntimeError naming what is missing if the installed aiortc or pylibsrtp cannot be driven so."""
    missing = [f"{cls.__name__}.{n}" for cls, names in _NEEDED.items() for n in names if not hasattr(cls, n)]
    missing += [f"libsrtp {n}" for n in ("srtp_protect", "srtp_unprotect") if not hasattr(lib, n)]
    if not missing:
        probe = Dtls(IceShim(lambda data: None), Certificate.generateCertificate())
        missing = [f"RTCDtlsTransport.{n}" for n in _NEEDED_FIELDS if not hasattr(probe, n)]
        if not hasattr(pylibsrtp.Session(), "_srtp"):
            missing.append("pylibsrtp.Session._srtp")
    if missing:
        lacks = ", ".join(missing)
        raise RuntimeError(f"aiortc {aiortc.__version__} does not have what the relay needs: {lacks}")
