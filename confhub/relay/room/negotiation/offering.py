"""The relay offers, the client answers: the subscriber connection of v0.

One offer is out at a time: idle -> offered -> idle; what changes meanwhile goes into the next one. A
section is
free -> taken -> dirty (its subscription ended) -> free again, once a description has shown it inactive.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from livekit.protocol import rtc

from confhub.relay.forward.router import MediaPeer
from confhub.relay.forward.specs import (
    ABS_SEND_TIME_URI,
    AUDIO_LEVEL_URI,
    DEPENDENCY_DESCRIPTOR_URI,
    MID_URI,
    VIDEO_ORIENTATION_URI,
)
from confhub.relay.room.negotiation import sections
from confhub.relay.room.negotiation.answering import refuse
from confhub.relay.room.negotiation.connecting import connect
from confhub.relay.room.participant import Participant
from confhub.relay.room.tracks import codecs, encodings
from confhub.relay.room.tracks.publication import Publication
from confhub.relay.room.tracks.subscription import Subscription
from confhub.relay.transport.peer import MAX_MESSAGE_BYTES, PeerTransport
from confhub.relay.wire import sdp
from confhub.relay.wire.sdp import Candidate, Codec, Direction, MediaSection, SessionDescription

log = logging.getLogger(__name__)

_EXTENSIONS = {
    "audio": {1: AUDIO_LEVEL_URI, 2: ABS_SEND_TIME_URI, 4: MID_URI},
    "video": {2: ABS_SEND_TIME_URI, 3: VIDEO_ORIENTATION_URI, 4: MID_URI, 5: DEPENDENCY_DESCRIPTOR_URI},
}
_PROFILE = ("profile-id", "profile", "level-idx", "tier")
_VIDEO_FEEDBACK = ["goog-remb", "ccm fir", "nack", "nack pli"]
_STATIC_TYPES = {"pcmu": 0, "pcma": 8}
_DYNAMIC_TYPES = (*range(96, 128), *range(35, 64))
_H264 = {"level-asymmetry-allowed": "1", "packetization-mode": "1", "profile-level-id": "42e01f"}
"""Of a backup that was declared but not sent yet."""
_DATA_MID = "0"
DATA_LABELS = ("_reliable", "_lossy", "_data_track")


@dataclass
class _Slot:
    """One media section of ours, in the order of the description."""

    kind: str
    mid: str
    codecs: list[Codec]
    subscription: Subscription | None = None
    is_dirty: bool = False


@dataclass
class _PayloadTypes:
    """One number for each codec with its parameters, the same in all sections of the bundle."""

    numbers: dict[tuple[str, tuple[tuple[str, str], ...]], int] = field(default_factory=dict)

    def offered(self, publication: Publication) -> list[Codec]:
        """The publication's codecs as offered to the subscriber. Raises ValueError when the numbers are used
        up."""
        found: list[Codec] = []
        for source in encodings.offered(publication):
            codec = self._codec(publication, source)
            if source.key == "opus" and codec.pt == publication.redundant_pt:
                found.append(self._redundant(codec))
            found.append(codec)
        return found

    def _codec(self, publication: Publication, source: Codec) -> Codec:
        fmtp = {}
        if source.key == "h264":
            fmtp = dict(source.fmtp) or dict(_H264)
        elif source.key == "opus":
            fmtp = {"minptime": "10", "useinbandfec": "1"}
            if publication.is_stereo:
                fmtp["sprop-stereo"] = "1"  # without it clients ask for one channel
        elif source.key in ("vp9", "av1"):
            fmtp = {key: value for key, value in source.fmtp.items() if key in _PROFILE}
        number = self._number(source.key, fmtp, source.pt if source.key == "opus" else 0)
        feedback = list(_VIDEO_FEEDBACK) if publication.kind == "video" else ["nack"]
        return Codec(number, source.name, source.clock_hz, source.channels, fmtp, feedback)

    def _redundant(self, codec: Codec) -> Codec:
        fmtp = {f"{codec.pt}/{codec.pt}": ""}
        return Codec(self._number("red", fmtp, 0), "red", codec.clock_hz, codec.channels, fmtp)

    def _number(self, name: str, fmtp: dict[str, str], wished: int) -> int:
        """`wished` where it is free: blocks of redundant sound carry the publisher's number."""
        key = (name, tuple(sorted(fmtp.items())))
        number = _STATIC_TYPES.get(name, self.numbers.get(key))
        if number is None:
            used = set(self.numbers.values())
            wishes = (wished, *_DYNAMIC_TYPES) if wished in _DYNAMIC_TYPES else _DYNAMIC_TYPES
            number = next((n for n in wishes if n not in used), None)
            if number is None:
                raise ValueError("no payload type left")
            self.numbers[key] = number
        return number


