"""Text to session description; one small reader for each attribute, found in a table."""

from __future__ import annotations

from collections.abc import Callable

from confhub.relay.wire.sdp_model import (
    MAX_LINES_PER_SECTION,
    MAX_SDP_CHARS,
    MAX_SECTIONS,
    Candidate,
    Codec,
    Direction,
    MediaSection,
    Rid,
    SdpError,
    SessionDescription,
    SsrcGroup,
)

_DIRECTIONS = {d.value for d in Direction}
_MAX_SSRC = 0xFFFFFFFF
_DISCARD = 9
"""What stands for "no address of its own yet" in an m= line; 0 says the same in a bundle-only section."""
_ANY = -1  # payload type "*" of a=rtcp-fb


def parse(text: str) -> SessionDescription:
    """Text -> description. Raises SdpError (no mid, a mid twice, too large, a number out of range...)."""
    if len(text) > MAX_SDP_CHARS:
        raise SdpError(f"description longer than {MAX_SDP_CHARS} characters")
    session_lines, blocks = _blocks(text)
    description = SessionDescription()
    defaults = MediaSection(kind="", mid="")
    for line in session_lines:
        _read_session_line(description, defaults, line)
    seen: set[str] = set()
    bundled = set(description.bundle)
    for block in blocks:
        section = _read_section(block)
        if section.mid in seen:
            raise SdpError("two sections have the same mid")
        seen.add(section.mid)
        _inherit(section, defaults, description)
        if section.bundle_only and section.mid in bundled:
            section.port = section.port or _DISCARD
        description.sections.append(section)
    return description


def _blocks(text: str) -> tuple[list[str], list[list[str]]]:
    """The session's lines, and those of each section, m= line first."""
    session: list[str] = []
    blocks: list[list[str]] = []
    current = session
    for raw in text.replace("\r\n", "\n").split("\n"):
        line = raw.rstrip("\r ")
        if line.startswith("m="):
            if len(blocks) == MAX_SECTIONS:
                raise SdpError(f"more than {MAX_SECTIONS} sections")
            current = []
            blocks.append(current)
        if len(current) == MAX_LINES_PER_SECTION:
            raise SdpError(f"more than {MAX_LINES_PER_SECTION} lines in a section")
        if len(line) > 1 and line[1] == "=":
            current.append(line)
    if not session or not session[0].startswith("v="):
        raise SdpError("does not start with a v= line")
    return session, blocks


def _read_session_line(description: SessionDescription, defaults: MediaSection, line: str) -> None:
    if line.startswith("o="):
        words = line[2:].split()
        if len(words) >= 3:
            description.session_id = _number(words[1], 2**64 - 1, "o=")
            description.session_version = _number(words[2], 2**64 - 1, "o=")
    elif line.startswith("a="):
        name, _, value = line[2:].partition(":")
        if name == "group":
            words = value.split()
            if words and words[0] == "BUNDLE":
                description.bundle = words[1:]
        elif name == "ice-lite":
            description.ice_lite = True
        elif name == "extmap-allow-mixed":
            description.extmap_allow_mixed = True
        elif name == "msid-semantic":
            description.msid_semantic = value.strip()
        elif name in ("ice-ufrag", "ice-pwd", "ice-options", "fingerprint", "setup"):
            _ATTRIBUTES[name](defaults, value)


def _inherit(section: MediaSection, defaults: MediaSection, description: SessionDescription) -> None:
    section.ice_ufrag = section.ice_ufrag or defaults.ice_ufrag
    section.ice_pwd = section.ice_pwd or defaults.ice_pwd
    section.ice_options = section.ice_options or defaults.ice_options
    section.setup = section.setup or defaults.setup
    section.fingerprints = section.fingerprints or list(defaults.fingerprints)
    section.extmap_allow_mixed = section.extmap_allow_mixed or description.extmap_allow_mixed


