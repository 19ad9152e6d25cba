"""RTP, RTCP, STUN and payload descriptors against the independent readers of aiortc and aioice."""

import aioice.stun
import aiortc.rtp
import pytest

from confhub.relay.wire import h264, numbers, rtcp, rtp, stun, vp8
from fuzz.binding import binding_request


def test_a_stun_check_that_others_signed_is_read() -> None:
    data = binding_request(b"123456789012", "server:client", b"password", use_candidate=True)
    theirs = aioice.stun.parse_message(data)
    assert theirs.check_message_integrity(b"password")
    assert theirs.attributes["USERNAME"] == "server:client"
    ours = stun.parse(data)
    assert (ours.local_ufrag, ours.use_candidate, ours.ice_controlled) == ("server", True, False)
    assert stun.check_integrity(ours, b"password")
    assert not stun.check_integrity(ours, b"passwore")


def test_a_check_of_a_controlling_agent_is_one_to_others() -> None:
    data = stun.build_check(b"123456789012", "server:client", b"password", b"12345678")
    theirs = aioice.stun.parse_message(data)
    assert theirs.check_message_integrity(b"password")
    assert {name: theirs.attributes[name] for name in ("USERNAME", "PRIORITY", "ICE-CONTROLLING")} == {
        "USERNAME": "server:client",
        "PRIORITY": 110 << 24 | 65535 << 8 | 255,
        "ICE-CONTROLLING": int.from_bytes(b"12345678", "big"),
    }
    assert "USE-CANDIDATE" in theirs.attributes


@pytest.mark.parametrize("address", [("192.0.2.7", 4711), ("2001:db8::7", 65535)])
def test_a_stun_answer_tells_the_address(address: tuple[str, int]) -> None:
    theirs = aioice.stun.parse_message(stun.build_success(b"123456789012", address, b"pw"))
    assert theirs.check_message_integrity(b"pw")
    assert theirs.attributes["XOR-MAPPED-ADDRESS"] == address


def test_a_role_conflict_is_told_as_487() -> None:
    theirs = aioice.stun.parse_message(stun.build_error(b"123456789012", 487, "Role Conflict", b"pw"))
    assert theirs.attributes["ERROR-CODE"] == (487, "Role Conflict")


def test_what_follows_the_integrity_attribute_is_not_believed() -> None:
    data = binding_request(b"123456789012", "a:b", b"pw")[:-8] + b"\x00\x25\x00\x00"
    data = data[:2] + (len(data) - 20).to_bytes(2, "big") + data[4:]
    message = stun.parse(data)
    assert not message.use_candidate
    assert stun.check_integrity(message, b"pw")


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_truncated_check_is_refused(cut: int) -> None:
    with pytest.raises(stun.StunError):
        stun.parse(binding_request(b"123456789012", "a:b", b"pw")[:-cut])


@pytest.mark.parametrize(
    "elements", [[], [(1, b"\x90"), (3, b"abc")], [(15, b"x"), (200, b"y" * 20), (2, b"")]]
)
def test_extensions_are_read_as_written(elements: list[tuple[int, bytes]]) -> None:
    block = rtp.pack_extensions(elements)
    packet = rtp.build(
        pt=96, seq=70000, timestamp=2**32 + 5, ssrc=9, payload=b"body", marker=True, extension=block
    )
    view = rtp.parse(packet)
    assert (view.seq, view.timestamp, view.marker, view.pt) == (4464, 5, 0x80, 96)
    assert rtp.extensions(packet, view) == elements
    assert packet[view.payload_at : view.payload_end] == b"body"
    assert aiortc.rtp.RtpPacket.parse(packet).payload == b"body"


def test_padding_and_contributing_sources_are_no_payload() -> None:
    packet = b"\xa2\x60\x00\x01" + bytes(16) + b"xyz\x00\x00\x03"
    view = rtp.parse(packet)
    assert packet[view.payload_at : view.payload_end] == b"xyz"


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x80\x60\x00",
        b"\x40" + bytes(20),
        b"\x90" + bytes(13),
        b"\xa0" + bytes(15),
        b"\xa0" + bytes(11) + b"\xff",
    ],
)
def test_broken_rtp_is_refused(packet: bytes) -> None:
    with pytest.raises(rtp.RtpError):
        rtp.parse(packet)


