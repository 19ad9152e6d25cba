"""A clip's track as an endless RTP stream: right times without drift, numbers that never jump; pure.

Shared by the studio (chair) and by simulated rooms that were granted the floor.
"""

from __future__ import annotations

import struct

from endpoints.clip.container import FLAG_KEY, FLAG_MARKER, FLAG_START, ClipTrack

MAX_BURST = 128  # packets handed out at once: a 720p keyframe, or what a short stall left behind
STALL_S = 1.0  # a thread that was away for longer does not send the past
RESTART_EVERY_S = 0.5  # 302 rooms may ask for a keyframe at once, one answers them all
_HEADER = struct.Struct("!BBHII")


class Replay:
    """`due(now)` gives (sequence number, RTP packet) pairs; `deadline()` says when the next is due.

    Times are the caller's monotonic seconds. Sequence numbers, timestamps and picture ids run on over loops,
    keyframe restarts, pauses; timestamps follow the clock exactly.
    """

    def __init__(self, track: ClipTrack, ssrc: int, payload_type: int, first: tuple[int, int, int]) -> None:
        """`first` are the random first sequence number, timestamp and picture id."""
        self.kind, self.ssrc = track.kind, ssrc
        self.clock_hz = track.clock_hz
        self.packets = self.octets = 0
        self.restarts = 0
        self._track = track
        self._payload_type = payload_type
        self._sequence, self._timestamp, self._picture_id = first[0] & 0xFFFF, first[1], first[2] & 0x7FFF
        self._origin = -1.0  # monotonic time of tick 0
        self._index = 0
        self._base = 0  # ticks at which the clip's present run began
        self._restart_after = 0.0
        self._keys = [i for i, p in enumerate(track.packets) if p.flags & FLAG_KEY]

    def start(self, now: float) -> None:
        """The first packet is due now. After a pause (`start` again) it goes on with a keyframe."""
        if self._origin < 0:
            self._origin = now
            return
        late = self._ticks(now) - (self._base + self._track.packets[self._index].timestamp)
        if late > 0:
            self._base += late
        self._to_keyframe()

    def _ticks(self, now: float) -> int:
        return int((now - self._origin) * self.clock_hz)

    def deadline(self) -> float:
        """When the next packet is due; inf before `start`."""
        if self._origin < 0:
            return float("inf")
        return self._origin + (self._base + self._track.packets[self._index].timestamp) / self.clock_hz

    def rtp_time(self, now: float) -> int:
        """The RTP timestamp of a moment, for sender reports."""
        return (self._timestamp + self._ticks(now)) & 0xFFFFFFFF

    def ask_keyframe(self, now: float) -> bool:
        """PLI: the clip restarts at its nearest keyframe with the next frame; False when that is too soon."""
        if self.kind != "video" or now < self._restart_after or self._origin < 0:
            return False
        self._restart_after = now + RESTART_EVERY_S
        if self._track.packets[self._index].flags & FLAG_KEY:
            return True
        self._finish_frame()
        self._to_keyframe()
        self.restarts += 1
        return True

    def _finish_frame(self) -> None:
        """Moves to a frame's first packet; `due` hands out whole frames, so this is where it stands."""
        assert self._track.packets[self._index].flags & FLAG_START  # `due` never stops inside a frame

    def _to_keyframe(self) -> None:
        """The keyframe before the present position takes the present frame's time."""
        packets = self._track.packets
        at = self._base + packets[self._index].timestamp
        key = max((k for k in self._keys if k <= self._index), default=0)
        self._base = at - packets[key].timestamp
        self._index = key

    def due(self, now: float) -> list[tuple[int, bytes]]:
        """Whole frames whose time has come, at most about MAX_BURST packets."""
        ready: list[tuple[int, bytes]] = []
        if self._origin < 0:
            return ready
        if now - self.deadline() > STALL_S:
            self._base += self._ticks(now) - (self._base + self._track.packets[self._index].timestamp)
        while len(ready) < MAX_BURST and self.deadline() <= now:
            self._frame(ready)
        return ready

    def _frame(self, ready: list[tuple[int, bytes]]) -> None:
        packets = self._track.packets
        video = self.kind == "video"
        if video:
            self._picture_id = (self._picture_id + 1) & 0x7FFF
        while True:
            packet = packets[self._index]
            timestamp = (self._timestamp + self._base + packet.timestamp) & 0xFFFFFFFF
            marker = 0x80 if packet.flags & FLAG_MARKER and video else 0
            header = _HEADER.pack(0x80, marker | self._payload_type, self._sequence, timestamp, self.ssrc)
            payload = packet.payload
            if video:
                payload = payload[:2] + struct.pack("!H", 0x8000 | self._picture_id) + payload[4:]
            ready.append((self._sequence, header + payload))
            self._sequence = (self._sequence + 1) & 0xFFFF
            self.packets += 1
            self.octets += len(payload)
            self._index += 1
            if self._index == len(packets):
                self._index = 0
                self._base += self._track.duration
            if packet.flags & FLAG_MARKER or packets[self._index].flags & FLAG_START:
                return
