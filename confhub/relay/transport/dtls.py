"""One peer's DTLS between the mux and SCTP: what came waits for its turn, flights go out again when due.

Beneath aiortc's SCTP it stands for the DTLS transport that is expected there; `check_aiortc` says at start-up
whether this version can still be driven so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import aiortc
import pylibsrtp
from aiortc.rtcsctptransport import RTCSctpTransport
from pylibsrtp._binding import lib

from confhub.relay.transport.limits import DTLS_AT_ONCE, MAX_QUEUED_DATAGRAMS
from confhub.relay.wire.dtls import Dtls, DtlsState, Role

_NEEDED = ("_handle_data", "_mark_received", "_data_channel_receive", "_send_chunk")
_NEEDED_FIELDS = (
    "_local_tsn",
    "_last_received_tsn",
    "_sack_misordered",
    "_inbound_streams",
    "_data_channels",
    "_advertised_rwnd",
)


class Carrier(Protocol):
    """What aiortc's SCTP asks of a DTLS transport."""

    @property
    def state(self) -> str:
        """Refuses an association where it is "closed"."""

    @property
    def _role(self) -> Role | None:
        """Says whose the even channels are (RFC 8832, 6)."""

    def _register_data_receiver(self, receiver: Receiver) -> None: ...

    def _unregister_data_receiver(self, receiver: Receiver) -> None: ...

    async def _send_data(self, data: bytes) -> None: ...


class Receiver(Protocol):
    """SCTP, as what carries it sees it."""

    async def _handle_data(self, data: bytes) -> None: ...


class DtlsLink:
    """Datagrams in by `feed`, out by `send`; whoever awaits `shake` and then `pump` does the work.

    `now` is the transport's clock. `state`, `_role` and the methods below them are what SCTP asks for.
    """

    def __init__(self, send: Callable[[bytes], None], now: Callable[[], float]) -> None:
        self.dtls: Dtls | None = None
        self._send = send
        self._now = now
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(MAX_QUEUED_DATAGRAMS)
        self._taken = 0
        self._receiver: Receiver | None = None

    def feed(self, datagram: bytes) -> None:
        """Queue one DTLS datagram; also before the handshake begins. A full queue drops it, as a network
        would."""
        if not self._waiting.full():
            self._waiting.put_nowait(datagram)

    async def shake(self, dtls: Dtls) -> None:
        """The handshake, until there are keys or it has failed; it has no deadline of its own."""
        self.dtls = dtls
        self._send_all(dtls.start(self._now()))
        while dtls.state is DtlsState.CONNECTING:
            try:
                async with asyncio.timeout(_until(dtls.deadline, self._now())):
                    datagram = await self._next()
            except TimeoutError:
                self._send_all(dtls.poll(self._now()))
            else:
                self._send_all(dtls.receive(datagram, self._now()))

    async def pump(self) -> None:
        """Data messages to SCTP, until the peer ends the association."""
        dtls = self.dtls
        assert dtls is not None, "shaken before"
        while dtls.state is DtlsState.CONNECTED:
            self._send_all(dtls.receive(await self._next(), self._now()))
            for message in dtls.messages:
                if self._receiver is not None:
                    await self._receiver._handle_data(message)

    def close(self) -> None:
        """Says goodbye; nothing is sent any more."""
        if self.dtls is not None:
            self._send_all(self.dtls.close())

    # --- for SCTP ---

    @property
    def state(self) -> str:
        """Of an RTCDtlsTransport."""
        return "new" if self.dtls is None else self.dtls.state.value

    @property
    def _role(self) -> Role | None:
        return None if self.dtls is None else self.dtls.role

    def _register_data_receiver(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def _unregister_data_receiver(self, receiver: Receiver) -> None:
        self._receiver = None

    async def _send_data(self, data: bytes) -> None:
        """SCTP's timers outlive the connection: what they send then is lost, not an error."""
        if self.dtls is not None:
            self._send_all(self.dtls.send(data))

    # --- inside ---

    async def _next(self) -> bytes:
        self._taken += 1
        if self._taken % DTLS_AT_ONCE == 0:
            await asyncio.sleep(0)  # a queue with something in it does not wait: others have their turn
        return await self._waiting.get()

    def _send_all(self, datagrams: Iterable[bytes]) -> None:
        for datagram in datagrams:
            self._send(datagram)


def _until(deadline: float, now: float) -> float | None:
    return None if deadline == float("inf") else max(0.0, deadline - now)


def check_aiortc() -> None:
    """Raise RuntimeError naming what is missing if the installed aiortc or pylibsrtp cannot be driven so."""
    missing = [f"RTCSctpTransport.{name}" for name in _NEEDED if not hasattr(RTCSctpTransport, name)]
    missing += [f"libsrtp {n}" for n in ("srtp_protect", "srtp_unprotect") if not hasattr(lib, n)]
    if not missing:
        probe: Any = DtlsLink(lambda datagram: None, lambda: 0.0)
        sctp = RTCSctpTransport(probe)
        missing = [f"RTCSctpTransport.{name}" for name in _NEEDED_FIELDS if not hasattr(sctp, name)]
        if not hasattr(pylibsrtp.Session(), "_srtp"):
            missing.append("pylibsrtp.Session._srtp")
    if missing:
        lacks = ", ".join(missing)
        raise RuntimeError(f"aiortc {aiortc.__version__} does not have what the relay needs: {lacks}")
