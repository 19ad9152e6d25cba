"""One room's media connection: its UDP sockets, ICE, DTLS, SRTP, what it receives and what it publishes.

Lives in the media thread: every method but the constructor is called there. The asyncio side reads `stats`, a
frozen picture of the figures that is replaced once a second and at the end.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from endpoints.rtc import rtcp, srtp, stun
from endpoints.rtc.dtls import DtlsIdentity, DtlsPeer, DtlsState
from endpoints.rtc.ice import Credentials, IceAgent, IceState
from endpoints.rtc.receiver import Receiver
from endpoints.rtc.sdp import Answer, Candidate
from endpoints.rtc.sender import Sender

SOCKET_BUFFER_BYTES = 512 * 1024  # a joining burst waits here while the thread is busy with handshakes
REPORT_EVERY_S = 1.0
URGENT_EVERY_S = 0.03  # how often open gaps are looked at
SO_TIMESTAMPNS = 35  # Linux; not named by Python's socket module
TIMESTAMP_SPACE = socket.CMSG_SPACE(16)
JUDGED_FROM_S = 4.0  # one full window of sound, its second of grace, and the time until the first keyframe
MAX_SOCKETS = 8  # server addresses tried

PeerEvent = Callable[
    [str, str], None
]  # ("connected" | "failed" | "closed", reason), called in the media thread

Reader = Callable[[float, bool], None]  # (now, whether the thread was held up before it came to read)


@dataclass(frozen=True, slots=True)
class PeerStats:
    """Figures of one connection. Times are Unix seconds, 0 when nothing was authenticated yet."""

    first_packet_at: float = 0.0
    last_packet_at: float = 0.0
    received: int = 0
    lost: int = 0
    duplicates: int = 0
    rejected: int = 0
    sent: int = 0
    has_picture: bool = False
    has_sound: bool = False
    picture_gap_s: float = 0.0
    poor_windows: int = 0
    keyframes: int = 0
    frames: int = 0

    @property
    def judged(self) -> bool:
        """Whether the connection lasted long enough for the rules of picture and sound to say anything."""
        return self.last_packet_at - self.first_packet_at >= JUDGED_FROM_S


class Watcher(Protocol):
    """What a peer needs from the loop that runs it."""

    def watch(self, sock: socket.socket, handler: Reader) -> None:
        """Calls `handler(now, late)` while the socket is readable."""

    def forget(self, sock: socket.socket) -> None:
        """Ends `watch`."""

    def schedule(self, peer: Peer, at: float) -> None:
        """Calls `peer.poll(now)` at a time, at the earliest of all times asked for."""


class Peer:
    """See the module. `start` begins with the answer, `add_candidate` adds trickled ones, `close` ends."""

    def __init__(
        self,
        watcher: Watcher,
        identity: DtlsIdentity,
        credentials: Credentials,
        receiver: Receiver,
        on_event: PeerEvent,
        cname: str,
    ) -> None:
        self.receiver = receiver
        self.sender = Sender(cname)
        self.stats = PeerStats()
        self.credentials = credentials
        self.scheduled = float("inf")
        self._watcher, self._identity, self._on_event, self._cname = watcher, identity, on_event, cname
        self._ice: IceAgent | None = None
        self._dtls: DtlsPeer | None = None
        self._srtp: srtp.SrtpPair | None = None
        self._context: object = None
        self._sockets: dict[int, socket.socket] = {}
        self._sources: dict[int, tuple[bytes, int]] = {}
        self._remote_fingerprint = ""
        self._server_role = False
        self._early: list[bytes] = []
        self._dtls_due = float("inf")
        self._report_at = self._urgent_at = float("inf")
        self._first = self._last = 0.0
        self._duplicates = self._rejected = 0
        self._closed = False
        self._wall = time.time() - time.monotonic()

    # starting

    def start(self, answer: Answer, now: float) -> None:
        """ICE begins towards the answer's candidates; later answers of the same transport change nothing."""
        if self._ice is not None or self._closed:
            for candidate in answer.candidates:
                self.add_candidate(candidate, now)
            return
        self._remote_fingerprint = answer.fingerprint
        self._server_role = answer.setup == "active"
        self._ice = IceAgent(self.credentials, Credentials(answer.ufrag, answer.pwd), now)
        for candidate in sorted(answer.candidates, key=lambda c: -c.priority):
            self.add_candidate(candidate, now)
        self._plan()

    def add_candidate(self, candidate: Candidate, now: float) -> None:
        """One more address of the server, ignored when known, or when ICE has chosen already."""
        ice = self._ice
        if (
            ice is None
            or ice.state not in (IceState.NEW, IceState.CHECKING)
            or len(self._sockets) >= MAX_SOCKETS
        ):
            return
        family = socket.AF_INET6 if ":" in candidate.host else socket.AF_INET
        source = (socket.inet_pton(family, candidate.host), candidate.port)
        if source in self._sources.values():
            return
        sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            sock.connect((candidate.host, candidate.port))
        except OSError:
            sock.close()
            return
        index = len(self._sources)
        self._sources[index], self._sockets[index] = source, sock
        self._watcher.watch(sock, self._reader(index, sock))
        ice.add_path(index, now)
        self._plan()

    # packets in

    def _reader(self, index: int, sock: socket.socket) -> Reader:
        """The hot path as a closure: one datagram a call, no attribute look-ups that can be spared."""
        buffer = srtp.SrtpBuffer()
        data, pointer, size = buffer.data, buffer.pointer, buffer.size
        receive, receive_message = sock.recv_into, sock.recvmsg_into
        unprotect = srtp.unprotect_rtp
        receiver = self.receiver
        take = receiver.rtp

        def read(now: float, late: bool) -> None:
            try:
                if late:  # this thread was held up: the kernel knows when the packet really came
                    count, ancillary, _, _ = receive_message((data,), TIMESTAMP_SPACE)
                    now = min(now, arrival(ancillary, now, self._wall))
                else:
                    count = receive(data)
            except BlockingIOError:
                return
            except OSError:
                return  # an ICMP answer to an earlier packet: ICE's consent decides, not one refusal
            first = data[0]
            if 128 <= first < 192 and count >= 12 and not 192 <= data[1] <= 223:
                context = self._context
                if context is None:
                    return
                size[0] = count
                status = unprotect(context, pointer, size)
                if status:
                    self._on_refused(status)
                    return
                self._last = now
                take(data, size[0], now)
                if receiver.attention:
                    self._look_soon(now)
            else:
                self._other(index, bytes(data[:count]), buffer, now)

        return read

    def _on_refused(self, status: int) -> None:
        if srtp.is_duplicate(status):
            self._duplicates += 1
        else:
            self._rejected += 1

    def _other(self, index: int, datagram: bytes, buffer: srtp.SrtpBuffer, now: float) -> None:
        """STUN, DTLS and RTCP by their first byte (RFC 7983)."""
        if not datagram:
            return
        first = datagram[0]
        if first < 4:
            self._on_stun(index, datagram, now)
        elif 20 <= first < 64:
            self._on_dtls(datagram, now)
        elif 128 <= first < 192:
            self._on_rtcp(datagram, buffer, now)

    def _on_stun(self, index: int, datagram: bytes, now: float) -> None:
        ice = self._ice
        if ice is None:
            return
        before, heard = ice.state, ice.last_heard
        try:
            replies = ice.receive(index, datagram, self._sources[index], now)
        except stun.StunError:
            self._rejected += 1
            return
        if ice.last_heard > heard:
            self._heard(now)
        self._send_paths(replies)
        if before is not ice.state and ice.state is IceState.CONNECTED:
            self._on_nominated(ice.selected, now)
        self._plan()

    def _on_nominated(self, selected: int, now: float) -> None:
        for index in [i for i in self._sockets if i != selected]:
            self._drop_socket(index)
        self._dtls = DtlsPeer(self._identity, self._remote_fingerprint, server=self._server_role)
        self._send_all(self._dtls.start())
        for datagram in self._early:
            self._on_dtls(datagram, now)
        self._early.clear()
        self._plan_dtls(now)

    def _on_dtls(self, datagram: bytes, now: float) -> None:
        dtls = self._dtls
        if dtls is None:
            if len(self._early) < 8:  # a server's flight that overtook its STUN answer
                self._early.append(datagram)
            return
        before = dtls.state
        self._send_all(dtls.receive(datagram))
        self._after_dtls(dtls, before, now)

    def _after_dtls(self, dtls: DtlsPeer, before: DtlsState, now: float) -> None:
        if dtls.state is DtlsState.CONNECTED:
            self._heard(now)
            if before is not dtls.state and dtls.keys is not None:
                self._on_keys(dtls, now)
        elif dtls.state is DtlsState.FAILED:
            self._fail(f"dtls: {dtls.error}")
        elif dtls.state is DtlsState.CLOSED:
            self._fail("dtls: closed by the server")
        self._plan_dtls(now)

    def _on_keys(self, dtls: DtlsPeer, now: float) -> None:
        assert dtls.keys is not None  # the caller looked
        try:
            self._srtp = srtp.SrtpPair(dtls.keys)
        except srtp.SrtpError as error:
            self._fail(f"srtp: {error}")
            return
        self._context = self._srtp.receive_context
        self._report_at = now + 0.5
        self._on_event("connected", "")

    def _on_rtcp(self, datagram: bytes, buffer: srtp.SrtpBuffer, now: float) -> None:
        if self._context is None or len(datagram) < 8:
            return
        buffer.size[0] = len(datagram)
        status = srtp.unprotect_rtcp(self._context, buffer.pointer, buffer.size)
        if status:
            self._on_refused(status)
            return
        try:
            feedback = rtcp.parse(bytes(buffer.view[: buffer.size[0]]))
        except rtcp.RtcpError:
            self._rejected += 1
            return
        self._heard(now)
        self.receiver.on_rtcp(feedback, now)
        self._send_all(self.sender.on_rtcp(feedback, now))
        self._plan()

    # time

    def poll(self, now: float) -> None:
        """Whatever is due: checks, consent, DTLS retransmission, reports, NACKs, published packets."""
        if self._closed:
            return
        if self._ice is not None:
            self._send_paths(self._ice.poll(now))
            if self._ice.state is IceState.FAILED:
                self._fail("ice: no answer")
                return
        if self._dtls is not None and now >= self._dtls_due:
            before = self._dtls.state
            self._send_all(self._dtls.poll())
            self._after_dtls(self._dtls, before, now)
        if self._srtp is not None:
            self._poll_media(self._srtp, now)
        self._plan()

    def _poll_media(self, pair: srtp.SrtpPair, now: float) -> None:
        self._send_all(self.sender.poll(now, pair))
        if now >= self._urgent_at:
            urgent = self.receiver.urgent(now)
            if urgent:
                self._send_all([pair.protect_rtcp(urgent)])
            self._urgent_at = now + URGENT_EVERY_S if self.receiver.attention else float("inf")
        if now >= self._report_at:
            self._report_at = now + REPORT_EVERY_S
            self._send_all([pair.protect_rtcp(self.receiver.regular(now, self._cname))])
            self._send_all(self.sender.reports(now, now + self._wall, pair))
            self.refresh_stats(now)

    def _look_soon(self, now: float) -> None:
        if self._urgent_at > now + URGENT_EVERY_S:
            self._urgent_at = now + URGENT_EVERY_S
            self._plan()

    def _plan_dtls(self, now: float) -> None:
        wait = self._dtls.timeout_s() if self._dtls is not None else None
        self._dtls_due = float("inf") if wait is None else now + wait
        self._plan()

    def _plan(self) -> None:
        at = min(self._dtls_due, self._report_at, self._urgent_at, self.sender.deadline())
        if self._ice is not None:
            at = min(at, self._ice.deadline())
        self._watcher.schedule(self, at)

    def wake(self) -> None:
        """The sender got something new to do."""
        self._plan()

    # out

    def _send_all(self, datagrams: list[bytes]) -> None:
        if not datagrams or self._ice is None:
            return
        sock = self._sockets.get(self._ice.selected)
        if sock is None:
            return
        for datagram in datagrams:
            try:
                sock.send(datagram)
            except OSError:
                self.sender.unsent += (
                    1  # full buffer or no route: UDP's loss, healed by NACK or by ICE's consent
                )

    def _send_paths(self, datagrams: list[tuple[int, bytes]]) -> None:
        for index, datagram in datagrams:
            sock = self._sockets.get(index)
            if sock is None:
                continue
            try:
                sock.send(datagram)
            except OSError:
                continue  # refused or unreachable right now: the check is repeated, another path may win

    def _heard(self, now: float) -> None:
        self._last = now
        if not self._first:
            self._first = now

    def refresh_stats(self, now: float) -> None:
        """Replaces `stats`."""
        receiver = self.receiver
        received, lost = receiver.totals()
        self.stats = PeerStats(
            first_packet_at=self._first + self._wall if self._first else 0.0,
            last_packet_at=self._last + self._wall if self._first else 0.0,
            received=received,
            lost=lost,
            duplicates=self._duplicates,
            rejected=self._rejected,
            sent=self.sender.packets,
            has_picture=receiver.picture.ok(now),
            has_sound=receiver.sound.ok(now),
            picture_gap_s=receiver.picture.longest_gap_s,
            poor_windows=receiver.sound.poor_windows,
            keyframes=receiver.keyframes(),
            frames=receiver.frames(),
        )

    # the end

    def _drop_socket(self, index: int) -> None:
        sock = self._sockets.pop(index, None)
        if sock is not None:
            self._watcher.forget(sock)
            sock.close()

    def _fail(self, reason: str) -> None:
        if not self._closed:
            self.close(time.monotonic())
            self._on_event("failed", reason)

    def close(self, now: float) -> None:
        """Says goodbye by DTLS, closes the sockets; `stats` is final. Idempotent."""
        if self._closed:
            return
        if self._dtls is not None and self._dtls.state is DtlsState.CONNECTED:
            self._send_all(self._dtls.close())
        self._closed = True
        for index in list(self._sockets):
            self._drop_socket(index)
        self._context = self._srtp = self._dtls = None
        self.refresh_stats(self._last or now)  # the verdict ends with the last packet, not with a time-out


def arrival(ancillary: list[tuple[int, int, bytes]], now: float, wall: float) -> float:
    """The monotonic time of a packet by the kernel's timestamp; `now` without one. `wall` is Unix time minus
    monotonic time."""
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(value) >= 16:
            seconds, nanoseconds = struct.unpack_from("@qq", value)
            moment: float = seconds + nanoseconds / 1e9 - wall
            return moment
    return now
