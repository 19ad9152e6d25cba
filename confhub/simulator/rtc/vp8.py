"""VP8 over RTP (RFC 7741): the payload descriptor, and whole frames from packets without decoding them."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_PENDING = 512  # packets beyond an open gap that are kept; a 720p keyframe has about a hundred
MAX_DESCRIPTOR_BYTES = 6  # X, 15-bit picture id, TL0PICIDX, TID/KEYIDX

_PADDING = -1  # the timestamp of a packet that carries nothing


def descriptor_size(payload: bytes | bytearray | memoryview, offset: int, end: int) -> int:
    """Bytes of the payload descriptor at `offset`, 0 when payload[offset:end] is cut short."""
    if offset >= end:
        return 0
    size = 1
    if payload[offset] & 0x80:  # X
        if offset + 1 >= end:
            return 0
        extension = payload[offset + 1]
        size = 2
        if extension & 0x80:  # I
            if offset + size >= end:
                return 0
            size += 2 if payload[offset + size] & 0x80 else 1
        if extension & 0x40:  # L
            size += 1
        if extension & 0x30:  # T or K
            size += 1
    return size if offset + size <= end else 0


def starts_frame(payload: bytes | bytearray | memoryview, offset: int) -> bool:
    """S set and partition 0: the first packet of a frame."""
    return payload[offset] & 0x1F == 0x10


def is_keyframe(payload: bytes | bytearray | memoryview, offset: int, end: int) -> bool:
    """Whether a frame's first packet at `offset` begins a keyframe: inverse P bit and the start code 9d 01
    2a."""
    if not starts_frame(payload, offset):
        return False
    at = offset + descriptor_size(payload, offset, end)
    return (
        at > offset
        and at + 10 <= end
        and not payload[at] & 1
        and payload[at + 3] == 0x9D
        and payload[at + 4] == 0x01
        and payload[at + 5] == 0x2A
    )


@dataclass(slots=True)
class _Packet:
    timestamp: int
    start: bool
    marker: bool
    key: bool
    data: bytes


@dataclass(slots=True)
class FrameAssembler:
    """Counts complete frames: an unbroken run of packets of one timestamp from a start to a marker.

    `push` is called once a packet with the extended sequence number; in order it costs a few comparisons.
    After a gap packets wait for the retransmission; a keyframe that is complete ends the waiting. `broken`:
    more was lost than is asked for again, so that only a keyframe can go on.
    """

    keep_data: bool = False
    frames: int = 0
    keyframes: int = 0
    broken: bool = False
    waiting: dict[int, _Packet] = field(default_factory=dict)
    _next: int = -1
    _timestamp: int = -1
    _open: bool = False
    _key: bool = False
    _chunks: list[bytes] = field(default_factory=list)

    def push(
        self, sequence: int, timestamp: int, start: bool, marker: bool, key: bool, data: bytes = b""
    ) -> list[tuple[bool, bytes]]:
        """The frames that this packet completed, as (is keyframe, payload if `keep_data`)."""
        if sequence != self._next and self._next >= 0:
            if sequence < self._next:
                return []
            if sequence - self._next < MAX_PENDING:
                self.waiting[sequence] = _Packet(timestamp, start, marker, key, data)
                return self._skip_to_keyframe() if marker or key else []
            self.waiting.clear()  # the gap will not be filled any more: begin again here
            self._open, self.broken = False, True
        done = self._take(sequence, timestamp, start, marker, key, data)
        return done + self._drain() if self.waiting else done

    def _take(
        self, sequence: int, timestamp: int, start: bool, marker: bool, key: bool, data: bytes
    ) -> list[tuple[bool, bytes]]:
        self._next = sequence + 1
        if start:
            self.broken = self.broken and not key
            self._open, self._timestamp, self._key = not self.broken, timestamp, key
            self._chunks.clear()
        elif timestamp != self._timestamp:
            self._open = False
        if not self._open:
            return []
        if self.keep_data:
            self._chunks.append(data)
        if not marker:
            return []
        self._open = False
        self.frames += 1
        self.keyframes += self._key
        return [(self._key, b"".join(self._chunks))]

    def _drain(self) -> list[tuple[bool, bytes]]:
        done: list[tuple[bool, bytes]] = []
        while (packet := self.waiting.pop(self._next, None)) is not None:
            if packet.timestamp == _PADDING:
                self._next += 1
                continue
            done += self._take(
                self._next, packet.timestamp, packet.start, packet.marker, packet.key, packet.data
            )
        return done

    def _skip_to_keyframe(self) -> list[tuple[bool, bytes]]:
        """Leaves an open gap behind when a whole keyframe waits beyond it."""
        for first in sorted(s for s, p in self.waiting.items() if p.key):
            last = first
            while (packet := self.waiting.get(last)) is not None and not packet.marker:
                last += 1
            if packet is not None:
                self._drop_before(first)
                return self._drain()
        return []

    def _drop_before(self, sequence: int) -> None:
        for old in [s for s in self.waiting if s < sequence]:
            del self.waiting[old]
        self._next, self._open = sequence, False

    def skip_padding(self, sequence: int) -> list[tuple[bool, bytes]]:
        """A packet without payload (a bandwidth probe) holds its place in the sequence and nothing else."""
        if sequence == self._next:
            self._next += 1
            return self._drain() if self.waiting else []
        if self._next >= 0 and 0 < sequence - self._next < MAX_PENDING:
            self.waiting[sequence] = _Packet(_PADDING, False, False, False, b"")
        return []
