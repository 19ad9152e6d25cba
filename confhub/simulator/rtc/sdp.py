"""The two SDP documents of a room: the offer it writes (a template) and the answer it reads.

What is not read is refused by being ignored: a room understands one bundle of audio and video sections.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from confhub.simulator.rtc import twcc
from confhub.simulator.rtc.ice import Credentials

OPUS_PAYLOAD_TYPE = 111
VP8_PAYLOAD_TYPE = 96
PAYLOAD_TYPES = {OPUS_PAYLOAD_TYPE: "audio", VP8_PAYLOAD_TYPE: "video"}
MAX_SDP_BYTES = 256_000  # a section takes about 1 kB; more than MAX_SECTIONS of them is not ours
MAX_SECTIONS = 64
MAX_CANDIDATES = 16
MAX_SSRCS = 4  # a section: the track's own, its retransmissions', and some to spare

_HEAD = (
    "v=0\r\no=- {session} {version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mids}\r\n"
    "a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"
)
_TRANSPORT = (
    "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n"
    "a=ice-options:trickle\r\na=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\na=mid:{mid}\r\n"
)
_CODECS = {
    "audio": (
        f"m=audio {{port}} UDP/TLS/RTP/SAVPF {OPUS_PAYLOAD_TYPE}\r\n",
        f"a=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:{OPUS_PAYLOAD_TYPE} opus/48000/2\r\n"
        f"a=fmtp:{OPUS_PAYLOAD_TYPE} minptime=10;useinbandfec=1\r\n",
    ),
    "video": (
        f"m=video {{port}} UDP/TLS/RTP/SAVPF {VP8_PAYLOAD_TYPE}\r\n",
        f"a=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:{VP8_PAYLOAD_TYPE} VP8/90000\r\n"
        f"a=rtcp-fb:{VP8_PAYLOAD_TYPE} goog-remb\r\na=rtcp-fb:{VP8_PAYLOAD_TYPE} ccm fir\r\n"
        f"a=rtcp-fb:{VP8_PAYLOAD_TYPE} nack\r\na=rtcp-fb:{VP8_PAYLOAD_TYPE} nack pli\r\n",
    ),
}
_EXTENSIONS = (
    "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
    "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
)

TRANSPORT_ID = 3  # of the extension with transport-wide numbers
_FEEDBACK = {
    kind: f"a=extmap:{TRANSPORT_ID} {twcc.URI}\r\na=rtcp-fb:{number} transport-cc\r\n"
    for number, kind in PAYLOAD_TYPES.items()
}


class SdpError(ValueError):
    """The answer cannot be used; the text says why."""


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
        mids = " ".join(str(index) for index in range(len(self.sections)))
        parts = [_HEAD.format(session=self.session, version=self.version, mids=mids)]
        for index, section in enumerate(self.sections):
            line, codec = _CODECS[section.kind]
            transport = _TRANSPORT.format(
                ufrag=self.credentials.ufrag,
                pwd=self.credentials.pwd,
                fingerprint=self.fingerprint,
                mid=index,
            )
            parts += [line.format(port=9), transport, f"a={section.direction}\r\n", codec, _EXTENSIONS]
            if section.direction == "recvonly":
                parts.append(_FEEDBACK[section.kind])
            if section.direction == "sendonly":
                parts.append(
                    f"a=msid:- {section.cid}\r\na=ssrc:{section.ssrc} cname:{self.cname}\r\n"
                    f"a=ssrc:{section.ssrc} msid:- {section.cid}\r\n"
                )
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A UDP address of the server; `host` is a literal IPv4 or IPv6 address."""

    host: str
    port: int
    priority: int


@dataclass(slots=True)
class AnswerSection:
    """One m-line of the answer: its mid, kind, direction, the payload types it kept, the track it carries to
    us (`msid`) and that track's SSRCs; whether its packets may bear transport-wide numbers (`numbered`) and
    feedback of them is wanted (`feedback`)."""

    kind: str
    mid: str = ""
    direction: str = "sendrecv"
    payload_types: list[int] = field(default_factory=list)
    msid: str = ""
    ssrcs: list[int] = field(default_factory=list)
    numbered: bool = False
    feedback: bool = False


@dataclass(slots=True)
class Answer:
    """What a room takes from an answer. `fingerprint` is SHA-256, upper case."""

    ufrag: str = ""
    pwd: str = ""
    fingerprint: str = ""
    setup: str = ""
    candidates: list[Candidate] = field(default_factory=list)
    sections: list[AnswerSection] = field(default_factory=list)

    def tracks(self) -> dict[int, str]:
        """The track sids behind the SSRCs that the server sends."""
        return {
            ssrc: section.msid.rpartition(" ")[2]
            for section in self.sections
            if section.direction in ("sendonly", "sendrecv") and section.msid
            for ssrc in section.ssrcs
        }

    def feedback_id(self) -> int:
        """The header extension of the transport-wide numbers that the server wants to hear of; 0 for none."""
        wanted = any(
            section.numbered and section.feedback
            for section in self.sections
            if section.direction in ("sendonly", "sendrecv")
        )
        return TRANSPORT_ID if wanted else 0