class Offerer:
    """Offers data channels and all subscriptions on one transport."""

    def __init__(
        self,
        participant: Participant,
        transport: PeerTransport,
        peer: MediaPeer,
        candidates: Sequence[Candidate],
    ) -> None:
        self._participant = participant
        self._transport = transport
        self._peer = peer
        self._candidates = candidates
        self._types = _PayloadTypes()
        self._slots: list[_Slot] = []
        self._outstanding = 0
        self._wanted = False
        self._offer_id = 0
        self._next_mid = 1

    def refresh(self) -> None:
        """Something changed: offer, now or when the outstanding answer is here."""
        if self._outstanding:
            self._wanted = True
            return
        self._offer()

    def resume(self) -> None:
        """The client resumed: fresh credentials, and an offer whatever was outstanding."""
        self._transport.restart_ice()
        self._offer()

    def answer(self, message: rtc.SessionDescription) -> None:
        """The client's answer. An outdated one is ignored (clients that know no ids send 0). Raises
        SdpError."""
        if message.id not in (0, self._outstanding) or not self._outstanding:
            return
        answer = sdp.parse(message.sdp)
        self._outstanding = 0
        connect(self._transport, answer, "answer", DATA_LABELS)
        for slot in self._slots:
            self._settle(slot, answer.section(slot.mid))
        if self._wanted or any(s.down is None and s.allowed and not s.refused for s in self._subscriptions()):
            self._wanted = False
            self._offer()

    def _subscriptions(self) -> list[Subscription]:
        return list(self._participant.subscriptions.values())

    def _offer(self) -> None:
        self._release_closed()
        for subscription in self._subscriptions():
            if subscription.mid is None and subscription.allowed and not subscription.refused:
                self._assign(subscription)
        self._refresh_codecs()
        self._offer_id += 1
        self._outstanding = self._offer_id
        description = SessionDescription(session_version=self._offer_id)
        description.sections = [self._data_section(), *(self._section(slot) for slot in self._slots)]
        sections.complete(description, self._transport, self._candidates, "actpass")
        for slot in self._slots:
            slot.is_dirty = False
        message = rtc.SessionDescription(type="offer", sdp=sdp.serialize(description), id=self._offer_id)
        for slot in self._slots:
            if slot.subscription is not None:
                message.mid_to_track_id[slot.mid] = slot.subscription.publication.sid
        self._participant.send(rtc.SignalResponse(offer=message))

    def _refresh_codecs(self) -> None:
        """Offer what was added since to those that took nothing of what was there."""
        for slot in self._slots:
            subscription = slot.subscription
            if subscription is not None and subscription.down is None and not subscription.refused:
                with contextlib.suppress(ValueError):
                    slot.codecs = self._types.offered(subscription.publication)

    def _release_closed(self) -> None:
        live = set(map(id, self._participant.subscriptions.values()))
        for slot in self._slots:
            if slot.subscription is not None and id(slot.subscription) not in live:
                slot.subscription = None
                slot.is_dirty = True

    def _assign(self, subscription: Subscription) -> None:
        publication = subscription.publication
        if publication.codec is None:
            return
        try:
            offered = self._types.offered(publication)
        except ValueError as error:
            log.warning("subscription of %s refused: %s", self._participant.sid, error)
            refuse(self._participant, subscription)
            return
        slot = next((s for s in self._slots if self._is_free(s, publication.kind)), None)
        if slot is None:
            if len(self._slots) + 2 >= sdp.MAX_SECTIONS:
                refuse(self._participant, subscription)
                return
            slot = _Slot(publication.kind, str(self._next_mid), offered)
            self._next_mid += 1
            self._slots.append(slot)
        slot.codecs = offered
        slot.subscription = subscription
        subscription.mid = slot.mid
        subscription.ssrc = self._peer.new_ssrc()

    @staticmethod
    def _is_free(slot: _Slot, kind: str) -> bool:
        return slot.kind == kind and slot.subscription is None and not slot.is_dirty

    def _settle(self, slot: _Slot, answered: MediaSection | None) -> None:
        """Start the copy of a section the client accepted."""
        subscription = slot.subscription
        if subscription is None or subscription.down is not None or answered is None:
            return
        publication = subscription.publication
        chosen = codecs.for_copy(answered, encodings.offered(publication), publication.redundant_pt)
        receives = answered.direction in (Direction.RECVONLY, Direction.SENDRECV) and answered.port
        if not chosen or not receives:
            refuse(self._participant, subscription)
            return
        known = self._participant.subscriptions.get(publication.sid)
        if not publication.is_available or known is not subscription:
            return
        spec = sections.down_spec(answered, subscription, chosen)
        encodings.start(self._peer, self._participant, subscription, spec)

    def _data_section(self) -> MediaSection:
        return MediaSection(
            kind="application",
            mid=_DATA_MID,
            protocol="UDP/DTLS/SCTP",
            formats=["webrtc-datachannel"],
            sctp_port=5000,
            max_message_size=MAX_MESSAGE_BYTES,
        )

    def _section(self, slot: _Slot) -> MediaSection:
        section = MediaSection(
            kind=slot.kind,
            mid=slot.mid,
            formats=[str(codec.pt) for codec in slot.codecs],
            direction=Direction.INACTIVE if slot.subscription is None else Direction.SENDONLY,
            codecs={codec.pt: codec for codec in slot.codecs},
            extmap=dict(_EXTENSIONS[slot.kind]),
            rtcp_mux=True,
            rtcp_rsize=True,
        )
        if slot.subscription is not None:
            sections.name_track(section, slot.subscription)
        return section
