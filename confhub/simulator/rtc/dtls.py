"""DTLS-SRTP (RFC 5764) on pyOpenSSL memory BIOs: one shared context for all rooms, one connection a room."""

from __future__ import annotations

import datetime
import enum
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Policy

MTU_BYTES = 1200  # fits every path a WebRTC packet takes
MAX_FLIGHT_BYTES = 65536  # a handshake flight is a few kB; more is not asked from OpenSSL at once
_CIPHERS = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"


@dataclass(frozen=True, slots=True)
class SrtpProfile:
    """An SRTP protection profile: OpenSSL's name, libsrtp's number, sizes in bytes."""

    openssl_name: bytes
    libsrtp: int
    key_bytes: int
    salt_bytes: int


# Preferred first: AEAD is the cheaper one on processors with AES instructions.
PROFILES = (
    SrtpProfile(b"SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    SrtpProfile(b"SRTP_AEAD_AES_256_GCM", Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
    SrtpProfile(b"SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
)


class DtlsState(enum.Enum):
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
    """A certificate of its own with the OpenSSL context of it; shared by all rooms of a process."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, secrets.token_hex(16))])
        now = datetime.datetime.now(tz=datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=365))
            .sign(key, hashes.SHA256())
        )
        der = certificate.public_bytes(serialization.Encoding.DER)
        self.fingerprint = format_fingerprint(hashlib.sha256(der).digest())
        self.context = SSL.Context(SSL.DTLS_METHOD)
        self.context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU)
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self.context.use_certificate(certificate)
        self.context.use_privatekey(key)
        self.context.set_cipher_list(_CIPHERS)
        self.context.set_tlsext_use_srtp(b":".join(p.openssl_name for p in PROFILES))


def format_fingerprint(digest: bytes) -> str:
    """`AB:CD:…` as `a=fingerprint` has it."""
    return digest.hex(":").upper()


class DtlsPeer:
    """One DTLS association. `receive`, `poll` return the datagrams to be sent; no socket, no clock inside.

    `remote_fingerprint` is the SHA-256 of the SDP answer: a certificate that does not match fails the peer.
    """

    def __init__(self, identity: DtlsIdentity, remote_fingerprint: str, *, server: bool = False) -> None:
        self.state = DtlsState.CONNECTING
        self.keys: SrtpKeys | None = None
        self.error = ""
        self._expected = remote_fingerprint.upper()
        self._server = server
        self._ssl = SSL.Connection(identity.context, None)
        self._ssl.set_ciphertext_mtu(MTU_BYTES)
        if server:
            self._ssl.set_accept_state()
        else:
            self._ssl.set_connect_state()

    def start(self) -> list[bytes]:
        """The first flight (ClientHello); nothing in the server role."""
        return self._advance()

    def receive(self, datagram: bytes) -> list[bytes]:
        """One DTLS datagram (first byte 20..63)."""
        if self.state in (DtlsState.FAILED, DtlsState.CLOSED):
            return []
        try:
            self._ssl.bio_write(datagram)
        except SSL.Error:
            return []
        if self.state is DtlsState.CONNECTING:
            return self._advance()
        try:
            self._ssl.recv(4096)  # application data (SCTP) is not for us; alerts are handled by OpenSSL
        except SSL.ZeroReturnError:
            self.state = DtlsState.CLOSED
        except SSL.WantReadError:
            pass
        except SSL.Error:
            self.state, self.error = DtlsState.FAILED, "fatal alert"
        return self._take()

    def timeout_s(self) -> float | None:
        """Seconds until `poll` must be called for a retransmission, None when nothing is awaited."""
        if self.state is not DtlsState.CONNECTING:
            return None
        return self._ssl.DTLSv1_get_timeout()

    def poll(self) -> list[bytes]:
        """Retransmits the last flight if its time has come."""
        if self.state is not DtlsState.CONNECTING:
            return []
        try:
            self._ssl.DTLSv1_handle_timeout()
        except SSL.Error:
            self.state, self.error = DtlsState.FAILED, "handshake timed out"
        return self._take()

    def close(self) -> list[bytes]:
        """The close_notify alert."""
        if self.state is DtlsState.CONNECTED:
            try:
                self._ssl.shutdown()
            except SSL.Error:
                return []
        self.state = DtlsState.CLOSED
        return self._take()

    def _advance(self) -> list[bytes]:
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            return self._take()
        except SSL.Error as error:
            self.state, self.error = DtlsState.FAILED, f"handshake failed: {error.args}"
            return self._take()
        self._finish()
        return self._take()

    def _finish(self) -> None:
        certificate = self._ssl.get_peer_certificate(as_cryptography=True)
        if certificate is None:
            self.state, self.error = DtlsState.FAILED, "no certificate"
            return
        digest = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()
        if not hmac.compare_digest(format_fingerprint(digest), self._expected):
            self.state, self.error = DtlsState.FAILED, "certificate does not match the fingerprint"
            return
        name = self._ssl.get_selected_srtp_profile()
        profile = next((p for p in PROFILES if p.openssl_name == name), None)
        if profile is None:
            self.state, self.error = DtlsState.FAILED, "no common SRTP profile"
            return
        self.keys = _derive(self._ssl, profile, self._server)
        self.state = DtlsState.CONNECTED

    def _take(self) -> list[bytes]:
        """What OpenSSL wants sent. Its memory BIO forgets where datagrams end, so they are cut at records."""
        pending = b""
        while len(pending) < MAX_FLIGHT_BYTES:
            try:
                pending += self._ssl.bio_read(4096)
            except SSL.WantReadError:
                break
            except SSL.Error:
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


def _derive(ssl: SSL.Connection, profile: SrtpProfile, server: bool) -> SrtpKeys:
    """RFC 5764 4.2: client key, server key, client salt, server salt."""
    key, salt = profile.key_bytes, profile.salt_bytes
    material = ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))
    client = material[:key] + material[2 * key : 2 * key + salt]
    remote = material[key : 2 * key] + material[2 * key + salt :]
    return SrtpKeys(profile, remote, client) if server else SrtpKeys(profile, client, remote)
