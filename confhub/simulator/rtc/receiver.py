"""What one connection receives: per-SSRC counting, frames, losses, and the feedback it owes to the sender.

Called by the media thread alone. `rtp` is the hot path; the compiled twin is in native/receiver.h and
native/_receiver.pyx, and the same tests hold both.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from confhub.relay.wire import rtcp
from confhub.simulator.rtc import vp8
from confhub.simulator.rtc.feedback import Feedback
from confhub.simulator.rtc.quality import PictureRule, SoundRule
from confhub.simulator.rtc.twcc import Arrivals

NACK_AFTER_S = 0.02  # packets that only overtook each other are not asked for
NACK_AGAIN_S = 0.1
NACK_TRIES = 6
MAX_MISSING = 256
"""Missing packets remembered a stream; where more are, none is asked for: a keyframe heals faster."""
RESTART_GAP = 450  # a longer gap is a line that was dead: as in libwebrtc, no report calls it a share lost
MAX_STREAMS = 32  # SSRCs a connection: two tracks for each of a stage's participants, and some that ended
PLI_EVERY_S = 1.0  # until the first keyframe
STALLED_S = 0.6  # an open gap after which the picture is asked anew
MAX_DUES = 64  # SSRCs whose track is known by the session description
LULL_S = 2.0  # without any packet, while some are due, the room lost its media
NEVER = float("-inf")
MAX_LULLS = 16  # kept until they are taken, each second
REMB_BPS = 5_000_000  # simulated rooms have no bottleneck of their own: they promise the full profile
_HEADER = struct.Struct("!BBHII")

FrameSink = Callable[[int, str, bool, bytes], None]  # (ssrc, kind, is keyframe, payload)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Picture and sound of a connection so far: see quality.py. Gaps and freezes in seconds."""

    has_picture: bool = False
    has_sound: bool = False
    picture_gap_s: float = 0.0
    poor_windows: int = 0
    keyframes: int = 0
    frames: int = 0
    freezes: int = 0
    freeze_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """One SSRC: packets without duplicates, bytes of RTP decrypted, `highest` extended (the first number is
    65536 and more), `gaps` in the numbers when they appeared, `lost` for good so far; times monotonic."""

    ssrc: int
    kind: str
    packets: int
    bytes: int
    highest: int
    gaps: int
    lost: int
    duplicates: int
    first_at: float
    last_at: float
    longest_stall_s: float


class Stream:
    """One SSRC."""

    __slots__ = (
        "assembler",
        "base",
        "bytes",
        "duplicates",
        "first_at",
        "gaps",
        "highest",
        "is_video",
        "last_at",
        "last_sr",
        "last_sr_at",
        "longest_stall_s",
        "missing",
        "picture",
        "pli_at",
        "prior",
        "received",
        "sound",
        "ssrc",
        "stalled_at",
        "unrecovered",
    )

    def __init__(self, ssrc: int, is_video: bool, keep_data: bool) -> None:
        self.ssrc, self.is_video = ssrc, is_video
        self.base = self.highest = -1  # extended sequence numbers
        self.received = self.bytes = self.duplicates = self.gaps = 0
        self.first_at = self.last_at = self.longest_stall_s = 0.0
        self.picture, self.sound = PictureRule(), SoundRule()
        self.last_sr, self.last_sr_at = 0, 0.0
        self.prior = (0, 0)  # expected, received at the last report
        self.missing: dict[int, list[float]] = {}  # sequence -> [next NACK at, tries left]
        self.unrecovered = 0  # missing packets never asked for, or no longer, because they were too many
        self.assembler = vp8.FrameAssembler(keep_data=keep_data) if is_video else None
        self.pli_at = self.stalled_at = 0.0

    def lost(self) -> int:
        """Sequence numbers that never came."""
        return max(0, self.highest - self.base + 1 - self.received) if self.base >= 0 else 0

    def sequence(self, number: int, now: float) -> int:
        """Extends a 16-bit number, notes gaps and recoveries; counts the packet as received."""
        self.received += 1
        highest = self.highest
        if highest < 0:
            self.base = self.highest = number + 65536
            return self.highest
        extended = highest + ((number - highest + 32768) & 0xFFFF) - 32768
        if extended == highest + 1:
            self.highest = extended
        elif extended > highest:
            self._gap(highest + 1, extended, now)
            self.highest = extended
        else:
            self.missing.pop(extended, None)
            if extended < self.base:
                self.base = extended
        return extended

    def _gap(self, first: int, end: int, now: float) -> None:
        self.gaps += 1
        if end - first > RESTART_GAP:
            self.prior = (self.prior[0] + end - first, self.prior[1])
        if end - first > MAX_MISSING - len(self.missing):
            self.unrecovered += end - first + len(self.missing)
            self.missing.clear()
            if self.assembler is not None:
                self.assembler.broken = True
            return
        for number in range(first, end):
            self.missing[number] = [now + NACK_AFTER_S, NACK_TRIES]

    def due_nacks(self, now: float) -> list[int]:
        """Sequence numbers to ask for now; those asked NACK_TRIES times are forgotten."""
        due: list[int] = []
        for number, plan in list(self.missing.items()):
            if plan[0] > now:
                continue
            if plan[1] <= 0:
                del self.missing[number]
                continue
            plan[0], plan[1] = now + NACK_AGAIN_S, plan[1] - 1
            due.append(number & 0xFFFF)
        return due

    def report(self, now: float) -> rtcp.ReportBlock:
        """The RR block since the last call."""
        expected = self.highest - self.base + 1
        span, got = expected - self.prior[0], self.received - self.prior[1]
        self.prior = (expected, self.received)
        fraction = max(0, span - got) * 256 // span if span > 0 else 0
        delay = int((now - self.last_sr_at) * 65536) if self.last_sr else 0
        return rtcp.ReportBlock(
            self.ssrc, min(fraction, 255), self.lost(), self.highest, 0, self.last_sr, delay
        )


