"""A small WebRTC client for tests: ICE checks, aiortc's DTLS as client, SRTP, over a real UDP socket."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable

import pylibsrtp
from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport

from confhub.relay.transport.mux import UdpMux
from confhub.relay.transport.peer import PeerTransport
from confhub.relay.wire import rtcp, rtp, stun
from fuzz.binding import binding_request

DEADLINE_S = 10.0
ICE_PWD = "a-password-of-24-characters"


class Events:
    """Records what a transport tells, and lets a test wait for it."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self._changed = asyncio.Event()

    def _tell(self, *what: object) -> None:
        self.told.append(what)
        self._changed.set()

    def on_connected(self, transport: PeerTransport) -> None:
        self._tell("connected")

    def on_data_channel(self, transport: PeerTransport, label: str) -> None:
        self._tell("channel", label)

    def on_data(self, transport: PeerTransport, label: str, payload: bytes) -> None:
        self._tell("data", label, payload)

    def on_lost(self, transport: PeerTransport, last_seen_s: float) -> None:
        self._tell("lost", last_seen_s)

    def on_closed(self, transport: PeerTransport, reason: str) -> None:
        self._tell("closed", reason)

    async def until(self, *what: object) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while what not in self.told:
                self._changed.clear()
                await self._changed.wait()


class Client(asyncio.DatagramProtocol):
    """One client of a mux. `rtp` and `rtcp` collect what it decrypted."""

    role = "controlling"
    state = "completed"

    def __init__(self) -> None:
        self.rtp: list[bytes] = []
        self.rtcp: list[rtcp.RtcpPacket] = []
        self.undecryptable = 0
        self.is_told_goodbye = False
        self.is_losing = False  # media datagrams are lost on the way, and kept in `lost`
        self.lost: list[bytes] = []
        self.datagrams: list[bytes] = []  # media as it came, encrypted
        self.stun_answers: list[bytes] = []
        self.stun_checks: list[bytes] = []  # the relay's own
        self.is_answering = True
        self.ice_pwd = ICE_PWD
        self.certificate = RTCCertificate.generateCertificate()
        self.dtls = RTCDtlsTransport(self, [self.certificate])  # type: ignore[arg-type]
        self.dtls._set_role("client")
        self.dtls.on("statechange", self._state_changed)
        self._datagrams: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._socket: asyncio.DatagramTransport | None = None

    @property
    def fingerprints(self) -> list[tuple[str, str]]:
        return [(f.algorithm, f.value) for f in self.certificate.getFingerprints()]

    async def open(self, mux: UdpMux) -> None:
        self.server = ("127.0.0.1", mux.port)
        loop = asyncio.get_running_loop()
        self._socket, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0), family=socket.AF_INET
        )

    async def move(self, transport: PeerTransport) -> None:
        """Come from another port from now on, as after a change of network."""
        old = self._socket
        await self.open_again()
        assert old is not None
        old.close()
        await self.check(transport.ice_ufrag, transport.ice_pwd)

    async def open_again(self) -> None:
        loop = asyncio.get_running_loop()
        self._socket, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))

    async def check(self, ufrag: str, pwd: str) -> None:
        """An authenticated check that nominates, and its answer."""
        self.stun_answers.clear()
        self.send_raw(binding_request(os.urandom(12), f"{ufrag}:tester", pwd.encode(), use_candidate=True))
        await self.until(lambda: bool(self.stun_answers))

    async def check_answered(self, transport: PeerTransport) -> None:
        """What this socket sent before has been read: a check without nomination marks the place."""
        self.stun_answers.clear()
        pwd = transport.ice_pwd.encode()
        self.send_raw(binding_request(os.urandom(12), f"{transport.ice_ufrag}:tester", pwd))
        await self.until(lambda: bool(self.stun_answers))

    async def connect(self, mux: UdpMux, transport: PeerTransport) -> None:
        """Check, handshake; returns when both sides have keys."""
        await self.open(mux)
        transport.start(self.fingerprints)
        await self.check(transport.ice_ufrag, transport.ice_pwd)
        fingerprints = [RTCDtlsFingerprint(a, v) for a, v in transport.fingerprints]
        async with asyncio.timeout(DEADLINE_S):
            await self.dtls.start(RTCDtlsParameters(fingerprints=fingerprints))
        assert self.dtls.state == "connected"

    async def close(self) -> None:
        await self.dtls.stop()
        if self._socket is not None:
            self._socket.close()

    def send_raw(self, data: bytes) -> None:
        assert self._socket is not None
        self._socket.sendto(data, self.server)

    def send_rtp(self, packet: bytes) -> None:
        self.send_raw(self.dtls._tx_srtp.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        self.send_raw(self.dtls._tx_srtp.protect_rtcp(packet))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition that a datagram brings about."""
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def media(self, count: int) -> list[rtp.RtpView]:
        """The first `count` packets with a payload."""
        await self.until(lambda: len(self.views()) >= count)
        return self.views()[:count]

    def views(self) -> list[rtp.RtpView]:
        return [view for view in map(rtp.parse, self.rtp) if view.payload_at < view.payload_end]

    def payloads(self) -> list[bytes]:
        return [
            packet[view.payload_at : view.payload_end]
            for packet in self.rtp
            if (view := rtp.parse(packet)).payload_at < view.payload_end
        ]

    # --- asyncio.DatagramProtocol ---

    def datagram_received(self, data: bytes, addr: object) -> None:
        first = data[0]
        if first < 4 and data[:2] == b"\0\1":
            self.stun_checks.append(data)
            if self.is_answering:
                answer = stun.build_success(data[8:20], ("127.0.0.1", 9), self.ice_pwd.encode())
                self.send_raw(answer)
        elif first < 4:
            self.stun_answers.append(data)
        elif first < 64:
            self._datagrams.put_nowait(data)
        elif self.is_losing and not rtp.is_rtcp(data):
            self.lost.append(data)
        elif self.dtls._rx_srtp is not None:
            self.datagrams.append(data)
            self._open_media(data)
        self._changed.set()

    def _open_media(self, data: bytes) -> None:
        try:
            if rtp.is_rtcp(data):
                self.rtcp.extend(rtcp.parse(self.dtls._rx_srtp.unprotect_rtcp(data)))
            else:
                self.rtp.append(self.dtls._rx_srtp.unprotect(data))
        except pylibsrtp.Error:
            self.undecryptable += 1

    # --- what RTCDtlsTransport asks of ICE ---

    def _state_changed(self) -> None:
        self.is_told_goodbye = self.dtls.state == "closed"
        self._changed.set()

    async def _recv(self) -> bytes:
        data = await self._datagrams.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        if self._socket is not None and not self._socket.is_closing():
            self.send_raw(data)
