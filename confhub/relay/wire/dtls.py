"""DTLS-SRTP (RFC 5764) for both ends, client and server: datagrams in, datagrams out, no socket, no clock.

OpenSSL does the work, between two buffers of its own. It measures for itself how long it waits for an answer:
`deadline` is the `now` it was given and what is left of that wait.

States: connecting -> connected -> closed; failed from the first two.
"""

from __future__ import annotations

import enum
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import pylibsrtp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Policy

Role = Literal["server", "client"]
"""Ours in a DTLS association."""
Failure = Literal["", "handshake", "fingerprint", "alert"]
"""It came to nothing; the peer's certificate is another one; the peer gave up later."""

MTU_BYTES = 1200
"""Of a flight: fits every path that a WebRTC packet takes."""
VALID_FOR = timedelta(days=365)
_MAX_FLIGHT_BYTES = 65536  # a handshake's flight is a few kB; more is not asked from OpenSSL at once
_MAX_RECORD_BYTES = 16384
_DTLS_1_2 = 0xFEFD
_NEVER = float("inf")
_CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    b"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA"
)
_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
    "sha-512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class SrtpProfile:
    """An SRTP protection profile: OpenSSL's name, libsrtp's number, sizes in bytes."""

    openssl_name: bytes
    libsrtp: int
    key_bytes: int
    salt_bytes: int

    @property
    def is_known(self) -> bool:
        """Was libsrtp built with it?"""
        try:
            Policy(srtp_profile=self.libsrtp)
        except pylibsrtp.Error:
            return False
        return True


_PROFILES = (
    SrtpProfile(b"SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    SrtpProfile(b"SRTP_AEAD_AES_256_GCM", Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
    SrtpProfile(b"SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
)
PROFILES = tuple(profile for profile in _PROFILES if profile.is_known)
"""Preferred first: AEAD is the cheaper one on processors with AES instructions."""


class DtlsState(enum.Enum):
    """See the module."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Master key and salt for each direction, as libsrtp takes them."""

    profile: SrtpProfile
    send: bytes
    receive: bytes


class DtlsIdentity:
    """A certificate of its own with the OpenSSL context of it; one serves all associations of a process.

    `now`: its validity begins the day before. `fingerprint` is the SHA-256, as `a=fingerprint` has it.
    """

    def __init__(self, now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, secrets.token_hex(16))])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + VALID_FOR)
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = _fingerprint(certificate, "sha-256")
        self.context = SSL.Context(SSL.DTLS_METHOD)
        self.context.set_max_proto_version(_DTLS_1_2)
        # renegotiation: a signature each, whenever a peer likes
        self.context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU | SSL.OP_NO_RENEGOTIATION)
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self.context.use_certificate(certificate)
        self.context.use_privatekey(key)
        self.context.set_cipher_list(_CIPHERS)
        self.context.set_tlsext_use_srtp(b":".join(profile.openssl_name for profile in PROFILES))