def _read_section(lines: list[str]) -> MediaSection:
    words = lines[0][2:].split()
    if len(words) < 3:
        raise SdpError("an m= line has less than three words")
    port = _number(words[1].partition("/")[0], 65535, "m= port")
    section = MediaSection(kind=words[0], mid="", port=port, protocol=words[2], formats=words[3:])
    if section.kind in ("audio", "video"):
        for word in section.formats:
            _number(word, 127, "payload type")
    for line in lines[1:]:
        if not line.startswith("a="):
            continue
        name, _, value = line[2:].partition(":")
        if name in _DIRECTIONS:
            section.direction = Direction(name)
            continue
        reader = _ATTRIBUTES.get(name)
        if reader is not None:
            reader(section, value.strip())
    if not section.mid or len(section.mid) > 64 or " " in section.mid:
        raise SdpError("a section has no mid, or one with spaces, or a very long one")
    _finish(section)
    return section


def _finish(section: MediaSection) -> None:
    """Put codecs in the m= line's order, drop those it does not list, take a=ssrc msid where a=msid is
    missing."""
    listed = [int(word) for word in section.formats] if section.kind in ("audio", "video") else []
    known = section.codecs
    section.codecs = {pt: known[pt] for pt in listed if pt in known and known[pt].name}
    for pt in listed:
        if pt not in section.codecs and pt in _STATIC_PAYLOADS:
            name, clock = _STATIC_PAYLOADS[pt]
            section.codecs[pt] = Codec(pt=pt, name=name, clock_hz=clock)
    for codec in section.codecs.values() if _ANY in known else ():
        codec.feedback.extend(known[_ANY].feedback)
    if section.msid is None:
        for attributes in section.ssrcs.values():
            words = attributes.get("msid", "").split()
            if len(words) == 2:
                section.msid = (words[0], words[1])
                break


_STATIC_PAYLOADS = {0: ("PCMU", 8000), 8: ("PCMA", 8000)}


