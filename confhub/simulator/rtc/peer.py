"""One room's media connection: its UDP sockets, ICE, DTLS, SRTP, what it receives and what it publishes.

Lives in the media thread: every method but the constructor is called there. The asyncio side reads `stats`, a
frozen picture of the figures that is replaced once a second and at the end.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from confhub.relay.wire import rtcp, sdp, stun
from confhub.relay.wire.dtls import Dtls, DtlsIdentity, DtlsState, Role
from confhub.simulator.rtc import srtp
from confhub.simulator.rtc.feedback import read_feedback
from confhub.simulator.rtc.ice import Credentials, IceAgent, IceState
from confhub.simulator.rtc.line import Line
from confhub.simulator.rtc.negotiation import Answer
from confhub.simulator.rtc.reading import SO_TIMESTAMPNS, Inlet, Port
from confhub.simulator.rtc.receiver import Receiver
from confhub.simulator.rtc.sender import Sender
from confhub.simulator.rtc.twcc import FEEDBACK_EVERY_S, TransportFeedback

SOCKET_BUFFER_BYTES = 512 * 1024  # a joining burst waits here while the thread is busy with handshakes
REPORT_EVERY_S = 1.0
SILENT_EVERY = 5  # while nothing comes, every fifth report is sent
URGENT_EVERY_S = 0.03  # how often open gaps are looked at
JUDGED_FROM_S = 4.0  # one full window of sound, its second of grace, and the time until the first keyframe
MAX_LULLS = 64  # of one connection, the last ones
MAX_SOCKETS = 8  # server addresses tried

PeerEvent = Callable[
    [str, str], None
]  # ("connected" | "failed" | "closed", reason), called in the media thread
KeyframeSink = Callable[[int, int, float], None]  # (ssrc, crc, unix seconds), called in the media thread


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
    freezes: int = 0
    freeze_s: float = 0.0
    first_media_at: float = 0.0
    feedbacks: int = 0  # packets of transport-wide feedback sent
    lulls: tuple[
        tuple[float, float], ...
    ] = ()  # Unix seconds: see Receiver.take_lulls; all of the connection

    @property
    def judged(self) -> bool:
        """Whether the connection lasted long enough for the rules of picture and sound to say anything."""
        return self.last_packet_at - self.first_packet_at >= JUDGED_FROM_S


class Watcher(Protocol):
    """What a peer needs from the loop that runs it."""

    def watch(
        self, sock: socket.socket, receiver: Receiver, line: Line | None, inlet: Inlet, index: int
    ) -> Port:
        """Reads the socket, and tells the inlet what the receiver does not take. Raises OSError."""

    def forget(self, port: Port) -> None:
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
        *,
        line: Line | None = None,
        on_keyframe: KeyframeSink | None = None,
    ) -> None:
        self.receiver = receiver
        self.sender = Sender(cname)
        self.stats = PeerStats()
        self.credentials = credentials
        self.scheduled = float("inf")
        self._watcher, self._identity, self._on_event, self._cname = watcher, identity, on_event, cname
        self._ice: IceAgent | None = None
        self._dtls: Dtls | None = None
        self._srtp: srtp.SrtpPair | None = None
        self._line, self._keyframe_sink = line, on_keyframe
        self._sockets: dict[int, tuple[socket.socket, Port]] = {}
        self._sources: dict[int, tuple[str, int]] = {}
        self._remote_fingerprint = ""
        self._role: Role = "client"
        self._early: list[bytes] = []
        self._report_at = self._urgent_at = self._feedback_at = float("inf")
        self._feedback, self._feedbacks = TransportFeedback(receiver.ssrc), 0
        self._first = self._last = 0.0
        self._duplicates = self._rejected = self._malformed = 0  # of sockets that are closed; of RTCP
        self._reported = self._silent_s = 0
        self._lulls: tuple[tuple[float, float], ...] = ()
        self._closed = False
        self._wall = time.time() - time.monotonic()

    # starting

    def start(self, answer: Answer, now: float) -> None:
        """ICE begins towards the answer's candidates; later answers of the same transport change nothing
        but the feedback that is negotiated."""
        self.receiver.feedback_id = answer.feedback_id
        if self._ice is not None or self._closed:
            for candidate in answer.candidates:
                self.add_candidate(candidate, now)
            return
        self._remote_fingerprint = answer.fingerprint
        self._role = "server" if answer.setup == "active" else "client"
        self._ice = IceAgent(self.credentials, Credentials(answer.ufrag, answer.pwd), now)
        for candidate in sorted(answer.candidates, key=lambda c: -c.priority):
            self.add_candidate(candidate, now)
        self._plan()

    def add_candidate(self, candidate: sdp.Candidate, now: float) -> None:
        """One more address of the server, ignored when known, or when ICE has chosen already."""
        ice = self._ice
        if (
            ice is None
            or ice.state not in (IceState.NEW, IceState.CHECKING)
            or len(self._sockets) >= MAX_SOCKETS
        ):
            return
        family = socket.AF_INET6 if ":" in candidate.address else socket.AF_INET
        source = (candidate.address, candidate.port)
        if source in self._sources.values():
            return
        sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            sock.connect(source)
            index = len(self._sources)
            port = self._watcher.watch(sock, self.receiver, self._line, self, index)
        except OSError:
            sock.close()
            return
        self._sources[index], self._sockets[index] = source, (sock, port)
        ice.add_path(index, now)
        self._plan()

    # packets in

    def on_datagram(self, index: int, datagram: bytes, at: float) -> None:
        """See Inlet: STUN and DTLS by their first byte (RFC 7983)."""
        first = datagram[0] if datagram else 255
        if first < 4:
            self._on_stun(index, datagram, at)
        elif 20 <= first < 64:
            self._on_dtls(datagram, at)

    def on_feedback(self, compound: bytes, at: float) -> None:
        """See Inlet."""
        try:
            told = read_feedback(compound)
        except rtcp.RtcpError:
            self._malformed += 1
            return
        self.receiver.on_rtcp(told, at)
        self._send_all(self.sender.on_rtcp(told, at), at)
        self._plan()

    def on_keyframe(self, ssrc: int, crc: int, at: float) -> None:
        """See Inlet."""
        if self._keyframe_sink is not None:
            self._keyframe_sink(ssrc, crc, at + self._wall)

    def on_attention(self, at: float) -> None:
        """See Inlet."""
        if self._feedback_at == float("inf") and self.receiver.feedback_id:
            self._feedback_at = at + FEEDBACK_EVERY_S
            self._plan()
        if self._urgent_at > at + URGENT_EVERY_S:
            self._urgent_at = at + URGENT_EVERY_S
            self._plan()

    def _on_stun(self, index: int, datagram: bytes, now: float) -> None:
        ice = self._ice
        if ice is None:
            return
        before, heard = ice.state, ice.last_heard
        try:
            replies = ice.receive(index, datagram, self._sources[index], now)
        except stun.StunError:
            self._malformed += 1
            return
        if ice.last_heard > heard:
            self._heard(now)
        self._send_paths(replies, now)
        if before is not ice.state and ice.state is IceState.CONNECTED:
            self._on_nominated(ice.selected, now)
        self._plan()

    def _on_nominated(self, selected: int, now: float) -> None:
        for index in [i for i in self._sockets if i != selected]:
            self._drop_socket(index)
        self._dtls = Dtls(self._identity, self._role, [("sha-256", self._remote_fingerprint)])
        self._send_all(self._dtls.start(now), now)
        for datagram in self._early:
            self._on_dtls(datagram, now)
        self._early.clear()
        self._plan()

    def _on_dtls(self, datagram: bytes, now: float) -> None:
        dtls = self._dtls
        if dtls is None:
            if len(self._early) < 8:  # a server's flight that overtook its STUN answer
                self._early.append(datagram)
            return
        before = dtls.state
        self._send_all(dtls.receive(datagram, now), now)
        self._after_dtls(dtls, before, now)

    def _after_dtls(self, dtls: Dtls, before: DtlsState, now: float) -> None:
        if dtls.state is DtlsState.CONNECTED:
            self._heard(now)
            if before is not dtls.state and dtls.keys is not None:
                self._on_keys(dtls, now)
        elif dtls.state is DtlsState.FAILED:
            self._fail(f"dtls: {dtls.error}")
        elif dtls.state is DtlsState.CLOSED:
            self._fail("dtls: closed by the server")
        self._plan()

    def _on_keys(self, dtls: Dtls, now: float) -> None:
        assert dtls.keys is not None  # the caller looked
        try:
            self._srtp = srtp.SrtpPair(dtls.keys)
        except srtp.SrtpError as error:
            self._fail(f"srtp: {error}")
            return
        port = self._port()
        if port is not None:
            port.keys(self._srtp)
        self._report_at = now + 0.5
        self._on_event("connected", "")

    # time

    def poll(self, now: float) -> None:
        """Whatever is due: checks, consent, DTLS retransmission, reports, NACKs, published packets."""
        if self._closed:
            return
        if self._ice is not None:
            self._ice.media_at = self._last_heard()
            self._send_paths(self._ice.poll(now), now)
            if self._ice.state is IceState.FAILED:
                self._fail("ice: no answer")
                return
        if self._dtls is not None and now >= self._dtls.deadline:
            before = self._dtls.state
            self._send_all(self._dtls.poll(now), now)
            self._after_dtls(self._dtls, before, now)
        if self._srtp is not None:
            self._poll_media(self._srtp, now)
        self._plan()

    def _poll_media(self, pair: srtp.SrtpPair, now: float) -> None:
        port = self._port()
        if port is not None:
            self.sender.poll(now, port)
        if now >= self._urgent_at:
            urgent = self.receiver.urgent(now)
            if urgent:
                self._send_all([pair.protect_rtcp(urgent)], now)
            self._urgent_at = now + URGENT_EVERY_S if self.receiver.attention else float("inf")
        if now >= self._feedback_at:
            self._tell_arrivals(pair, now)
        if now >= self._report_at:
            self._report_at = now + REPORT_EVERY_S
            if self._owes_report():
                self._send_all([pair.protect_rtcp(self.receiver.regular(now, self._cname))], now)
            self._send_all(self.sender.reports(now, now + self._wall, pair), now)
            self.refresh_stats(now)

    def _tell_arrivals(self, pair: srtp.SrtpPair, now: float) -> None:
        """Until nothing comes any more; then the receiver's attention begins it again."""
        ssrc, arrivals = self.receiver.take_arrivals()
        self._feedback_at = now + FEEDBACK_EVERY_S if arrivals else float("inf")
        packets = self._feedback.packets(arrivals, ssrc)
        self._feedbacks += len(packets)
        self._send_all([pair.protect_rtcp(packet) for packet in packets], now)

    def _owes_report(self) -> bool:
        """Each second while packets come, as real receivers do; seldom while none do; none before them."""
        received = self.receiver.totals()[0]
        self._silent_s = 0 if received != self._reported else self._silent_s + 1
        self._reported = received
        return received > 0 and self._silent_s % SILENT_EVERY == 0

    def _plan(self) -> None:
        at = min(self._report_at, self._urgent_at, self._feedback_at, self.sender.deadline())
        if self._dtls is not None:
            at = min(at, self._dtls.deadline)
        if self._ice is not None:
            at = min(at, self._ice.deadline())
        self._watcher.schedule(self, at)

    def wake(self) -> None:
        """The sender got something new to do."""
        self._plan()

    # out

    def _port(self) -> Port | None:
        chosen = self._sockets.get(self._ice.selected) if self._ice is not None else None
        return chosen[1] if chosen is not None else None

    def _send_all(self, datagrams: list[bytes], now: float) -> None:
        port = self._port() if datagrams else None
        if port is not None:
            for datagram in datagrams:
                port.send(datagram, now)

    def _send_paths(self, datagrams: list[tuple[int, bytes]], now: float) -> None:
        for index, datagram in datagrams:
            path = self._sockets.get(index)
            if path is not None:
                path[1].send(datagram, now)

    def _heard(self, now: float) -> None:
        self._last = max(self._last, now)
        if not self._first:
            self._first = now

    def _last_heard(self) -> float:
        return max([self._last, *(port.last_at for _, port in self._sockets.values())])

    def refresh_stats(self, now: float) -> None:
        """Replaces `stats`."""
        wall = self._wall
        for lost_at, back_at in self.receiver.take_lulls():
            self._lulls = (*self._lulls, (lost_at + wall, back_at + wall))[-MAX_LULLS:]
        received, lost = self.receiver.totals()
        verdict = self.receiver.verdict(now)
        ports = [port for _, port in self._sockets.values()]
        self.stats = PeerStats(
            first_packet_at=self._first + self._wall if self._first else 0.0,
            last_packet_at=self._last_heard() + self._wall if self._first else 0.0,
            received=received,
            lost=lost,
            duplicates=self._duplicates + sum(port.duplicates for port in ports),
            rejected=self._rejected + self._malformed + sum(port.rejected for port in ports),
            sent=self.sender.packets,
            has_picture=verdict.has_picture,
            has_sound=verdict.has_sound,
            picture_gap_s=verdict.picture_gap_s,
            poor_windows=verdict.poor_windows,
            keyframes=verdict.keyframes,
            frames=verdict.frames,
            freezes=verdict.freezes,
            freeze_s=verdict.freeze_s,
            first_media_at=self.receiver.first_media_at + self._wall if self.receiver.first_media_at else 0.0,
            feedbacks=self._feedbacks,
            lulls=self._lulls,
        )

    # the end

    def _drop_socket(self, index: int) -> None:
        path = self._sockets.pop(index, None)
        if path is not None:
            sock, port = path
            self._last = max(self._last, port.last_at)
            self._duplicates += port.duplicates
            self._rejected += port.rejected
            self._watcher.forget(port)
            port.keys(None)
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
            self._send_all(self._dtls.close(), now)
        self._closed = True
        for index in list(self._sockets):
            self._drop_socket(index)
        self._srtp = self._dtls = None
        self.refresh_stats(self._last or now)  # the verdict ends with the last packet, not with a time-out
