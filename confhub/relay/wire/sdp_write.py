"""Session description to text, as libwebrtc, pion and libdatachannel read it."""

from __future__ import annotations

from collections.abc import Iterator

from confhub.relay.wire.sdp_model import Codec, MediaSection, SessionDescription


def serialize(description: SessionDescription) -> str:
    """Description -> text with CRLF line ends, sections in the given order. Never raises on what `parse`
    returned."""
    lines = [
        "v=0",
        f"o=- {description.session_id} {description.session_version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
    ]
    if description.ice_lite:
        lines.append("a=ice-lite")
    if description.bundle:
        lines.append("a=group:BUNDLE " + " ".join(description.bundle))
    if description.extmap_allow_mixed:
        lines.append("a=extmap-allow-mixed")
    if description.msid_semantic:
        lines.append(f"a=msid-semantic: {description.msid_semantic}")
    for section in description.sections:
        lines.extend(_section_lines(section))
    return "\r\n".join(lines) + "\r\n"


def _section_lines(section: MediaSection) -> Iterator[str]:
    formats = " ".join(section.formats) or ("webrtc-datachannel" if section.kind == "application" else "0")
    yield f"m={section.kind} {section.port} {section.protocol} {formats}"
    yield "c=IN IP4 0.0.0.0"
    yield f"a=mid:{section.mid}"
    yield from _transport_lines(section)
    if section.kind == "application":
        if section.sctp_port is not None:
            yield f"a=sctp-port:{section.sctp_port}"
        if section.max_message_size is not None:
            yield f"a=max-message-size:{section.max_message_size}"
        return
    yield f"a={section.direction.value}"
    if section.extmap_allow_mixed:
        yield "a=extmap-allow-mixed"
    for identifier, uri in section.extmap.items():
        yield f"a=extmap:{identifier} {uri}"
    if section.msid is not None:
        yield f"a=msid:{section.msid[0]} {section.msid[1]}".rstrip()
    if section.rtcp_mux:
        yield "a=rtcp-mux"
    if section.rtcp_rsize:
        yield "a=rtcp-rsize"
    for codec in section.codecs.values():
        yield from _codec_lines(codec)
    yield from _stream_lines(section)


def _transport_lines(section: MediaSection) -> Iterator[str]:
    if section.ice_ufrag:
        yield f"a=ice-ufrag:{section.ice_ufrag}"
    if section.ice_pwd:
        yield f"a=ice-pwd:{section.ice_pwd}"
    if section.ice_options:
        yield f"a=ice-options:{section.ice_options}"
    for algorithm, value in section.fingerprints:
        yield f"a=fingerprint:{algorithm} {value}"
    if section.setup:
        yield f"a=setup:{section.setup}"
    for c in section.candidates:
        words = (c.foundation, c.component, c.protocol, c.priority, c.address, c.port, "typ", c.type)
        yield "a=candidate:" + " ".join(map(str, words)) + (f" tcptype {c.tcptype}" if c.tcptype else "")
    if section.end_of_candidates:
        yield "a=end-of-candidates"


def _codec_lines(codec: Codec) -> Iterator[str]:
    channels = f"/{codec.channels}" if codec.channels > 1 else ""
    yield f"a=rtpmap:{codec.pt} {codec.name}/{codec.clock_hz}{channels}"
    for kind in codec.feedback:
        yield f"a=rtcp-fb:{codec.pt} {kind}"
    if codec.fmtp:
        parameters = ";".join(f"{key}={value}" if value else key for key, value in codec.fmtp.items())
        yield f"a=fmtp:{codec.pt} {parameters}"


def _stream_lines(section: MediaSection) -> Iterator[str]:
    for rid in section.rids:
        yield f"a=rid:{rid.id} {rid.direction} {rid.params}".rstrip()
    if section.simulcast_send or section.simulcast_recv:
        words = []
        if section.simulcast_send:
            words.append("send " + ";".join(section.simulcast_send))
        if section.simulcast_recv:
            words.append("recv " + ";".join(section.simulcast_recv))
        yield "a=simulcast:" + " ".join(words)
    for group in section.ssrc_groups:
        yield f"a=ssrc-group:{group.semantics} " + " ".join(map(str, group.ssrcs))
    for ssrc, attributes in section.ssrcs.items():
        for key, value in attributes.items():
            yield f"a=ssrc:{ssrc} {key}:{value}" if value else f"a=ssrc:{ssrc} {key}"
        if not attributes:
            yield f"a=ssrc:{ssrc}"