def _number(text: str, maximum: int, what: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 20 or int(text) > maximum:
        raise SdpError(f"{what}: not a number up to {maximum}")
    return int(text)


def _codec(section: MediaSection, text: str) -> Codec:
    pt = _ANY if text == "*" else _number(text, 127, "payload type")
    return section.codecs.setdefault(pt, Codec(pt=pt, name="", clock_hz=0))


def _read_rtpmap(section: MediaSection, value: str) -> None:
    pt, _, encoding = value.partition(" ")
    parts = encoding.strip().split("/")
    if len(parts) < 2 or not parts[0]:
        raise SdpError("a=rtpmap without a clock rate")
    codec = _codec(section, pt)
    codec.name = parts[0]
    codec.clock_hz = _number(parts[1], 1_000_000, "clock rate")
    codec.channels = _number(parts[2], 255, "channels") if len(parts) > 2 else 1


def _read_fmtp(section: MediaSection, value: str) -> None:
    pt, _, parameters = value.partition(" ")
    codec = _codec(section, pt)
    for item in parameters.split(";"):
        key, _, setting = item.strip().partition("=")
        if key:
            codec.fmtp[key] = setting


def _read_feedback(section: MediaSection, value: str) -> None:
    pt, _, kind = value.partition(" ")
    if kind.strip():
        _codec(section, pt).feedback.append(kind.strip())


def _read_extmap(section: MediaSection, value: str) -> None:
    number, _, rest = value.partition(" ")
    words = rest.split()
    if not words:
        raise SdpError("a=extmap without a URI")
    identifier = _number(number.partition("/")[0], 4351, "extmap id")
    if 1 <= identifier <= 255:
        section.extmap[identifier] = words[0]


def _read_ssrc(section: MediaSection, value: str) -> None:
    number, _, rest = value.partition(" ")
    attributes = section.ssrcs.setdefault(_number(number, _MAX_SSRC, "ssrc"), {})
    key, _, setting = rest.strip().partition(":")
    if key:
        attributes[key] = setting


def _read_ssrc_group(section: MediaSection, value: str) -> None:
    words = value.split()
    if words:
        ssrcs = tuple(_number(word, _MAX_SSRC, "ssrc") for word in words[1:])
        section.ssrc_groups.append(SsrcGroup(words[0], ssrcs))


def _read_rid(section: MediaSection, value: str) -> None:
    words = value.split(None, 2)
    if len(words) < 2 or words[1] not in ("send", "recv"):
        raise SdpError("a=rid without an id and a direction")
    section.rids.append(Rid(words[0], words[1], words[2] if len(words) == 3 else ""))


def _read_simulcast(section: MediaSection, value: str) -> None:
    words = value.split()
    for direction, streams in zip(words[::2], words[1::2], strict=False):
        rids = [stream.split(",")[0].lstrip("~") for stream in streams.split(";")]
        if direction == "send":
            section.simulcast_send = [rid for rid in rids if rid]
        elif direction == "recv":
            section.simulcast_recv = [rid for rid in rids if rid]


def _read_msid(section: MediaSection, value: str) -> None:
    words = value.split()
    if words and section.msid is None:
        section.msid = (words[0], words[1] if len(words) > 1 else "")


def _read_fingerprint(section: MediaSection, value: str) -> None:
    words = value.split()
    if len(words) != 2:
        raise SdpError("a=fingerprint is not an algorithm and a value")
    section.fingerprints.append((words[0].lower(), words[1].upper()))


def _read_setup(section: MediaSection, value: str) -> None:
    if value not in ("active", "passive", "actpass", "holdconn"):
        raise SdpError("a=setup has an unknown role")
    section.setup = value


def read_candidate(value: str) -> Candidate | None:
    """What stands behind `candidate:` (RFC 8839 section 5.1) -> a candidate; None where it is none."""
    words = value.split()
    if len(words) < 8 or words[6] != "typ":
        return None
    try:
        return Candidate(
            foundation=words[0],
            component=_number(words[1], 256, "component"),
            protocol=words[2].lower(),
            priority=_number(words[3], 2**32 - 1, "priority"),
            address=words[4],
            port=_number(words[5], 65535, "candidate port"),
            type=words[7],
            tcptype=words[9] if words[8:9] == ["tcptype"] and len(words) > 9 else "",
        )
    except SdpError:
        return None


def _read_candidate(section: MediaSection, value: str) -> None:
    candidate = read_candidate(value)
    if candidate is not None:  # else left out: it is a hint, an ICE-lite server does without
        section.candidates.append(candidate)


def _read_mid(section: MediaSection, value: str) -> None:
    section.mid = value


def _read_ufrag(section: MediaSection, value: str) -> None:
    section.ice_ufrag = value


def _read_pwd(section: MediaSection, value: str) -> None:
    section.ice_pwd = value


def _read_ice_options(section: MediaSection, value: str) -> None:
    section.ice_options = value


def _read_rtcp_mux(section: MediaSection, value: str) -> None:
    section.rtcp_mux = True


def _read_rtcp_rsize(section: MediaSection, value: str) -> None:
    section.rtcp_rsize = True


def _read_bundle_only(section: MediaSection, value: str) -> None:
    section.bundle_only = True


def _read_allow_mixed(section: MediaSection, value: str) -> None:
    section.extmap_allow_mixed = True


def _read_end_of_candidates(section: MediaSection, value: str) -> None:
    section.end_of_candidates = True


def _read_sctp_port(section: MediaSection, value: str) -> None:
    section.sctp_port = _number(value, 65535, "sctp-port")


def _read_max_message_size(section: MediaSection, value: str) -> None:
    section.max_message_size = _number(value, 2**63, "max-message-size")


_ATTRIBUTES: dict[str, Callable[[MediaSection, str], None]] = {
    "mid": _read_mid,
    "rtpmap": _read_rtpmap,
    "fmtp": _read_fmtp,
    "rtcp-fb": _read_feedback,
    "extmap": _read_extmap,
    "extmap-allow-mixed": _read_allow_mixed,
    "ssrc": _read_ssrc,
    "ssrc-group": _read_ssrc_group,
    "rid": _read_rid,
    "simulcast": _read_simulcast,
    "msid": _read_msid,
    "fingerprint": _read_fingerprint,
    "setup": _read_setup,
    "ice-ufrag": _read_ufrag,
    "ice-pwd": _read_pwd,
    "ice-options": _read_ice_options,
    "candidate": _read_candidate,
    "end-of-candidates": _read_end_of_candidates,
    "rtcp-mux": _read_rtcp_mux,
    "rtcp-rsize": _read_rtcp_rsize,
    "bundle-only": _read_bundle_only,
    "sctp-port": _read_sctp_port,
    "max-message-size": _read_max_message_size,
}
