"""One peer's transport: ICE-lite, DTLS in either role, SRTP, SCTP over the process's UDP port.

States: new -> connecting -> connected -> closed. Made by `UdpMux.new_transport`, never directly.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from confhub.relay.transport import limits
from confhub.relay.transport.addresses import Address, Addresses, Known
from confhub.relay.transport.budget import Budget
from confhub.relay.transport.data import DataLink
from confhub.relay.transport.dtls import DtlsLink
from confhub.relay.transport.limits import (
    CONSENT_TIMEOUT_S,
    HANDSHAKE_DEADLINE_S,
    MAX_BUFFERED_BYTES,
    MAX_INBOUND_SSRCS,
    MAX_MESSAGE_BYTES,
)
from confhub.relay.transport.path import Opener, SendPath, SendTo, sessions
from confhub.relay.wire.dtls import Dtls, DtlsIdentity, Role, SrtpKeys
from confhub.relay.wire.rtp import is_rtcp
from confhub.relay.wire.stun import StunMessage

__all__ = [
    "CONSENT_TIMEOUT_S",
    "HANDSHAKE_DEADLINE_S",
    "MAX_BUFFERED_BYTES",
    "MAX_MESSAGE_BYTES",
    "Address",
    "MediaSink",
    "PeerTransport",
    "TransportEvents",
]

logger = logging.getLogger(__name__)


class TransportEvents(Protocol):
    """What a transport tells its owner. All are called on the event loop, must not block, must not raise."""

    def on_connected(self, transport: PeerTransport) -> None:
        """DTLS is done, SRTP keys exist, media flows both ways from now on. Once."""

    def on_data_channel(self, transport: PeerTransport, label: str) -> None:
        """A data channel of that label is open (either side's)."""

    def on_data(self, transport: PeerTransport, label: str, payload: bytes) -> None:
        """One message (text messages come as UTF-8 bytes)."""

    def on_lost(self, transport: PeerTransport, last_seen_s: float) -> None:
        """No authenticated packet for CONSENT_TIMEOUT_S. The transport stays usable (the peer may come back,
        e.g. after an ICE restart) until its owner closes it; told again only if it came back in between."""

    def on_closed(self, transport: PeerTransport, reason: str) -> None:
        """The transport ended by itself: reason "peer" (DTLS close_notify), "handshake" (failed or over its
        deadline), "fingerprint", or "fault" (contained and logged). Not called for `close()`. Once; it is
        closed already."""


class MediaSink(Protocol):
    """Where decrypted media goes; `forward.MediaPeer` is the one implementation."""

    def on_rtp(self, packet: bytes, arrival_s: float) -> None:
        """One RTP packet, decrypted; arrival is the burst's clock value."""

    def on_rtcp(self, packet: bytes, arrival_s: float) -> None:
        """One compound RTCP packet, decrypted."""

    def knows_source(self, ssrc: int) -> bool:
        """Does it belong to something published?"""

    def on_connected(self, now_s: float) -> None:
        """Keys exist: packets can be sent."""


class Host(Protocol):
    """What a transport needs of the mux that made it."""

    def now(self) -> float:
        """The clock, seconds."""

    def defer(self, call: Callable[[], None]) -> None:
        """Call at the end of the current burst of datagrams, or soon."""

    def own(self, task: asyncio.Task[None]) -> None:
        """Keep a task until it ends."""

    def refuse(self, budget: str) -> None:
        """Something of a peer was dropped beyond that budget."""

    def add_credentials(self, transport: PeerTransport) -> tuple[str, str]:
        """New (ufrag, pwd) that lead to the transport."""

    def add_address(self, transport: PeerTransport, address: Address) -> None:
        """Datagrams from that address belong to the transport."""

    def drop_address(self, transport: PeerTransport, address: Address) -> None:
        """They do not any more."""

    def forget(self, transport: PeerTransport) -> None:
        """Nothing leads to the transport any more."""


class PeerTransport:
    """See the module. Attributes are read-only for others, but `media`."""

    def __init__(self, host: Host, events: TransportEvents, identity: DtlsIdentity) -> None:
        self._host = host
        self._events = events
        self._identity = identity
        self._dtls = DtlsLink(self._send_dtls, host.now)
        self._opener: Opener | None = None
        self._inbound_ssrcs: dict[bytes, float] = {}  # when each was heard
        self._room_sought_s = 0.0
        self._checks = Budget(limits.CHECKS_PER_S, limits.CHECKS_BURST)
        self._dtls_budget = Budget(limits.DTLS_PER_S, limits.DTLS_BURST)
        self._media_budget = Budget(limits.MEDIA_PER_S, limits.MEDIA_BURST)
        self._rtcp_budget = Budget(limits.RTCP_PER_S, limits.RTCP_BURST)
        self._forged = Budget(limits.FORGED_PER_S, limits.FORGED_BURST)
        self._handshake_datagrams = 0
        self._data: DataLink | None = None
        self._data_request: tuple[int, tuple[str, ...]] | None = None
        self._association: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()
        self._started_s: float | None = None
        self._is_lost = False
        self.path = SendPath()
        self._addresses = Addresses(self.path, lambda address: host.drop_address(self, address))
        self.media: MediaSink | None = None
        self.state = "new"
        self.role: Role | None = None
        self.fingerprints = [("sha-256", identity.fingerprint)]
        self.last_seen: float | None = None
        self.connected_s: float | None = None
        self.ice_ufrag, self.ice_pwd = host.add_credentials(self)

    # --- for the room ---

    @property
    def addresses(self) -> dict[Address, Known]:
        """Where valid checks came from."""
        return self._addresses.known

    def know_remote(self, ufrag: str, pwd: str) -> None:
        """The peer's own ICE credentials, of each description: where it moves to is checked with them."""
        self._addresses.know_remote(f"{ufrag}:{self.ice_ufrag}", pwd)

    @property
    def remote_address(self) -> tuple[str, int] | None:
        """Where packets go now: (host, port)."""
        return self.path.address[:2] if self.path.address is not None else None

    def restart_ice(self) -> tuple[str, str]:
        """New (ufrag, pwd) beside the old ones, which stay valid; DTLS and SRTP go on. Call it when an offer
        carries another ice-ufrag than the last one did."""
        self.ice_ufrag, self.ice_pwd = self._host.add_credentials(self)
        return self.ice_ufrag, self.ice_pwd

    def start(self, remote_fingerprints: Sequence[tuple[str, str]], role: Role = "server") -> None:
        """Accept the peer's DTLS handshake, or begin it as its client. Idempotent: later calls do nothing.

        The remote fingerprints come from the description's sections. A ClientHello that came before is kept;
        ours goes only where the peer has answered a check of ours, which needs `know_remote` first.
        Raises ValueError if there is no fingerprint.
        """
        if self.state != "new":
            return
        if not remote_fingerprints:
            raise ValueError("a peer with a fingerprint is needed")
        self.state = "connecting"
        self.role = role
        self._started_s = self._host.now()
        dtls = Dtls(self._identity, role, remote_fingerprints)
        self._association = asyncio.create_task(self._associate(dtls))
        self._host.own(self._association)

    def enable_data(self, remote_sctp_port: int = 5000, create: Sequence[str] = ()) -> None:
        """Run SCTP. `create`: labels the server opens itself (v0 subscriber connection: "_reliable",
        "_lossy", "_data_track"); client-created channels of known label are reused both ways. Idempotent.

        "_lossy" and "_data_track" are opened unordered with maxRetransmits 0, others reliable and ordered.
        """
        if self._data_request is None:
            self._data_request = (remote_sctp_port, tuple(create))
            if self.state == "connected":
                self._host.own(asyncio.create_task(self._start_data()))

    def send_data(self, label: str, payload: bytes) -> bool:
        """Queue one binary message on the channel of that label. False: dropped (no such open channel, too
        large, or more than MAX_BUFFERED_BYTES waiting)."""
        return self._data is not None and self.state == "connected" and self._data.send(label, payload)

    def has_channel(self, label: str) -> bool:
        """Is a channel of that label open?"""
        return self._data is not None and self._data.is_open(label)

    def close(self) -> None:
        """End it: close_notify is sent, tables are cleared, no event follows. Idempotent; tasks are awaited
        by `UdpMux.close`."""
        if self.state == "closed":
            return
        self.state = "closed"
        self._host.forget(self)
        self._host.own(asyncio.create_task(self._shut()))

    # --- for the forwarding ---

    def defer(self, call: Callable[[], None]) -> None:
        """Call at the end of the current burst of datagrams, or soon."""
        self._host.defer(call)

    @property
    def is_connected(self) -> bool:
        """Can media be sent?"""
        return self.state == "connected"

    # --- for the mux ---

    def holds(self, address: Address, now_s: float) -> bool:
        """Is that address this peer's, and in use?"""
        return self._addresses.holds(address, now_s)

    def may_check(self, now_s: float) -> bool:
        """Is one more check within the peer's budget?"""
        if self._checks.take(now_s):
            return True
        self._host.refuse("checks")
        return False

    def on_check(self, address: Address, sendto: SendTo, nominated: bool, now_s: float) -> None:
        """An authenticated connectivity check came from `address`."""
        self.last_seen = now_s
        self._host.add_address(self, address)
        self._addresses.on_check(address, sendto, nominated, now_s)
        self._moved.set()

    def on_answer(self, message: StunMessage, address: Address, now_s: float) -> bool:
        """A binding success came from one of the peer's addresses; was it asked for?"""
        if not self._addresses.on_answer(message, address, now_s):
            return False
        self.last_seen = now_s
        self._moved.set()
        return True

    def on_address_gone(self, address: Address) -> None:
        """A TCP connection ended."""
        self._addresses.on_gone(address, self._host.now())

    def on_dtls(self, data: bytes, now_s: float) -> None:
        """A DTLS datagram from one of the peer's addresses."""
        if self.state == "connected":
            if not self._dtls_budget.take(now_s):
                self._host.refuse("data")
                return
        else:
            self._handshake_datagrams += 1
            if self._handshake_datagrams > limits.HANDSHAKE_DATAGRAMS:
                self._host.refuse("handshakes")
                self.fail("handshake")
                return
        self._dtls.feed(data)

    def on_media(self, data: bytes, now_s: float, address: Address) -> None:
        """An SRTP or SRTCP datagram from one of the peer's addresses."""
        opener = self._opener
        media = self.media
        if opener is None or len(data) < 12:
            return
        if not self._forged.has_left(now_s):
            self._host.refuse("forged media")
            return
        if is_rtcp(data):
            if not self._rtcp_budget.take(now_s):
                self._host.refuse("feedback")
                return
            sender = data[4:8]
            if not self._has_room_for(sender, now_s):
                return
            packet = opener.rtcp(data)
            if packet is None:
                self._forged.take(now_s)
            else:
                self._inbound_ssrcs[sender] = now_s
                self._hear(address, now_s)
                if media is not None:
                    media.on_rtcp(packet, now_s)
            return
        if not self._media_budget.take(now_s):
            self._host.refuse("media")
            return
        ssrc = data[8:12]
        if not self._has_room_for(ssrc, now_s):
            return
        packet = opener.rtp(data)
        if packet is None:
            self._forged.take(now_s)
        else:
            self._inbound_ssrcs[ssrc] = now_s
            self._hear(address, now_s)
            if media is not None:
                media.on_rtp(packet, now_s)

    def check_consent(self, now_s: float) -> None:
        """Report the peer lost if it has been silent for too long."""
        if self._started_s is None or self.state == "closed":
            return
        seen_s = self._started_s if self.last_seen is None else max(self._started_s, self.last_seen)
        if now_s - seen_s < CONSENT_TIMEOUT_S:
            self._is_lost = False
        elif not self._is_lost:
            self._is_lost = True
            self._events.on_lost(self, seen_s if self.last_seen is None else self.last_seen)

    # --- inside ---

    def _has_room_for(self, ssrc: bytes, now_s: float) -> bool:
        """Libsrtp keeps state for each source and looks through all of it at each packet."""
        sources = self._inbound_ssrcs
        if ssrc in sources or len(sources) < MAX_INBOUND_SSRCS:
            return True
        if now_s - self._room_sought_s >= 1.0:
            self._room_sought_s = now_s
            self._forget_idle_sources(now_s)
        if len(sources) < MAX_INBOUND_SSRCS:
            return True
        self._host.refuse("sources")
        return False

    def _forget_idle_sources(self, now_s: float) -> None:
        """A published track's source stays, however long it is muted: libsrtp knows how often it wrapped."""
        assert self._opener is not None, "it has just been used"
        media = self.media
        for ssrc, heard_s in list(self._inbound_ssrcs.items()):
            is_used = media is not None and media.knows_source(int.from_bytes(ssrc, "big"))
            if now_s - heard_s > limits.SOURCE_IDLE_S and not is_used:
                del self._inbound_ssrcs[ssrc]
                self._opener.forget(ssrc)

    def _hear(self, address: Address, now_s: float) -> None:
        self.last_seen = now_s
        self._addresses.on_media(address, now_s)

    def _saw_data(self) -> None:
        self.last_seen = self._host.now()

    def _send_dtls(self, data: bytes) -> None:
        self._addresses.on_flight()
        self.path.send_raw(data)

    async def _associate(self, dtls: Dtls) -> None:
        """The handshake with its deadline, then keys, then data, until the peer ends it."""
        try:
            async with asyncio.timeout(HANDSHAKE_DEADLINE_S):
                if dtls.role == "client":
                    await self._find_way()
                await self._dtls.shake(dtls)
            if self.state != "connecting":
                return
            if dtls.keys is None:
                self.fail(dtls.failure)
                return
            self._use_keys(dtls.keys)
            if self._data_request is not None:
                await self._start_data()
            await self._dtls.pump()
        except TimeoutError:
            self.fail("handshake")
        except Exception:  # containment of one peer
            logger.exception("DTLS of a peer ended in a fault")
            self.fail("fault")
        else:
            self.fail("peer")

    async def _find_way(self) -> None:
        """A ClientHello is ours to send, and repeated: it waits until the peer has answered a check of ours
        (or has a connection), so that a forged source gets none."""
        self._addresses.demand_proof(self._host.now())
        patience_s = limits.PROOF_INTERVAL_S
        while self.path.address is None:
            self._moved.clear()
            try:
                await asyncio.wait_for(self._moved.wait(), patience_s)
            except TimeoutError:
                patience_s *= 2
                self._addresses.ask_again(self._host.now())

    def _use_keys(self, keys: SrtpKeys) -> None:
        self._addresses.use_keys(self._host.now())
        inbound, outbound = sessions(keys)
        self.path.use_session(outbound)
        self._opener = Opener(inbound)
        self.state = "connected"
        self.connected_s = self._host.now()
        self.last_seen = self.connected_s
        self._events.on_connected(self)
        if self.media is not None:
            self.media.on_connected(self.connected_s)

    async def _start_data(self) -> None:
        assert self._data_request is not None, "called only after a request"
        self._data = DataLink(
            self._dtls,
            on_open=lambda label: self._events.on_data_channel(self, label),
            on_message=lambda label, payload: self._events.on_data(self, label, payload),
            seen=self._saw_data,
            fault=lambda: self.fail("fault"),
        )
        await self._data.start(*self._data_request)

    def fail(self, reason: str) -> None:
        """End it and tell the owner why."""
        if self.state != "closed":
            self.close()
            self._events.on_closed(self, reason)

    async def _shut(self) -> None:
        """Say goodbye in SCTP and DTLS, then let nothing out any more."""
        try:
            if self._association is not None:
                self._association.cancel()
            if self._data is not None:
                await self._data.stop()
            self._dtls.close()
        except Exception:  # containment of one peer
            logger.warning("closing a peer's transport ended in a fault", exc_info=True)
        finally:
            self.path.shut()
            self._opener = None