def test_rtcp_is_written_as_others_read_it() -> None:
    block = rtcp.ReportBlock(7, 128, -5, 70000, 3, 4, 5)
    data = rtcp.build_sr(rtcp.SenderReport(1, 2**40, 3, 4, 5, (block,)))
    data += rtcp.build_nack(1, 2, [65535, 0, 1, 30])
    data += rtcp.build_remb(1, 2_500_000, [5, 6]) + rtcp.build_sdes(1, "abc")
    sender, nack, remb, sdes = aiortc.rtp.RtcpPacket.parse(data)
    assert sender.reports[0].packets_lost == -5
    assert [seq & 0xFFFF for seq in nack.lost] == [65535, 0, 1, 30]
    assert aiortc.rtp.unpack_remb_fci(remb.fci) == (2_500_000, [5, 6])
    assert sdes.chunks[0].items == [(1, b"abc")]


def test_rtcp_is_read_as_it_was_written() -> None:
    block = rtcp.ReportBlock(7, 128, -5, 70000, 3, 4, 5)
    report = rtcp.SenderReport(1, 2, 3, 4, 5, (block,))
    parts: list[tuple[bytes, rtcp.RtcpPacket]] = [
        (rtcp.build_sr(report), report),
        (rtcp.build_rr(1, [block]), rtcp.ReceiverReport(1, (block,))),
        (rtcp.build_sdes(1, "name"), rtcp.Sdes({1: "name"})),
        (rtcp.build_nack(1, 2, [5, 9, 40]), rtcp.Nack(1, 2, (5, 9, 40))),
        (rtcp.build_pli(1, 2), rtcp.Pli(1, 2)),
        (bytes.fromhex("84ce0004000000010000000000000002 03000000"), rtcp.Fir(1, (2,))),
        (rtcp.build_remb(1, 1000, [2]), rtcp.Remb(1, 1000, (2,))),
        (rtcp.build_bye([1, 2]), rtcp.Bye((1, 2))),
    ]
    assert rtcp.parse(b"".join(data for data, _ in parts)) == [packet for _, packet in parts]


def test_ntp_time_is_kept_to_the_microsecond() -> None:
    assert abs(rtcp.from_ntp(rtcp.to_ntp(1_700_000_000.123456)) - 1_700_000_000.123456) < 1e-6


def test_vp8_numbers_are_moved_on_modulo_their_width() -> None:
    payload = bytes((0x90, 0xF0, 0xFF, 0xFF, 255, 0xFF)) + b"\x10frame"
    view = vp8.parse(payload)
    assert view.is_keyframe_start
    found = view.numbers
    assert (found.picture_id, found.tl0, found.keyidx) == (32767, 255, 31)
    moved = vp8.parse(numbers.rewrite(payload, found, 2, 2, 2)).numbers
    assert (moved.picture_id, moved.tl0, moved.keyidx) == (1, 1, 1)
    assert numbers.rewrite(payload, found, 0, 0, 0) == payload


@pytest.mark.parametrize("size", range(6))
def test_a_truncated_vp8_descriptor_is_refused(size: int) -> None:
    with pytest.raises(vp8.Vp8Error):
        vp8.parse(bytes((0x90, 0xF0, 0xFF, 0xFF, 255, 0xFF))[:size])


@pytest.mark.parametrize(
    ("payload", "is_key"),
    [
        (b"\x67sps", True),
        (b"\x65idr", True),
        (b"\x61slice", False),
        (b"\x78\x00\x02\x67\x01\x00\x02\x68\x01", True),
        (b"\x78\x00\x02\x61\x01", False),
        (b"\x7c\x85start of idr", True),
        (b"\x7c\x05middle of idr", False),
        (b"\x7c", False),
        (b"", False),
    ],
)
def test_h264_keyframes_are_known(payload: bytes, is_key: bool) -> None:
    assert h264.is_keyframe_start(payload) is is_key