class Dtls:
    """One association. `start`, `receive`, `poll`, `send`, `close` return the datagrams to be sent.

    `fingerprints`: (algorithm, value) of the peer's description. One at least must be of a known algorithm,
    and all those must match the peer's certificate. `keys` are there once it is connected.
    """

    def __init__(self, identity: DtlsIdentity, role: Role, fingerprints: Sequence[tuple[str, str]]) -> None:
        self.role = role
        self.state = DtlsState.CONNECTING
        self.keys: SrtpKeys | None = None
        self.failure: Failure = ""
        self.error = ""
        self.deadline = _NEVER
        self.messages: list[bytes] = []
        self._fingerprints = [(algorithm.lower(), value.upper()) for algorithm, value in fingerprints]
        self._ssl = SSL.Connection(identity.context, None)
        self._ssl.set_ciphertext_mtu(MTU_BYTES)
        if role == "server":
            self._ssl.set_accept_state()
        else:
            self._ssl.set_connect_state()

    def start(self, now: float) -> list[bytes]:
        """The first flight (ClientHello); nothing in the server's role."""
        return self._advance(now)

    def receive(self, datagram: bytes, now: float) -> list[bytes]:
        """One DTLS datagram (first byte 20..63). `messages` is then what it carried, decrypted."""
        self.messages = []
        if self.state not in (DtlsState.CONNECTING, DtlsState.CONNECTED):
            return []
        try:
            self._ssl.bio_write(datagram)
        except SSL.Error:
            return []
        if self.state is DtlsState.CONNECTING:
            return self._advance(now)
        self._read()
        return self._take()

    def poll(self, now: float) -> list[bytes]:
        """To be called at `deadline`: repeats the last flight if OpenSSL has waited long enough for it."""
        if self.state is not DtlsState.CONNECTING:
            return []
        try:
            self._ssl.DTLSv1_handle_timeout()
        except SSL.Error:
            self._fail("handshake", "handshake timed out")
        self._plan(now)
        return self._take()

    def send(self, message: bytes) -> list[bytes]:
        """The datagram of one message; nothing where the association is not connected, or ended."""
        if self.state is not DtlsState.CONNECTED:
            return []
        try:
            self._ssl.send(message)
        except SSL.Error:
            return []
        return self._take()

    def close(self) -> list[bytes]:
        """The close_notify alert."""
        was, self.state, self.deadline = self.state, DtlsState.CLOSED, _NEVER
        if was is DtlsState.CONNECTED:
            try:
                self._ssl.shutdown()
            except SSL.Error:
                return []
        return self._take()

    # --- inside ---

    def _advance(self, now: float) -> list[bytes]:
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self._fail("handshake", f"handshake failed: {error.args}")
        else:
            self._finish()
        self._plan(now)
        return self._take()

    def _plan(self, now: float) -> None:
        wait_s = self._ssl.DTLSv1_get_timeout() if self.state is DtlsState.CONNECTING else None
        self.deadline = _NEVER if wait_s is None else now + wait_s

    def _read(self) -> None:
        """All that is in the last datagram. What OpenSSL refuses is forged or broken, and drops out."""
        try:
            while True:
                self.messages.append(self._ssl.recv(_MAX_RECORD_BYTES))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.state = DtlsState.CLOSED
        except SSL.Error:
            if self._ssl.get_shutdown() & SSL.RECEIVED_SHUTDOWN:
                self._fail("alert", "fatal alert")

    def _finish(self) -> None:
        certificate = self._ssl.get_peer_certificate(as_cryptography=True)
        if certificate is None or not self._is_expected(certificate):
            self._fail("fingerprint", "certificate does not match the fingerprint")
            return
        name = self._ssl.get_selected_srtp_profile()
        profile = next((profile for profile in PROFILES if profile.openssl_name == name), None)
        if profile is None:
            self._fail("handshake", "no common SRTP profile")
            return
        self.keys = _derive(self._ssl, profile, self.role)
        self.state = DtlsState.CONNECTED

    def _is_expected(self, certificate: x509.Certificate) -> bool:
        known = [(algorithm, value) for algorithm, value in self._fingerprints if algorithm in _DIGESTS]
        return bool(known) and all(
            hmac.compare_digest(_fingerprint(certificate, algorithm).encode(), value.encode())
            for algorithm, value in known
        )

    def _fail(self, failure: Failure, error: str) -> None:
        self.state, self.failure, self.error = DtlsState.FAILED, failure, error

    def _take(self) -> list[bytes]:
        """What OpenSSL wants sent. Its buffer forgets where datagrams end, so they are cut at records."""
        pending = b""
        while len(pending) < _MAX_FLIGHT_BYTES:
            try:
                pending += self._ssl.bio_read(4096)
            except SSL.Error:  # nothing more
                break
        return _datagrams(pending)


def _datagrams(stream: bytes) -> list[bytes]:
    """DTLS records (13 bytes of header, RFC 6347 4.1) packed into datagrams of at most MTU_BYTES."""
    datagrams: list[bytes] = []
    current = b""
    offset = 0
    while offset + 13 <= len(stream):
        end = offset + 13 + int.from_bytes(stream[offset + 11 : offset + 13], "big")
        record = stream[offset:end]
        if current and len(current) + len(record) > MTU_BYTES:
            datagrams.append(current)
            current = b""
        current += record
        offset = end
    return [*datagrams, current] if current else datagrams


def _fingerprint(certificate: x509.Certificate, algorithm: str) -> str:
    return certificate.fingerprint(_DIGESTS[algorithm]).hex(":").upper()


def _derive(ssl: SSL.Connection, profile: SrtpProfile, role: Role) -> SrtpKeys:
    """RFC 5764 4.2: client key, server key, client salt, server salt."""
    key, salt = profile.key_bytes, profile.salt_bytes
    material = ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))
    client = material[:key] + material[2 * key : 2 * key + salt]
    server = material[key : 2 * key] + material[2 * key + salt :]
    return SrtpKeys(profile, server, client) if role == "server" else SrtpKeys(profile, client, server)
