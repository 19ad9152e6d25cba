"""RTCP packets (RFC 3550, 4585, 5104, draft-alvestrand-rmcat-remb): the kinds a forwarder reads and
writes."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
MAX_PACKETS_PER_COMPOUND = 64
"""A datagram of 1,500 bytes holds more only if it is meant to be slow to read."""
NTP_EPOCH_OFFSET_S = 2_208_988_800
"""Seconds between 1900 and 1970."""

_HEAD = struct.Struct("!BBH")
_REPORT = struct.Struct("!IIIIII")
_SENDER = struct.Struct("!IIIII")


class RtcpError(ValueError):
    """Not RTCP, or broken."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """One reception report; fraction_lost is 0..255, lsr and dlsr in 1/65536 s (RFC 3550 section 6.4.1)."""

    ssrc: int
    fraction_lost: int
    lost: int
    highest_seq: int
    jitter: int
    lsr: int
    dlsr: int


@dataclass(frozen=True, slots=True)
class SenderReport:
    ssrc: int
    ntp: int  # 32.32 fixed point
    rtp: int
    packets: int
    octets: int
    reports: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    reports: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class Nack:
    sender: int
    ssrc: int
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pli:
    sender: int
    ssrc: int


@dataclass(frozen=True, slots=True)
class Fir:
    sender: int
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Remb:
    sender: int
    bitrate_bps: int
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bye:
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sdes:
    cnames: dict[int, str] = field(default_factory=dict)


RtcpPacket = SenderReport | ReceiverReport | Nack | Pli | Fir | Remb | Bye | Sdes


def parse(data: bytes) -> list[RtcpPacket]:
    """A compound (or reduced-size) packet -> its parts; unknown kinds are skipped. Raises RtcpError."""
    found: list[RtcpPacket] = []
    at = 0
    for _ in range(MAX_PACKETS_PER_COMPOUND):
        if at == len(data):
            return found
        if len(data) - at < 4:
            raise RtcpError("truncated RTCP header")
        first, kind, words = _HEAD.unpack_from(data, at)
        end = at + 4 + 4 * words
        if first & 0xC0 != 0x80 or end > len(data):
            raise RtcpError("broken RTCP header")
        body_end = end
        if first & 0x20 and words:
            body_end = end - data[end - 1]
            if data[end - 1] == 0 or body_end < at + 4:
                raise RtcpError("broken RTCP padding")
        reader = _READERS.get(kind)
        if reader is not None:
            packet = reader(first & 0x1F, data[at + 4 : body_end])
            if packet is not None:
                found.append(packet)
        at = end
    raise RtcpError("too many packets in a compound")


def _reports(count: int, body: bytes, at: int) -> tuple[ReportBlock, ...]:
    if len(body) < at + 24 * count:
        raise RtcpError("truncated report blocks")
    blocks = []
    for index in range(count):
        ssrc, loss, highest, jitter, lsr, dlsr = _REPORT.unpack_from(body, at + 24 * index)
        lost = loss & 0xFFFFFF
        if lost & 0x800000:
            lost -= 1 << 24
        blocks.append(ReportBlock(ssrc, loss >> 24, lost, highest, jitter, lsr, dlsr))
    return tuple(blocks)


def _read_sr(count: int, body: bytes) -> RtcpPacket:
    if len(body) < 24:
        raise RtcpError("truncated sender report")
    (ssrc,) = struct.unpack_from("!I", body)
    ntp_high, ntp_low, rtp, packets, octets = _SENDER.unpack_from(body, 4)
    return SenderReport(ssrc, ntp_high << 32 | ntp_low, rtp, packets, octets, _reports(count, body, 24))


def _read_rr(count: int, body: bytes) -> RtcpPacket:
    if len(body) < 4:
        raise RtcpError("truncated receiver report")
    return ReceiverReport(int.from_bytes(body[:4], "big"), _reports(count, body, 4))


def _read_sdes(count: int, body: bytes) -> RtcpPacket:
    cnames: dict[int, str] = {}
    at = 0
    for _ in range(count):
        if len(body) < at + 4:
            raise RtcpError("truncated SDES chunk")
        ssrc = int.from_bytes(body[at : at + 4], "big")
        at += 4
        while at < len(body) and body[at]:
            if at + 2 > len(body) or at + 2 + body[at + 1] > len(body):
                raise RtcpError("truncated SDES item")
            value = body[at + 2 : at + 2 + body[at + 1]]
            if body[at] == 1:
                cnames[ssrc] = value.decode(errors="replace")
            at += 2 + len(value)
        at = (at + 4) & ~3  # at least one zero byte ends the chunk
    return Sdes(cnames)


def _read_bye(count: int, body: bytes) -> RtcpPacket:
    if len(body) < 4 * count:
        raise RtcpError("truncated BYE")
    return Bye(struct.unpack_from(f"!{count}I", body))


def _read_rtpfb(fmt: int, body: bytes) -> RtcpPacket | None:
    if len(body) < 8:
        raise RtcpError("truncated transport feedback")
    if fmt != 1:
        return None
    if len(body) % 4:
        raise RtcpError("truncated NACK")
    sender, ssrc = struct.unpack_from("!II", body)
    seqs: list[int] = []
    for at in range(8, len(body), 4):
        pid, mask = struct.unpack_from("!HH", body, at)
        seqs.append(pid)
        seqs.extend((pid + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)
    return Nack(sender, ssrc, tuple(seqs))


def _read_psfb(fmt: int, body: bytes) -> RtcpPacket | None:
    if len(body) < 8:
        raise RtcpError("truncated payload feedback")
    sender, ssrc = struct.unpack_from("!II", body)
    if fmt == 1:
        return Pli(sender, ssrc)
    if fmt == 4:
        if len(body) % 8:
            raise RtcpError("truncated FIR")
        return Fir(sender, tuple(int.from_bytes(body[at : at + 4], "big") for at in range(8, len(body), 8)))
    if fmt == 15 and body[8:12] == b"REMB":
        return _read_remb(sender, body)
    return None


def _read_remb(sender: int, body: bytes) -> Remb:
    if len(body) < 16 or len(body) < 16 + 4 * body[12]:
        raise RtcpError("truncated REMB")
    exponent = body[13] >> 2
    mantissa = (body[13] & 3) << 16 | body[14] << 8 | body[15]
    return Remb(sender, mantissa << exponent, struct.unpack_from(f"!{body[12]}I", body, 16))


_READERS = {
    SR: _read_sr,
    RR: _read_rr,
    SDES: _read_sdes,
    BYE: _read_bye,
    RTPFB: _read_rtpfb,
    PSFB: _read_psfb,
}


def _packet(count: int, kind: int, body: bytes) -> bytes:
    return _HEAD.pack(0x80 | count, kind, len(body) // 4) + body


def _pack_reports(reports: Sequence[ReportBlock]) -> bytes:
    return b"".join(
        _REPORT.pack(
            r.ssrc,
            (r.fraction_lost & 0xFF) << 24 | min(max(r.lost, -0x800000), 0x7FFFFF) & 0xFFFFFF,
            r.highest_seq & 0xFFFFFFFF,
            r.jitter & 0xFFFFFFFF,
            r.lsr,
            r.dlsr & 0xFFFFFFFF,
        )
        for r in reports[:31]
    )


def build_sr(report: SenderReport) -> bytes:
    """A sender report; counters wrap at 32 bits."""
    head = struct.pack("!IQIII", report.ssrc, report.ntp, report.rtp & 0xFFFFFFFF, *_wrapped(report))
    return _packet(min(len(report.reports), 31), SR, head + _pack_reports(report.reports))


def _wrapped(report: SenderReport) -> tuple[int, int]:
    return report.packets & 0xFFFFFFFF, report.octets & 0xFFFFFFFF


def build_rr(ssrc: int, reports: Sequence[ReportBlock]) -> bytes:
    """A receiver report with up to 31 blocks."""
    return _packet(min(len(reports), 31), RR, struct.pack("!I", ssrc) + _pack_reports(reports))


def build_sdes(ssrc: int, cname: str) -> bytes:
    """SDES with a CNAME (cut at 255 bytes)."""
    name = cname.encode()[:255]
    body = struct.pack("!IBB", ssrc, 1, len(name)) + name
    return _packet(1, SDES, body + bytes(4 - len(body) % 4))


def build_bye(ssrcs: Sequence[int]) -> bytes:
    """BYE for up to 31 sources."""
    chosen = ssrcs[:31]
    return _packet(len(chosen), BYE, struct.pack(f"!{len(chosen)}I", *chosen))


def build_nack(sender: int, ssrc: int, seqs: Iterable[int]) -> bytes:
    """Generic NACK for sequence numbers in ascending (wrapping) order."""
    entries: list[list[int]] = []
    for seq in seqs:
        distance = (seq - entries[-1][0] - 1) & 0xFFFF if entries else 0xFFFF
        if distance < 16:
            entries[-1][1] |= 1 << distance
        else:
            entries.append([seq & 0xFFFF, 0])
    body = b"".join(struct.pack("!HH", pid, mask) for pid, mask in entries)
    return _packet(1, RTPFB, struct.pack("!II", sender, ssrc) + body)


def build_pli(sender: int, ssrc: int) -> bytes:
    """Picture loss indication."""
    return _packet(1, PSFB, struct.pack("!II", sender, ssrc))


def build_remb(sender: int, bitrate_bps: int, ssrcs: Sequence[int]) -> bytes:
    """REMB; the bitrate is rounded down to 18 bits of mantissa."""
    chosen = ssrcs[:255]
    mantissa, exponent = max(0, min(bitrate_bps, 2**63)), 0
    while mantissa > 0x3FFFF:
        mantissa >>= 1
        exponent += 1
    head = struct.pack(
        "!II4sBBH", sender, 0, b"REMB", len(chosen), exponent << 2 | mantissa >> 16, mantissa & 0xFFFF
    )
    return _packet(15, PSFB, head + struct.pack(f"!{len(chosen)}I", *chosen))


def to_ntp(unix_s: float) -> int:
    """Unix seconds -> 32.32 NTP time."""
    return int((unix_s + NTP_EPOCH_OFFSET_S) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF


def from_ntp(ntp: int) -> float:
    """32.32 NTP time -> unix seconds."""
    return ntp / (1 << 32) - NTP_EPOCH_OFFSET_S
