"""Whatever the bytes, a parser of the media plane raises its own error or none."""

import contextlib

import jwt
from hypothesis import given
from hypothesis import strategies as st

from confhub.relay.wire import h264, numbers, rtcp, rtp, sdp, stun, tokens, vp8

STUN_HEAD = b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(12)
OFFER = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=msid-semantic: WMS *
m=audio 9 UDP/TLS/RTP/SAVPF 111 63
a=mid:0
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtcp-fb:111 transport-cc
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=ssrc:5 cname:x
m=video 9 UDP/TLS/RTP/SAVPF 96
a=mid:1
a=rtpmap:96 VP8/90000
a=rid:q send max-width=320
a=simulcast:send q;h;f
a=candidate:1 1 udp 5 127.0.0.1 9 typ host
"""


@given(st.binary(max_size=200))
def test_rtp(data: bytes) -> None:
    with contextlib.suppress(rtp.RtpError):
        view = rtp.parse(data)
        assert 12 <= view.payload_at <= view.payload_end <= len(data)
        assert sum(len(value) for _, value in rtp.extensions(data, view)) <= len(data)


@given(st.binary(min_size=11, max_size=80), st.sampled_from([0x90, 0xB0, 0x9F, 0xA0]))
def test_rtp_with_extensions_and_padding(data: bytes, first: int) -> None:
    test_rtp.hypothesis.inner_test(bytes((first,)) + data)  # type: ignore[attr-defined]


@given(st.binary(max_size=200))
def test_rtcp(data: bytes) -> None:
    with contextlib.suppress(rtcp.RtcpError):
        rtcp.parse(data)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 31), st.sampled_from([200, 201, 202, 203, 205, 206, 207]), st.binary(max_size=60)
        )
    )
)
def test_rtcp_with_a_sound_frame(packets: list[tuple[int, int, bytes]]) -> None:
    data = b""
    for count, kind, body in packets:
        body += bytes(-len(body) % 4)
        data += bytes((0x80 | count, kind)) + (len(body) // 4).to_bytes(2, "big") + body
    with contextlib.suppress(rtcp.RtcpError):
        rtcp.parse(data)


@given(st.binary(max_size=120))
def test_stun(data: bytes) -> None:
    with contextlib.suppress(stun.StunError):
        stun.parse(data)
    body = data[: len(data) // 4 * 4]
    framed = STUN_HEAD[:2] + len(body).to_bytes(2, "big") + STUN_HEAD[4:] + body
    with contextlib.suppress(stun.StunError):
        stun.check_integrity(stun.parse(framed), b"password")


@given(st.binary(max_size=40), st.integers(-40000, 40000))
def test_vp8(data: bytes, add: int) -> None:
    with contextlib.suppress(vp8.Vp8Error):
        view = vp8.parse(data)
        before = view.numbers
        out = numbers.rewrite(data, before, add, add, add)
        after = vp8.parse(out)
        assert len(out) == len(data)
        assert after.is_keyframe_start == view.is_keyframe_start
        assert after.numbers.picture_id_bits == before.picture_id_bits
        if before.picture_id_bits == 15:
            assert after.numbers.picture_id == (before.picture_id + add) & 0x7FFF


@given(st.binary(max_size=60))
def test_h264(data: bytes) -> None:
    h264.is_keyframe_start(data)


@given(st.text(max_size=400))
def test_sdp_of_any_text(text: str) -> None:
    with contextlib.suppress(sdp.SdpError):
        sdp.parse("v=0\n" + text)


@given(st.data())
def test_sdp_with_a_changed_line(data: st.DataObject) -> None:
    lines = OFFER.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    prefix = lines[at].partition(":")[0]
    value = st.text(st.characters(codec="ascii", exclude_characters="\r\n"), max_size=40)
    lines[at] = prefix + ":" + data.draw(value)
    with contextlib.suppress(sdp.SdpError):
        parsed = sdp.parse("\r\n".join(lines))
        again = sdp.parse(sdp.serialize(parsed))
        assert [s.mid for s in again.sections] == [s.mid for s in parsed.sections]


@given(st.text(max_size=200))
def test_tokens_of_any_text(text: str) -> None:
    with contextlib.suppress(tokens.TokenError):
        tokens.verify(text, {"key": "a-secret-of-at-least-32-characters-long"}, 0.0)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = ["sub", "name", "metadata", "attributes", "video", "exp", "nbf", "iat", "kind"]
_GRANTS = ["room", "roomJoin", "canPublish", "canPublishSources", "hidden"]


@given(
    st.dictionaries(st.sampled_from(_NAMES), _JSON),
    st.none() | st.dictionaries(st.sampled_from(_GRANTS), _JSON),
)
def test_signed_but_strange_tokens(claims: dict[str, object], video: dict[str, object] | None) -> None:
    secret = "a-secret-of-at-least-32-characters-long"
    if video is not None:
        claims["video"] = video
    try:
        token = jwt.encode({**claims, "iss": "key"}, secret, algorithm="HS256")
    except (TypeError, ValueError):
        return  # PyJWT itself refuses to sign some
    with contextlib.suppress(tokens.TokenError):
        tokens.verify(token, {"key": secret}, 0.0)
