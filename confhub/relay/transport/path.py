"""The way out to one peer: socket, address and SRTP session, as the fan-out uses them for each packet."""

from __future__ import annotations

from collections.abc import Callable
from socket import htonl
from typing import TYPE_CHECKING, Any

from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

from confhub.relay import native
from confhub.relay.wire.dtls import SrtpKeys

SendTo = Callable[[Any, Any], int]
MAX_DATAGRAM_BYTES = 2048
"""Larger than any Ethernet frame; a datagram beyond is cut by the read and fails authentication."""
REPLAY_WINDOW = 1024
"""Packets; a retransmission after more than that is of no use."""
_TRAILER_BYTES = 16 + 128 + 4


def _nowhere(data: Any, address: Any) -> int:
    """Stands for a socket while there is none."""
    return 0


class PyPathState:
    """What the fan-out uses of a path. `native._fanout.PathState` is its compiled twin."""

    __slots__ = ("address", "dropped", "errors", "octets", "packets", "sendto", "srtp")

    def __init__(self) -> None:
        self.sendto: SendTo = _nowhere
        self.address: Any = None
        self.srtp: Any = None
        self.packets = 0
        self.octets = 0
        self.dropped = 0  # the kernel's buffer was full
        self.errors = 0  # libsrtp or the kernel refused


if TYPE_CHECKING:
    PathState = PyPathState
else:
    PathState = PyPathState if native.fanout is None else native.fanout.PathState


class SendPath(PathState):
    """Mutable on purpose: an address migration changes `address` under the fan-out's hands.

    `srtp` is libsrtp's handle (None before the handshake). Counters are of everything sent to this peer.
    """

    __slots__ = ("_session",)

    def __init__(self) -> None:
        super().__init__()
        self._session: Session | None = None

    def use_session(self, session: Session) -> None:
        """Keys for sending exist."""
        self._session = session
        self.srtp = session._srtp[0]

    def shut(self) -> None:
        """Whatever is sent from now on goes nowhere."""
        self.sendto = _nowhere
        self.srtp = None

    def send_raw(self, data: bytes) -> None:
        """Send an unprotected datagram (STUN, DTLS)."""
        if self.address is not None:
            self.send_to(data, self.address)

    def send_to(self, data: bytes, address: Any) -> None:
        """Send a datagram to another address of the peer (an answer to a connectivity check)."""
        self.send_by(self.sendto, data, address)

    def send_by(self, sendto: SendTo, data: bytes, address: Any) -> None:
        """Send a datagram to another address of the peer by another socket (a check of ours)."""
        try:
            sendto(data, address)
        except (BlockingIOError, InterruptedError):
            self.dropped += 1
        except OSError:
            self.errors += 1  # unreachable, or an ICMP answer to something earlier

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send a compound RTCP packet; nothing happens before there are keys."""
        if self._session is not None and self.address is not None:
            self.send_raw(self._session.protect_rtcp(packet))

    def forget_ssrc(self, ssrc: int) -> None:
        """Free libsrtp's state of a source that will never be used again on this path."""
        if self.srtp is not None:
            lib.srtp_remove_stream(self.srtp, htonl(ssrc))


def sessions(keys: SrtpKeys) -> tuple[Session, Session]:
    """(what the peer sends, what is sent to it)."""
    return _session(keys, keys.receive, Policy.SSRC_ANY_INBOUND), _session(
        keys, keys.send, Policy.SSRC_ANY_OUTBOUND
    )


def _session(keys: SrtpKeys, key: bytes, direction: int) -> Session:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=keys.profile.libsrtp)
    policy.allow_repeat_tx = True
    policy.window_size = REPLAY_WINDOW
    return Session(policy)


class Opener:
    """Unprotects what one peer sends; one buffer serves the process, as there is one media thread."""

    __slots__ = ("_handle", "_session")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._handle = session._srtp[0]

    def rtp(self, data: bytes) -> bytes | None:
        """The packet in clear, or None: forged, replayed or too old."""
        return self._open(data, lib.srtp_unprotect)

    def rtcp(self, data: bytes) -> bytes | None:
        """The compound packet in clear, or None."""
        return self._open(data, lib.srtp_unprotect_rtcp)

    def forget(self, ssrc: bytes) -> None:
        """Free libsrtp's state of a source that is gone."""
        lib.srtp_remove_stream(self._handle, htonl(int.from_bytes(ssrc, "big")))

    def _open(self, data: bytes, function: Any) -> bytes | None:
        size = len(data)
        if size > MAX_DATAGRAM_BYTES:
            return None
        _view[0:size] = data
        _length[0] = size
        if function(self._handle, _buffer, _length):
            return None
        return bytes(_view[0 : _length[0]])


_buffer = ffi.new("char[]", MAX_DATAGRAM_BYTES + _TRAILER_BYTES)
_view = ffi.buffer(_buffer)
_length = ffi.new("int *")