def parse_candidate(value: str) -> Candidate | None:
    """`candidate:…` (RFC 8839 5.1) with or without `a=`; None for TCP, other components and host names."""
    words = value.removeprefix("a=").removeprefix("candidate:").split()
    if len(words) < 8 or words[1] != "1" or words[2].lower() != "udp" or words[6] != "typ":
        return None
    try:
        address = ipaddress.ip_address(words[4])
        priority, port = int(words[3]), int(words[5])
    except ValueError:
        return None
    if not 0 < port < 65536 or address.is_unspecified or not 0 <= priority < 1 << 32:
        return None
    return Candidate(str(address), port, priority)


def parse_answer(text: str) -> Answer:
    """The answer's transport and sections. Raises SdpError when it is too large or lacks what is needed."""
    if len(text) > MAX_SDP_BYTES:
        raise SdpError("answer too large")
    answer = Answer()
    for line in text.split("\n"):
        line = line.rstrip("\r")
        if line.startswith("m="):
            _media_line(answer, line)
        elif line.startswith("a="):
            name, _, value = line[2:].partition(":")
            reader = _READERS.get(name)
            if reader is not None:
                reader(answer, value.strip())
            elif name in _DIRECTIONS and answer.sections:
                answer.sections[-1].direction = name
    if not answer.ufrag or not answer.pwd:
        raise SdpError("no ICE credentials")
    if not answer.fingerprint:
        raise SdpError("no SHA-256 fingerprint")
    if answer.setup not in ("active", "passive"):
        raise SdpError("no DTLS role")
    return answer


_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


def _media_line(answer: Answer, line: str) -> None:
    words = line[2:].split()
    if len(answer.sections) >= MAX_SECTIONS or len(words) < 3:
        raise SdpError("too many or broken media sections")
    numbers = [int(word) for word in words[3:35] if word.isascii() and word.isdigit() and len(word) < 4]
    answer.sections.append(AnswerSection(words[0], payload_types=numbers))


def _ufrag(answer: Answer, value: str) -> None:
    answer.ufrag = answer.ufrag or value[:256]


def _pwd(answer: Answer, value: str) -> None:
    answer.pwd = answer.pwd or value[:256]


def _fingerprint(answer: Answer, value: str) -> None:
    algorithm, _, digest = value.partition(" ")
    if algorithm.lower() == "sha-256" and len(digest) == 95:
        answer.fingerprint = answer.fingerprint or digest.upper()


def _setup(answer: Answer, value: str) -> None:
    answer.setup = answer.setup or value


def _mid(answer: Answer, value: str) -> None:
    if answer.sections:
        answer.sections[-1].mid = value[:64]


def _msid(answer: Answer, value: str) -> None:
    if answer.sections:
        answer.sections[-1].msid = value[:256]


def _ssrc(answer: Answer, value: str) -> None:
    word, _, rest = value.partition(" ")
    if not answer.sections or not word.isascii() or not word.isdigit() or len(word) > 10:
        return
    section, ssrc = answer.sections[-1], int(word)
    if ssrc not in section.ssrcs and len(section.ssrcs) < MAX_SSRCS and ssrc < 1 << 32:
        section.ssrcs.append(ssrc)
    if rest.startswith("msid:") and not section.msid:
        section.msid = rest[5:261]


def _extmap(answer: Answer, value: str) -> None:
    words = value.split()
    if answer.sections and len(words) > 1 and words[1] == twcc.URI:
        # RFC 8285 7: an answer keeps the offer's number
        answer.sections[-1].numbered = words[0].partition("/")[0] == str(TRANSPORT_ID)


def _feedback(answer: Answer, value: str) -> None:
    if answer.sections and value.split()[1:] == ["transport-cc"]:
        answer.sections[-1].feedback = True


def _candidate(answer: Answer, value: str) -> None:
    candidate = parse_candidate(value)
    if candidate and candidate not in answer.candidates and len(answer.candidates) < MAX_CANDIDATES:
        answer.candidates.append(candidate)


_READERS = {
    "ice-ufrag": _ufrag,
    "ice-pwd": _pwd,
    "fingerprint": _fingerprint,
    "setup": _setup,
    "mid": _mid,
    "msid": _msid,
    "ssrc": _ssrc,
    "extmap": _extmap,
    "rtcp-fb": _feedback,
    "candidate": _candidate,
}
