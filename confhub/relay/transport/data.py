"""Data channels of one peer over aiortc's SCTP, with its assertions contained and its queues bounded."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import cast

from aiortc import RTCDataChannel, RTCDataChannelParameters, RTCSctpCapabilities, RTCSctpTransport
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.utils import uint32_gt, uint32_gte

from confhub.relay.transport.dtls import Carrier
from confhub.relay.transport.limits import (
    MAX_BUFFERED_BYTES,
    MAX_CHANNELS,
    MAX_FRAGMENTS,
    MAX_LOSSY_BUFFERED_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_MISORDERED,
    MAX_REASSEMBLY_BYTES,
    MAX_SCTP_FAULTS,
    MAX_SCTP_STREAMS,
)
from confhub.relay.wire import sctp

logger = logging.getLogger(__name__)

LOSSY_LABELS = frozenset({"_lossy", "_data_track"})
OnMessage = Callable[[str, bytes], None]


class _Sctp(RTCSctpTransport):
    """RTCSctpTransport that survives what its assertions do not."""

    def __init__(self, carrier: Carrier, seen: Callable[[], None], fault: Callable[[], None]) -> None:
        super().__init__(cast(RTCDtlsTransport, carrier))
        self._seen = seen
        self._fault = fault
        self._faults = 0

    async def _handle_data(self, data: bytes) -> None:
        self._seen()
        try:
            tsn = sctp.check(data, self._local_tsn)
            if tsn is not None and self._is_too_far(tsn):
                return
            await super()._handle_data(data)
        except Exception:  # containment of one peer: assertions and index errors inside aiortc
            self._faults += 1
            logger.warning("SCTP packet of a peer refused", exc_info=self._faults == 1)
        if self._faults > MAX_SCTP_FAULTS or self._is_hoarding():
            self._fault()

    def _mark_received(self, tsn: int) -> bool:
        """As aiortc's, without sorting all that is misordered for each chunk. True for a duplicate."""
        assert self._last_received_tsn is not None, "no DATA before INIT"
        if uint32_gte(self._last_received_tsn, tsn) or tsn in self._sack_misordered:
            self._sack_duplicates.append(tsn)
            return True
        self._sack_misordered.add(tsn)
        following = (self._last_received_tsn + 1) & 0xFFFFFFFF
        while following in self._sack_misordered:
            self._sack_misordered.remove(following)
            self._last_received_tsn = following
            following = (following + 1) & 0xFFFFFFFF
        last = self._last_received_tsn
        self._sack_duplicates = [known for known in self._sack_duplicates if uint32_gt(known, last)]
        return False

    def _is_too_far(self, tsn: int) -> bool:
        """With so many holes only the chunk that fills the first one is taken, as behind a full window."""
        if len(self._sack_misordered) < MAX_MISORDERED or self._last_received_tsn is None:
            return False
        return tsn != (self._last_received_tsn + 1) & 0xFFFFFFFF

    def _is_hoarding(self) -> bool:
        """Does the peer send past the window, or on more streams and channels than any client has, or the
        beginnings of messages without end?"""
        return (
            self._advertised_rwnd < -MAX_REASSEMBLY_BYTES
            or sum(len(stream.reassembly) for stream in self._inbound_streams.values()) > MAX_FRAGMENTS
            or len(self._inbound_streams) > MAX_SCTP_STREAMS
            or len(self._data_channels) > MAX_CHANNELS
        )


class DataLink:
    """The data channels of one transport, found by label, whoever opened them."""

    def __init__(
        self,
        carrier: Carrier,
        *,
        on_open: Callable[[str], None],
        on_message: OnMessage,
        seen: Callable[[], None],
        fault: Callable[[], None],
    ) -> None:
        self._channels: dict[str, RTCDataChannel] = {}
        self._on_open = on_open
        self._on_message = on_message
        self._sctp = _Sctp(carrier, seen, fault)
        self._sctp.on("datachannel", self._adopt)
        self.dropped = 0

    async def start(self, remote_port: int, create: Sequence[str]) -> None:
        """Begin the association and open the server's own channels."""
        for label in create:
            lossy = label in LOSSY_LABELS
            parameters = RTCDataChannelParameters(
                label=label, ordered=not lossy, maxRetransmits=0 if lossy else None
            )
            self._adopt(RTCDataChannel(self._sctp, parameters))
        await self._sctp.start(RTCSctpCapabilities(maxMessageSize=0), remote_port)

    async def stop(self) -> None:
        """Abort the association."""
        await self._sctp.stop()

    def is_open(self, label: str) -> bool:
        """Is there an open channel of that label?"""
        channel = self._channels.get(label)
        return channel is not None and channel.readyState == "open"

    def send(self, label: str, payload: bytes) -> bool:
        """Queue a message; False and counted if it is dropped."""
        limit = MAX_LOSSY_BUFFERED_BYTES if label in LOSSY_LABELS else MAX_BUFFERED_BYTES
        channel = self._channels.get(label)
        if (
            channel is None
            or channel.readyState != "open"
            or len(payload) > MAX_MESSAGE_BYTES
            or channel.bufferedAmount + len(payload) > limit
        ):
            self.dropped += 1
            return False
        channel.send(payload)
        return True

    def _adopt(self, channel: RTCDataChannel) -> None:
        label: str = channel.label
        known = self._channels.get(label)
        if known is None or known.readyState in ("closing", "closed"):
            self._channels[label] = channel

        def receive(message: bytes | str) -> None:
            payload = message.encode() if isinstance(message, str) else message
            if len(payload) <= MAX_MESSAGE_BYTES:
                self._on_message(label, payload)

        channel.on("message", receive)
        if channel.readyState == "open":
            self._on_open(label)
        else:
            channel.on("open", lambda: self._on_open(label))
