"""Codec choice: which payload types of a client's section are taken, for publishing and for receiving."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from confhub.relay.forward.specs import SUPPORTED_CODECS, PayloadSpec
from confhub.relay.room.tracks.publication import Publication
from confhub.relay.wire.sdp import Codec, MediaSection

_FEEDBACK = {"nack", "nack pli", "ccm fir", "goog-remb"}
"""No transport-cc: clients then send REMB about once a second instead of feedback for each packet."""

_MEDIA = {"audio": ("opus", "pcmu", "pcma"), "video": ("vp8", "h264", "vp9", "av1")}
_CLOCK_HZ = {"opus": 48000, "pcmu": 8000, "pcma": 8000}
_PROFILES = {"vp9": "profile-id", "av1": "profile"}
"""The parameter in which decoders differ: one that misses the stream's profile shows nothing."""


def feedback(codec: Codec) -> list[str]:
    """Those of the codec's feedback kinds that are spoken here."""
    return [kind for kind in codec.feedback if kind in _FEEDBACK]


def with_rtx(section: MediaSection, codec: Codec) -> list[Codec]:
    """The codec and the rtx payload type that repairs it, if offered."""
    rtx = next((c for c in section.codecs.values() if c.key == "rtx" and c.apt == codec.pt), None)
    return [codec] if rtx is None else [codec, rtx]


def for_publishing(section: MediaSection, publication: Publication, cid: str) -> Codec | None:
    """The one codec a publisher shall send: the one it declared for that cid, else its own first of ours."""
    declared = _declared(publication, cid)
    offered = [section.codecs[int(f)] for f in section.formats if f.isdigit() and int(f) in section.codecs]
    known = [codec for codec in offered if codec.key in _MEDIA.get(section.kind, ())]
    if declared:
        known = [codec for codec in known if codec.key == declared] or known
    return min(known, key=lambda codec: _profile(codec) != "0", default=None) if declared else _first(known)


def _first(codecs: Sequence[Codec]) -> Codec | None:
    return codecs[0] if codecs else None


def _profile(codec: Codec) -> str:
    return codec.fmtp.get(_PROFILES.get(codec.key, ""), "0")


def _declared(publication: Publication, cid: str) -> str:
    for codec in publication.info.codecs:
        if codec.cid == cid and codec.mime_type:
            return codec.mime_type.partition("/")[2].lower()
    mime = publication.info.codecs[0].mime_type if publication.info.codecs else ""
    return mime.partition("/")[2].lower()


def for_receiving(section: MediaSection, source: Codec) -> Codec | None:
    """The payload type under which the subscriber takes the source's codec; H.264 by profile and
    packetization, VP9 and AV1 by profile."""
    same = [codec for codec in section.codecs.values() if codec.key == source.key]
    same = [codec for codec in same if _profile(codec) == _profile(source)]
    if not same:
        return None
    if source.key == "h264":
        return min(same, key=lambda codec: _h264_distance(codec, source))
    return same[0]


def for_copy(section: MediaSection, sources: Iterable[Codec], redundant_pt: int) -> list[Codec]:
    """Those payload types of the subscriber's section under which it takes the sources' codecs, in the order
    of `sources`. `redundant_pt`: what stands for Opus in the blocks of a publisher that sends it with
    redundancy (0: it does not); such packets pass where the same number stands for Opus in this section."""
    taken: list[Codec] = []
    for source in sources:
        codec = for_receiving(section, source)
        if codec is None:
            continue
        passes = codec.key == "opus" and codec.pt == redundant_pt
        redundant = redundancy(section, codec) if passes else None
        taken += [codec] if redundant is None else [redundant, codec]
    return taken


def redundancy(section: MediaSection, codec: Codec) -> Codec | None:
    """The payload type under which the section takes that codec with redundancy (RFC 2198)."""
    for red in section.codecs.values():
        if red.key == "red" and any(word.split("/")[0] == str(codec.pt) for word in red.fmtp):
            return red
    return None


def declared(kind: str, mime: str) -> Codec | None:
    """A codec that a publisher may add later, as far as its name tells; None: not one of ours."""
    name = mime.partition("/")[2]
    if name.lower() not in _MEDIA[kind]:
        return None
    return Codec(0, name, _CLOCK_HZ.get(name.lower(), 90000), 2 if name.lower() == "opus" else 1)


def _h264_distance(codec: Codec, source: Codec) -> tuple[bool, bool]:
    mode = codec.fmtp.get("packetization-mode", "0") != source.fmtp.get("packetization-mode", "0")
    profile = codec.fmtp.get("profile-level-id", "42")[:2] != source.fmtp.get("profile-level-id", "42")[:2]
    return mode, profile


def idle(section: MediaSection) -> list[Codec]:
    """What an inactive section is answered with: everything of ours, else its first payload type."""
    ours = [codec for codec in section.codecs.values() if codec.key in SUPPORTED_CODECS.get(section.kind, ())]
    return ours or list(section.codecs.values())[:1]


def answer_copy(codec: Codec, fmtp: dict[str, str] | None = None) -> Codec:
    """The codec as it stands in an answer: same payload type, feedback reduced to ours."""
    return Codec(
        pt=codec.pt,
        name=codec.name,
        clock_hz=codec.clock_hz,
        channels=codec.channels,
        fmtp=dict(codec.fmtp if fmtp is None else fmtp),
        feedback=feedback(codec),
    )


def opus_fmtp(codec: Codec, publication: Publication) -> dict[str, str]:
    """What the publisher's Opus encoder is asked for: FEC, DTX and stereo as declared in add_track."""
    fmtp = {"minptime": codec.fmtp.get("minptime", "10"), "useinbandfec": "1"}
    if publication.wants_dtx:
        fmtp["usedtx"] = "1"
    if publication.is_stereo:
        fmtp["stereo"] = "1"
        fmtp["maxaveragebitrate"] = "510000"
    return fmtp


def payloads(codecs: Iterable[Codec]) -> Sequence[PayloadSpec]:
    """The media plane's view of negotiated codecs."""
    return [PayloadSpec(c.pt, c.key, c.clock_hz, tuple(feedback(c)), c.apt) for c in codecs]


def mime_type(kind: str, codec: Codec) -> str:
    """LiveKit's spelling: video/VP8, video/H264, audio/opus, audio/PCMU."""
    names = {
        "opus": "opus",
        "vp8": "VP8",
        "h264": "H264",
        "vp9": "VP9",
        "av1": "AV1",
        "pcmu": "PCMU",
        "pcma": "PCMA",
    }
    return f"{kind}/{names.get(codec.key, codec.name)}"
