"""RTCP (RFC 3550, 4585, draft-alvestrand-rmcat-remb): the few packets a room writes and reads."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
FMT_NACK, FMT_PLI, FMT_FIR, FMT_REMB, FMT_TRANSPORT = 1, 1, 4, 15, 15
MAX_NACKED = 256  # sequence numbers in one feedback packet; more is asked for by a new keyframe
NTP_EPOCH_S = 2_208_988_800  # seconds from 1900 to 1970


class RtcpError(ValueError):
    """The bytes are no compound RTCP packet."""


@dataclass(slots=True)
class Feedback:
    """What one compound packet says to a sender or about a source.

    `nacked`: (media ssrc, sequence number) pairs; `keyframes`: ssrcs for which PLI or FIR asked a keyframe;
    `reports`: (sender ssrc, middle 32 bits of its NTP time); `byes`: ssrcs that ended; `remb_bps`: -1 if
    absent.
    """

    nacked: list[tuple[int, int]] = field(default_factory=list)
    keyframes: list[int] = field(default_factory=list)
    reports: list[tuple[int, int]] = field(default_factory=list)
    byes: list[int] = field(default_factory=list)
    remb_bps: int = -1

    @property
    def only_reports(self) -> bool:
        """Whether there is nothing in it but what sources report of themselves."""
        return not (self.nacked or self.keyframes or self.byes or self.remb_bps >= 0)


def parse(data: bytes) -> Feedback:
    """A decrypted compound packet. Unknown packets are skipped; raises RtcpError when it is malformed."""
    feedback = Feedback()
    offset = 0
    while offset < len(data):
        if offset + 4 > len(data) or data[offset] >> 6 != 2:
            raise RtcpError("not an RTCP header")
        count, kind = data[offset] & 31, data[offset + 1]
        end = offset + 4 * (struct.unpack_from("!H", data, offset + 2)[0] + 1)
        if end > len(data):
            raise RtcpError("packet longer than the datagram")
        handler = _HANDLERS.get(kind)
        if handler is not None:
            handler(feedback, count, data[offset + 4 : end])
        offset = end
    return feedback


def _on_sender_report(feedback: Feedback, _count: int, body: bytes) -> None:
    if len(body) < 24:
        raise RtcpError("short sender report")
    ssrc, ntp = struct.unpack_from("!IQ", body)
    feedback.reports.append((ssrc, (ntp >> 16) & 0xFFFFFFFF))


def _on_bye(feedback: Feedback, count: int, body: bytes) -> None:
    if len(body) < 4 * count:
        raise RtcpError("short BYE")
    feedback.byes += struct.unpack_from(f"!{count}I", body)


def _on_transport_feedback(feedback: Feedback, fmt: int, body: bytes) -> None:
    if len(body) < 8:
        raise RtcpError("short feedback")
    if fmt != FMT_NACK:
        return
    ssrc = struct.unpack_from("!I", body, 4)[0]
    for offset in range(8, len(body) - 3, 4):
        first, mask = struct.unpack_from("!HH", body, offset)
        lost = [first] + [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
        feedback.nacked += [(ssrc, number) for number in lost]
        if len(feedback.nacked) > MAX_NACKED:
            del feedback.nacked[MAX_NACKED:]
            return


def _on_payload_feedback(feedback: Feedback, fmt: int, body: bytes) -> None:
    if len(body) < 8:
        raise RtcpError("short feedback")
    if fmt == FMT_PLI:
        feedback.keyframes.append(struct.unpack_from("!I", body, 4)[0])
    elif fmt == FMT_FIR:
        feedback.keyframes += [struct.unpack_from("!I", body, at)[0] for at in range(8, len(body) - 7, 8)]
    elif fmt == FMT_REMB and body[8:12] == b"REMB" and len(body) >= 16:
        packed = struct.unpack_from("!I", body, 12)[0]
        feedback.remb_bps = (packed & 0x3FFFF) << (packed >> 18 & 0x3F)


_HANDLERS = {
    SR: _on_sender_report,
    BYE: _on_bye,
    RTPFB: _on_transport_feedback,
    PSFB: _on_payload_feedback,
}


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """A receiver's view of one source (RFC 3550 6.4.1): fraction in 1/256, delays in 1/65536 s."""

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int
    last_sr: int
    delay_since_sr: int


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def receiver_report(sender: int, blocks: Iterable[ReportBlock]) -> bytes:
    """RR with up to 31 blocks."""
    packed = [
        struct.pack(
            "!IIIIII",
            b.ssrc,
            (b.fraction_lost << 24) | (max(0, min(b.packets_lost, 0x7FFFFF))),
            b.highest_sequence & 0xFFFFFFFF,
            b.jitter & 0xFFFFFFFF,
            b.last_sr,
            b.delay_since_sr & 0xFFFFFFFF,
        )
        for b in list(blocks)[:31]
    ]
    return _packet(RR, len(packed), struct.pack("!I", sender) + b"".join(packed))


def sender_report(ssrc: int, unix_s: float, rtp_timestamp: int, packets: int, octets: int) -> bytes:
    """SR without report blocks; `unix_s` is the wall clock of `rtp_timestamp`."""
    ntp = int((unix_s + NTP_EPOCH_S) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF
    body = struct.pack(
        "!IQIII", ssrc, ntp, rtp_timestamp & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF
    )
    return _packet(SR, 0, body)


def sdes(ssrc: int, cname: str) -> bytes:
    """SDES with one CNAME of at most 255 bytes."""
    name = cname.encode()[:255]
    chunk = struct.pack("!IBB", ssrc, 1, len(name)) + name + b"\0"
    return _packet(SDES, 1, chunk + b"\0" * (-len(chunk) % 4))


def pli(sender: int, media: int) -> bytes:
    """Picture loss indication (RFC 4585 6.3.1)."""
    return _packet(PSFB, FMT_PLI, struct.pack("!II", sender, media))


def nack(sender: int, media: int, sequence_numbers: list[int]) -> bytes:
    """Generic NACK (RFC 4585 6.2.1) of up to MAX_NACKED sequence numbers, ascending."""
    items: list[tuple[int, int]] = []
    for number in sequence_numbers[:MAX_NACKED]:
        distance = (number - items[-1][0]) & 0xFFFF if items else 0
        if items and 1 <= distance <= 16:
            items[-1] = (items[-1][0], items[-1][1] | 1 << (distance - 1))
        elif not items or distance:
            items.append((number & 0xFFFF, 0))
    body = struct.pack("!II", sender, media) + b"".join(struct.pack("!HH", *item) for item in items)
    return _packet(RTPFB, FMT_NACK, body)


def remb(sender: int, bitrate_bps: int, ssrcs: list[int]) -> bytes:
    """Receiver estimated maximum bitrate for up to 255 ssrcs."""
    exponent = max(0, bitrate_bps.bit_length() - 18)
    packed = (len(ssrcs[:255]) << 24) | (exponent << 18) | (bitrate_bps >> exponent)
    body = struct.pack("!II4sI", sender, 0, b"REMB", packed) + b"".join(
        struct.pack("!I", ssrc) for ssrc in ssrcs[:255]
    )
    return _packet(PSFB, FMT_REMB, body)


def bye(ssrc: int) -> bytes:
    """BYE of one source."""
    return _packet(BYE, 1, struct.pack("!I", ssrc))
