"""Descriptions as Chrome writes them are read in full and written again without loss."""

import pytest

from confhub.relay.wire import sdp

CHROME = "\r\n".join(
    """v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
a=extmap-allow-mixed
a=msid-semantic: WMS stream
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=ice-options:trickle
a=fingerprint:sha-256 ab:CD:00
a=setup:actpass
a=mid:0
a=sctp-port:5000
a=max-message-size:262144
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=fingerprint:sha-256 ab:CD:00
a=setup:actpass
a=mid:1
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:4/sendrecv urn:ietf:params:rtp-hdrext:sdes:mid
a=recvonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
m=video 9 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
b=AS:3000
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=fingerprint:sha-256 ab:CD:00
a=setup:actpass
a=mid:2
a=msid:- 5f1a-track
a=sendonly
a=rtcp-mux
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 nack pli
a=rtcp-fb:* ccm fir
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rid:q send max-width=320;max-height=180
a=rid:h send
a=rid:f send
a=simulcast:send q;h,x;~f
a=ssrc-group:FID 10 11
a=ssrc:10 cname:abc
a=ssrc:11 cname:abc
a=something:unknown
""".splitlines()
)


def test_a_publisher_offer_of_chrome_is_read() -> None:
    offer = sdp.parse(CHROME)
    assert [(s.kind, s.mid) for s in offer.sections] == [("application", "0"), ("audio", "1"), ("video", "2")]
    assert offer.bundle == ["0", "1", "2"]
    data, audio, video = offer.sections
    assert (data.sctp_port, data.max_message_size, data.formats) == (5000, 262144, ["webrtc-datachannel"])
    assert data.fingerprints == [("sha-256", "AB:CD:00")]
    assert audio.direction is sdp.Direction.RECVONLY
    assert [c.key for c in audio.codecs.values()] == ["opus", "red", "g722", "pcmu", "pcma"]
    assert audio.codecs[111].fmtp == {"minptime": "10", "useinbandfec": "1"}
    assert audio.codecs[63].fmtp == {"111/111": ""}
    assert audio.extmap[4] == "urn:ietf:params:rtp-hdrext:sdes:mid"
    assert audio.extmap_allow_mixed
    assert video.msid == ("-", "5f1a-track")
    assert video.codecs[96].feedback == ["goog-remb", "nack pli", "ccm fir"]
    assert video.codecs[97].apt == 96
    assert [rid.id for rid in video.rids] == ["q", "h", "f"]
    assert video.simulcast_send == ["q", "h", "f"]
    assert video.ssrc_groups == [sdp.SsrcGroup("FID", (10, 11))]


def test_what_was_read_is_written_again_without_loss() -> None:
    once = sdp.parse(CHROME)
    text = sdp.serialize(once)
    assert text.endswith("\r\n")
    assert sdp.parse(text) == once


def test_session_level_credentials_count_for_every_section() -> None:
    text = (
        "v=0\na=ice-ufrag:u\na=ice-pwd:p\na=fingerprint:SHA-256 aa\na=setup:active\n"
        "m=audio 9 X 111\na=mid:a\nm=video 9 X 96\na=mid:b\na=ice-ufrag:own\na=ice-pwd:own"
    )
    first, second = sdp.parse(text).sections
    assert (first.ice_ufrag, first.ice_pwd, first.setup) == ("u", "p", "active")
    assert first.fingerprints == second.fingerprints == [("sha-256", "AA")]
    assert second.ice_ufrag == "own"


def test_an_ice_lite_answer_is_written_at_session_level() -> None:
    text = sdp.serialize(sdp.SessionDescription(ice_lite=True))
    assert "a=ice-lite" in text.partition("m=")[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "v=0\nm=audio",
        "v=0\nm=audio 9 X 111",
        "v=0\nm=audio 99999 X 111\na=mid:0",
        "v=0\nm=audio 9 X 300\na=mid:0",
        "v=0\nm=audio 9 X 111\na=mid:0\nm=audio 9 X 111\na=mid:0",
        "v=0\nm=audio 9 X 111\na=mid:0\na=rtpmap:111 opus",
        "v=0\nm=audio 9 X 111\na=mid:0\na=ssrc:99999999999 cname:x",
        "v=0\nm=audio 9 X 111\na=mid:0\na=setup:whatever",
        "v=0\n" + "m=audio 9 X 111\n" * (sdp.MAX_SECTIONS + 1),
        "v=0\nm=audio 9 X 111\na=mid:0\n" + "a=x\n" * sdp.MAX_LINES_PER_SECTION,
        "v=0\n" + "a" * sdp.MAX_SDP_CHARS,
    ],
)
def test_what_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(sdp.SdpError):
        sdp.parse(text)


def test_a_bundle_only_section_is_open_although_its_port_is_zero_and_a_rejected_one_is_not() -> None:
    text = CHROME.replace("m=audio 9", "m=audio 0").replace("m=video 9", "m=video 0")
    text = text.replace("a=mid:1", "a=mid:1\r\na=bundle-only")
    assert [section.port for section in sdp.parse(text).sections] == [9, 9, 0]


def test_a_bundle_only_section_in_no_bundle_has_no_way_to_be_open() -> None:
    text = CHROME.replace("m=audio 9", "m=audio 0").replace("a=mid:1", "a=mid:1\r\na=bundle-only")
    text = text.replace("BUNDLE 0 1 2", "BUNDLE 0 2")
    assert [section.port for section in sdp.parse(text).sections] == [9, 0, 9]
