"""The two session descriptions of a room: the offer it makes, and what it takes from the answer.

A room understands one bundle of audio and video sections.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace

from confhub.relay.wire import sdp
from confhub.relay.wire.sdp import Codec, Direction, MediaSection, SdpError, SessionDescription
from confhub.simulator.rtc import twcc
from confhub.simulator.rtc.ice import Credentials

OPUS_PAYLOAD_TYPE = 111
VP8_PAYLOAD_TYPE = 96
PAYLOAD_TYPES = {OPUS_PAYLOAD_TYPE: "audio", VP8_PAYLOAD_TYPE: "video"}
MAX_SECTIONS = 64
MAX_CANDIDATES = 16
MAX_SSRCS = 4  # a section: the track's own, its retransmissions', and some to spare
FINGERPRINT_CHARS = 95  # of SHA-256: 32 bytes in hexadecimal, with colons between

TRANSPORT_ID = 3  # of the header extension with transport-wide numbers
TRANSPORT_FEEDBACK = "transport-cc"
_EXTENSIONS = {
    1: "urn:ietf:params:rtp-hdrext:sdes:mid",
    2: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
}
_NUMBERED = _EXTENSIONS | {TRANSPORT_ID: twcc.URI}
_CODECS = {
    "audio": Codec(OPUS_PAYLOAD_TYPE, "opus", 48000, 2, {"minptime": "10", "useinbandfec": "1"}),
    "video": Codec(VP8_PAYLOAD_TYPE, "VP8", 90000, feedback=["goog-remb", "ccm fir", "nack", "nack pli"]),
}


@dataclass(slots=True)
class Section:
    """One m-line of the offer. `cid` and `ssrc` are set while this room publishes through it."""

    kind: str
    direction: str = "recvonly"
    cid: str = ""
    ssrc: int = 0


@dataclass(slots=True)
class OfferBook:
    """The sections offered so far (RFC 8829: never reordered, never removed) and the offer made from them."""

    credentials: Credentials
    fingerprint: str
    session: int
    cname: str
    sections: list[Section] = field(default_factory=list)
    version: int = 1

    def ensure(self, kind: str, count: int) -> None:
        """At least `count` receiving sections of a kind, up to MAX_SECTIONS in all."""
        have = sum(s.kind == kind and s.direction == "recvonly" for s in self.sections)
        for _ in range(min(count - have, MAX_SECTIONS - len(self.sections))):
            self.sections.append(Section(kind))

    def publish(self, kind: str, cid: str, ssrc: int) -> int:
        """Takes an inactive section, or a new one, for sending; returns its index. Raises SdpError when
        full."""
        for index, section in enumerate(self.sections):
            if section.kind == kind and section.direction == "inactive":
                self.sections[index] = Section(kind, "sendonly", cid, ssrc)
                return index
        if len(self.sections) >= MAX_SECTIONS:
            raise SdpError("no section left")
        self.sections.append(Section(kind, "sendonly", cid, ssrc))
        return len(self.sections) - 1

    def unpublish(self, cid: str) -> None:
        """The section of `cid` becomes inactive."""
        for section in self.sections:
            if section.cid == cid:
                section.direction, section.cid, section.ssrc = "inactive", "", 0

    def offer(self) -> str:
        """The SDP text; each call is a new version of it."""
        self.version += 1
        sections = [self._section(str(index), section) for index, section in enumerate(self.sections)]
        return sdp.serialize(
            SessionDescription(
                sections,
                [section.mid for section in sections],
                session_id=self.session,
                session_version=self.version,
                extmap_allow_mixed=True,
                msid_semantic="WMS",
            )
        )

    def _section(self, mid: str, section: Section) -> MediaSection:
        """One m= section: who receives tells of transport-wide numbers, who sends says what."""
        codec, receives = _CODECS[section.kind], section.direction == "recvonly"
        if receives:
            codec = replace(codec, feedback=[*codec.feedback, TRANSPORT_FEEDBACK])
        described = MediaSection(
            section.kind,
            mid,
            formats=[str(codec.pt)],
            direction=Direction(section.direction),
            codecs={codec.pt: codec},
            extmap=_NUMBERED if receives else _EXTENSIONS,
            ice_ufrag=self.credentials.ufrag,
            ice_pwd=self.credentials.pwd,
            ice_options="trickle",
            fingerprints=[("sha-256", self.fingerprint)],
            setup="actpass",
            rtcp_mux=True,
            rtcp_rsize=True,
        )
        if section.direction == "sendonly":
            described.msid = ("-", section.cid)
            described.ssrcs = {section.ssrc: {"cname": self.cname, "msid": f"- {section.cid}"}}
        return described


@dataclass(frozen=True, slots=True)
class Answer:
    """What a room takes from an answer. `fingerprint` is SHA-256, upper case; `tracks`: the track sids behind
    the SSRCs that the server sends; `feedback_id`: the header extension of the transport-wide numbers that
    the server wants to hear of, 0 for none."""

    ufrag: str
    pwd: str
    fingerprint: str
    setup: str
    candidates: tuple[sdp.Candidate, ...]
    tracks: dict[int, str]
    feedback_id: int


def read_answer(text: str) -> Answer:
    """The answer's transport, candidates and tracks. Raises SdpError when it is broken or lacks what is
    needed."""
    sections = sdp.parse(text).sections
    if len(sections) > MAX_SECTIONS:
        raise SdpError("more sections than were offered")
    ufrag = next((section.ice_ufrag for section in sections if section.ice_ufrag), "")
    pwd = next((section.ice_pwd for section in sections if section.ice_pwd), "")
    if not ufrag or not pwd:
        raise SdpError("no ICE credentials")
    digests = [
        value
        for section in sections
        for algorithm, value in section.fingerprints
        if algorithm == "sha-256" and len(value) == FINGERPRINT_CHARS
    ]
    if not digests:
        raise SdpError("no SHA-256 fingerprint")
    setup = next((section.setup for section in sections if section.setup), "")
    if setup not in ("active", "passive"):
        raise SdpError("no DTLS role")
    sending = [one for one in sections if one.direction in (Direction.SENDONLY, Direction.SENDRECV)]
    numbered = any(map(_wants_feedback, sending))
    return Answer(
        ufrag,
        pwd,
        digests[0],
        setup,
        _candidates(sections),
        {ssrc: one.msid[1] for one in sending if one.msid is not None for ssrc in [*one.ssrcs][:MAX_SSRCS]},
        TRANSPORT_ID if numbered else 0,
    )


def _wants_feedback(section: MediaSection) -> bool:
    """May its packets bear transport-wide numbers, and does the server want to hear of them? An answer keeps
    the offer's number of an extension (RFC 8285 section 7)."""
    asked = any(TRANSPORT_FEEDBACK in codec.feedback for codec in section.codecs.values())
    return asked and section.extmap.get(TRANSPORT_ID) == twcc.URI


def _candidates(sections: list[MediaSection]) -> tuple[sdp.Candidate, ...]:
    found: list[sdp.Candidate] = []
    for section in sections:
        for one in section.candidates:
            candidate = usable(one)
            if candidate is not None and candidate not in found:
                found.append(candidate)
    return tuple(found[:MAX_CANDIDATES])


def read_candidate(value: str) -> sdp.Candidate | None:
    """A trickled `candidate:…`, where it is `usable`."""
    candidate = sdp.read_candidate(value.removeprefix("candidate:"))
    return usable(candidate) if candidate is not None else None


def usable(candidate: sdp.Candidate) -> sdp.Candidate | None:
    """The candidate with its address as a plain literal; None for TCP, other components and host names."""
    try:
        address = ipaddress.ip_address(candidate.address)
    except ValueError:
        return None
    if candidate.component != 1 or candidate.protocol != "udp" or not candidate.port:
        return None
    if address.is_unspecified or "%" in candidate.address:
        return None
    return replace(candidate, address=str(address))
