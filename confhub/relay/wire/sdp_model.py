"""What a session description holds: sections, codecs, extension maps, credentials."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

MAX_SDP_CHARS = 512 * 1024
"""An offer with 300 sections is about 300 kB; more than this is no client of ours."""
MAX_SECTIONS = 1024
"""A subscriber of a full room has two sections for each published track; beyond, memory is what is asked
for."""
MAX_LINES_PER_SECTION = 2000
"""Chrome writes about 120 lines in a video section."""


class SdpError(ValueError):
    """The description cannot be used; the text says which line or rule, never quotes credentials."""


class Direction(enum.StrEnum):
    """Media direction, seen from the side that wrote the description."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    def reversed(self) -> Direction:
        """The direction seen from the other side."""
        return _REVERSED[self]


_REVERSED = {
    Direction.SENDRECV: Direction.SENDRECV,
    Direction.SENDONLY: Direction.RECVONLY,
    Direction.RECVONLY: Direction.SENDONLY,
    Direction.INACTIVE: Direction.INACTIVE,
}


@dataclass
class Codec:
    """One payload type: `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` of it."""

    pt: int
    name: str  # as written, e.g. "opus", "VP8", "H264", "rtx"; compare with .key
    clock_hz: int
    channels: int = 1
    fmtp: dict[str, str] = field(default_factory=dict)  # parameters in order; a bare token has the value ""
    feedback: list[str] = field(
        default_factory=list
    )  # "nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"

    @property
    def key(self) -> str:
        """The name in lower case, to compare with."""
        return self.name.lower()

    @property
    def apt(self) -> int | None:
        """For rtx: the payload type it repairs (RFC 4588), else None."""
        value = self.fmtp.get("apt", "")
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 3 else None


@dataclass(frozen=True)
class Rid:
    """`a=rid:<id> send|recv [params]` (RFC 8851)."""

    id: str
    direction: str
    params: str = ""


@dataclass(frozen=True)
class SsrcGroup:
    """`a=ssrc-group:<semantics> <ssrc>...` (RFC 5576), semantics FID or SIM."""

    semantics: str
    ssrcs: tuple[int, ...]


@dataclass(frozen=True)
class Candidate:
    """`a=candidate` (RFC 8839; RFC 6544 for TCP), host candidates are the only ones ever written here."""

    foundation: str
    component: int
    protocol: str
    priority: int
    address: str
    port: int
    type: str = "host"
    tcptype: str = ""  # "passive" where the protocol is "tcp"


@dataclass
class MediaSection:
    """One m= section. `kind` is "audio", "video" or "application" (anything else is kept and must be
    refused)."""

    kind: str
    mid: str
    port: int = 9  # 0 = rejected; `parse` gives a=bundle-only sections (RFC 8843) the port they share
    protocol: str = "UDP/TLS/RTP/SAVPF"
    formats: list[str] = field(default_factory=list)  # m= line's payload types in order of preference
    direction: Direction = Direction.SENDRECV
    codecs: dict[int, Codec] = field(default_factory=dict)  # by payload type, in the order of `formats`
    extmap: dict[int, str] = field(default_factory=dict)  # id (1..255) -> URI
    extmap_allow_mixed: bool = False
    msid: tuple[str, str] | None = None  # (stream id or "-", track id): a=msid, else a=ssrc ... msid
    ssrcs: dict[int, dict[str, str]] = field(default_factory=dict)  # ssrc -> {"cname": ..., "msid": ...}
    ssrc_groups: list[SsrcGroup] = field(default_factory=list)
    rids: list[Rid] = field(default_factory=list)
    simulcast_send: list[str] = field(default_factory=list)  # rids, without "~", first alternative only
    simulcast_recv: list[str] = field(default_factory=list)
    ice_ufrag: str = ""
    ice_pwd: str = ""
    ice_options: str = ""
    fingerprints: list[tuple[str, str]] = field(default_factory=list)  # ("sha-256", "AB:CD:...")
    setup: str = ""  # "actpass" | "active" | "passive"
    rtcp_mux: bool = False
    rtcp_rsize: bool = False
    bundle_only: bool = False
    sctp_port: int | None = None
    max_message_size: int | None = None
    candidates: list[Candidate] = field(default_factory=list)
    end_of_candidates: bool = False


@dataclass
class SessionDescription:
    """A whole description. Session-level ICE, fingerprint, setup and extmap-allow-mixed are copied into the
    sections by `parse`; `serialize` writes them in the sections only, and `ice_lite` at session level."""

    sections: list[MediaSection] = field(default_factory=list)
    bundle: list[str] = field(default_factory=list)  # mids of a=group:BUNDLE, in order
    ice_lite: bool = False
    session_id: int = 1
    session_version: int = 1
    extmap_allow_mixed: bool = False
    msid_semantic: str = ""  # e.g. "WMS *"

    def section(self, mid: str) -> MediaSection | None:
        """The section of that mid."""
        return next((s for s in self.sections if s.mid == mid), None)