class _Retired:
    """What remains of streams that ended."""

    def __init__(self) -> None:
        self.received = self.lost = self.keyframes = self.frames = 0
        self.picture = PictureRule()
        self.windows = self.poor_windows = 0

    def add(self, stream: Stream) -> None:
        """A stream ended."""
        self.received += stream.received
        self.lost += stream.lost()
        if stream.assembler is not None:
            self.keyframes += stream.assembler.keyframes
            self.frames += stream.assembler.frames
        picture = stream.picture
        self.picture.since = max(self.picture.since, picture.since)
        self.picture.longest_gap_s = max(self.picture.longest_gap_s, picture.longest_gap_s)
        self.picture.freezes += picture.freezes
        self.picture.freeze_s += picture.freeze_s
        self.windows += stream.sound.windows
        self.poor_windows += stream.sound.poor_windows


class Receiver:
    """All streams of one connection and the verdict over picture and sound."""

    def __init__(self, ssrc: int, payload_types: dict[int, str], sink: FrameSink | None = None) -> None:
        self.ssrc = ssrc
        self.kinds = {number: kind == "video" for number, kind in payload_types.items()}
        self.streams: dict[int, Stream] = {}
        self.sink = sink
        self.ignored = 0
        self.attention = False  # a gap is open or a keyframe is awaited: `urgent` wants to be called
        self.first_media_at = 0.0  # monotonic; 0 before the first RTP packet
        self._arrivals = Arrivals()
        self._media_at = NEVER
        self._lulls: list[tuple[float, float]] = []
        self._retired = _Retired()
        self._due: dict[int, bool] = {}
        self._default = {True: False, False: False}  # by is_video, for SSRCs that no description names

    def rtp(self, data: bytearray | bytes, size: int, now: float) -> tuple[int, int] | None:
        """One decrypted RTP packet in data[:size]. Malformed ones are counted in `ignored`. Returns (ssrc,
        CRC-32 of the payload behind the VP8 descriptor) when it begins a keyframe."""
        if size < 12:
            self.ignored += 1
            return None
        _, second, number, timestamp, ssrc = _HEADER.unpack_from(data)
        if self._arrivals.id and self._arrivals.record(data, size, ssrc, now):
            self.attention = True
        stream = self.streams.get(ssrc)
        if stream is None:
            stream = self._new_stream(ssrc, second & 0x7F, now)
            if stream is None:
                self.ignored += 1
                return None
        if now - self._media_at > LULL_S:
            self._lull(now)
        self._media_at = now
        if stream.received == 0:
            stream.first_at = now
        elif now - stream.last_at > stream.longest_stall_s:
            stream.longest_stall_s = now - stream.last_at
        stream.last_at = now
        stream.bytes += size
        if number == (stream.highest + 1) & 0xFFFF and stream.highest >= 0:  # the usual case, inlined
            stream.highest = extended = stream.highest + 1
            stream.received += 1
        else:
            extended = stream.sequence(number, now)
            self.attention = True
        if stream.assembler is None:
            if size > 12:
                stream.sound.packet(now)
                if self.sink is not None:
                    offset, end = payload_bounds(data, size)
                    self.sink(ssrc, "audio", False, bytes(data[offset:end]))
            return None
        return self._video(stream, stream.assembler, data, size, extended, timestamp, now)

    @property
    def feedback_id(self) -> int:
        """The header extension of transport-wide numbers, 0 while none is negotiated."""
        return self._arrivals.id

    @feedback_id.setter
    def feedback_id(self, number: int) -> None:
        self._arrivals.id = number

    def take_arrivals(self) -> tuple[int, list[tuple[int, float]]]:
        """An SSRC, and what came since the last call, as TransportFeedback takes it. `attention` tells of the
        first that comes after a call that found none."""
        return self._arrivals.ssrc, self._arrivals.take()

    def _lull(self, now: float) -> None:
        """Nothing came for long, or nothing ever."""
        if self._media_at == NEVER:
            self.first_media_at = now
        elif any(self._default.values()) and len(self._lulls) < MAX_LULLS:
            self._lulls.append((self._media_at, now))

    def take_lulls(self) -> list[tuple[float, float]]:
        """Since the last call: times (from, to) of over LULL_S without a packet, though some were due."""
        lulls, self._lulls = self._lulls, []
        return lulls

    def _video(
        self,
        stream: Stream,
        assembler: vp8.FrameAssembler,
        data: bytearray | bytes,
        size: int,
        extended: int,
        timestamp: int,
        now: float,
    ) -> tuple[int, int] | None:
        first = data[0]
        offset, end = payload_bounds(data, size) if first & 0x30 else (12 + 4 * (first & 0xF), size)
        key = False
        if end <= offset:
            done = assembler.skip_padding(extended)
        else:
            start = data[offset] & 0x1F == 0x10
            key = start and vp8.is_keyframe(data, offset, end)
            payload = b""
            if assembler.keep_data:
                payload = bytes(data[offset + vp8.descriptor_size(data, offset, end) : end])
            done = assembler.push(extended, timestamp, start, data[1] > 127, key, payload)
        for is_key, frame in done:
            stream.picture.frame(is_key, now)
            if self.sink is not None:
                self.sink(stream.ssrc, "video", is_key, frame)
        if not key:
            return None
        return stream.ssrc, zlib.crc32(data[offset + vp8.descriptor_size(data, offset, end) : end])

    def _new_stream(self, ssrc: int, payload_type: int, now: float) -> Stream | None:
        is_video = self.kinds.get(payload_type)
        if is_video is None:
            return None
        if len(self.streams) >= MAX_STREAMS:
            self._retire(next(iter(self.streams)))
        stream = self.streams[ssrc] = Stream(ssrc, is_video, is_video and self.sink is not None)
        self._set_source(stream, now)
        return stream

    def _set_source(self, stream: Stream, now: float) -> None:
        active = self._due.get(stream.ssrc, self._default[stream.is_video])
        if stream.is_video:
            stream.picture.source(active, now)
        else:
            stream.sound.source(active, now)

    def _retire(self, ssrc: int) -> None:
        stream = self.streams.pop(ssrc, None)
        if stream is not None:
            self._retired.add(stream)

    def sources(self, due: Mapping[int, bool], video: bool, audio: bool, now: float) -> None:
        """Which SSRCs' tracks are announced and unmuted, as far as the session description names them (the
        first MAX_DUES count), and whether any picture or sound is, for those it does not name."""
        if (video or audio) and not any(self._default.values()) and self._media_at != NEVER:
            self._media_at = now
        self._due = dict(list(due.items())[:MAX_DUES])
        self._default = {True: video, False: audio}
        for stream in self.streams.values():
            self._set_source(stream, now)

    def duplicate(self, ssrc: int) -> None:
        """SRTP refused a packet that had come before."""
        stream = self.streams.get(ssrc)
        if stream is not None:
            stream.duplicates += 1

    def totals(self) -> tuple[int, int]:
        """RTP packets received (authenticated, without duplicates) and lost by sequence number."""
        received = self._retired.received + sum(s.received for s in self.streams.values())
        return received, self._retired.lost + sum(s.lost() for s in self.streams.values())

    def on_rtcp(self, feedback: Feedback, now: float) -> None:
        """Sender reports and BYEs of the sources."""
        for ssrc, ntp in feedback.reports:
            stream = self.streams.get(ssrc)
            if stream is not None:
                stream.last_sr, stream.last_sr_at = ntp, now
        for ssrc in feedback.byes:
            self._retire(ssrc)

    def verdict(self, now: float) -> Verdict:
        """The figures by now."""
        retired = self._retired
        pictures = [retired.picture, *(s.picture for s in self.streams.values() if s.is_video)]
        sounds = [s.sound for s in self.streams.values() if not s.is_video]
        for sound in sounds:
            sound.settle(now)
        windows = retired.windows + sum(s.windows for s in sounds)
        poor = retired.poor_windows + sum(s.poor_windows for s in sounds)
        assemblers = [s.assembler for s in self.streams.values() if s.assembler is not None]
        return Verdict(
            any(p.since >= 0 for p in pictures) and not any(p.broken(now) for p in pictures),
            windows > 0 and poor == 0,
            max(p.longest_gap_s for p in pictures),
            poor,
            retired.keyframes + sum(a.keyframes for a in assemblers),
            retired.frames + sum(a.frames for a in assemblers),
            sum(p.freezes for p in pictures),
            sum(p.freeze_s for p in pictures),
        )

    def figures(self) -> list[StreamFigures]:
        """Each stream that is still there."""
        return [
            StreamFigures(
                s.ssrc,
                "video" if s.is_video else "audio",
                s.received,
                s.bytes,
                s.highest,
                s.gaps,
                s.lost(),
                s.duplicates,
                s.first_at,
                s.last_at,
                s.longest_stall_s,
            )
            for s in self.streams.values()
        ]

    def urgent(self, now: float) -> bytes:
        """NACKs and PLIs due now, as one compound packet; empty when none. Settles `attention`."""
        packets: list[bytes] = []
        self.attention = False
        for stream in self.streams.values():
            due = stream.due_nacks(now) if stream.missing else []
            if due:
                packets.append(rtcp.build_nack(self.ssrc, stream.ssrc, due))
            if stream.assembler is not None and self._needs_keyframe(stream, now):
                stream.pli_at = now + PLI_EVERY_S
                packets.append(rtcp.build_pli(self.ssrc, stream.ssrc))
            waits = stream.assembler is not None and (
                stream.assembler.waiting
                or (stream.picture.active and (stream.assembler.broken or not stream.assembler.keyframes))
            )
            if stream.missing or waits:
                self.attention = True
        return rtcp.build_rr(self.ssrc, []) + b"".join(packets) if packets else b""

    def _needs_keyframe(self, stream: Stream, now: float) -> bool:
        assembler = stream.assembler
        if assembler is None or now < stream.pli_at or not stream.picture.active:
            return False  # an empty slot has no keyframe to give
        if assembler.keyframes == 0 or assembler.broken:
            return True
        if not assembler.waiting:
            stream.stalled_at = now
            return False
        return now - stream.stalled_at > STALLED_S

    def regular(self, now: float, cname: str) -> bytes:
        """The compound packet of each second: RR, SDES, REMB."""
        streams = [s for s in self.streams.values() if s.base >= 0]
        report = rtcp.build_rr(self.ssrc, [s.report(now) for s in streams])
        video = [s.ssrc for s in streams if s.is_video]
        told = not video or self._arrivals.heard  # the server estimates by itself
        estimate = b"" if told else rtcp.build_remb(self.ssrc, REMB_BPS, video)
        return report + rtcp.build_sdes(self.ssrc, cname) + estimate


def payload_bounds(data: bytearray | bytes, size: int) -> tuple[int, int]:
    """Offset and end of an RTP packet's payload (RFC 3550 5.1, 5.3.1); (size, size) when it is cut short."""
    first = data[0]
    offset = 12 + 4 * (first & 0x0F)
    if first & 0x10:
        if offset + 4 > size:
            return size, size
        offset += 4 + 4 * int.from_bytes(data[offset + 2 : offset + 4], "big")
    end = size - data[size - 1] if first & 0x20 else size
    return (offset, end) if 12 <= offset <= end else (size, size)
