"""Packets of made-up streams, and the specs that go with them."""

from __future__ import annotations

from confhub.relay.forward.specs import (
    ABS_SEND_TIME_URI,
    AUDIO_LEVEL_URI,
    MID_URI,
    RID_URI,
    DownSpec,
    PayloadSpec,
    UpSpec,
)
from confhub.relay.wire import rtp

VIDEO_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")
UP_EXTENSIONS = {1: AUDIO_LEVEL_URI, 2: ABS_SEND_TIME_URI, 4: MID_URI, 10: RID_URI}
DOWN_EXTENSIONS = {3: ABS_SEND_TIME_URI, 5: AUDIO_LEVEL_URI}


def audio_up(ssrc: int = 1111) -> UpSpec:
    return UpSpec("TR_audio", "audio", "0", [PayloadSpec(111, "opus", 48000)], UP_EXTENSIONS, ssrcs=[ssrc])


def video_up(ssrc: int = 2222, name: str = "vp8") -> UpSpec:
    payload = PayloadSpec(96, name, 90000, VIDEO_FEEDBACK)
    return UpSpec("TR_video", "video", "1", [payload], UP_EXTENSIONS, ssrcs=[ssrc])


def simulcast_up() -> UpSpec:
    payload = PayloadSpec(96, "vp8", 90000, VIDEO_FEEDBACK)
    return UpSpec("TR_sim", "video", "1", [payload], UP_EXTENSIONS, rids=["q", "h", "f"])


def audio_down(ssrc: int) -> DownSpec:
    return DownSpec(ssrc, [PayloadSpec(63, "opus", 48000)], DOWN_EXTENSIONS, "somebody")


def video_down(ssrc: int, name: str = "vp8") -> DownSpec:
    return DownSpec(ssrc, [PayloadSpec(120, name, 90000, VIDEO_FEEDBACK)], DOWN_EXTENSIONS, "somebody")


class Stream:
    """Numbers packets as an encoder does."""

    def __init__(
        self,
        ssrc: int,
        pt: int,
        *,
        seq: int = 65530,
        timestamp: int = 4294967000,
        rid: str = "",
        step: int = 3000,
    ) -> None:
        self.ssrc, self.pt, self.seq, self.timestamp, self.rid, self.step = (
            ssrc,
            pt,
            seq,
            timestamp,
            rid,
            step,
        )
        self.picture_id = 32766
        self.tl0 = 254
        self.keyidx = 31

    def packet(self, payload: bytes, *, level: int | None = None, marker: bool = True) -> bytes:
        elements: list[tuple[int, bytes]] = []
        if level is not None:
            elements.append((1, bytes((0x80 | level,))))
        if self.rid:
            elements += [(4, b"1"), (10, self.rid.encode())]
        extension = rtp.pack_extensions(elements)
        packet = rtp.build(
            pt=self.pt,
            seq=self.seq,
            timestamp=self.timestamp,
            ssrc=self.ssrc,
            payload=payload,
            marker=marker,
            extension=extension,
        )
        self.seq = (self.seq + 1) & 0xFFFF
        self.timestamp = (self.timestamp + self.step) & 0xFFFFFFFF
        return packet

    def picture(self, *, key: bool = False, body: bytes = b"picture") -> bytes:
        """A VP8 frame in one packet: descriptor with picture id, TL0PICIDX, TID and KEYIDX."""
        self.picture_id = (self.picture_id + 1) & 0x7FFF
        self.tl0 = (self.tl0 + 1) & 0xFF
        if key:
            self.keyidx = (self.keyidx + 1) & 0x1F
        descriptor = bytes(
            (0x90, 0xF0, 0x80 | self.picture_id >> 8, self.picture_id & 0xFF, self.tl0, self.keyidx)
        )
        return self.packet(descriptor + (b"\x10" if key else b"\x11") + body)

    def probe(self) -> bytes:
        """A packet without a payload."""
        return self.packet(b"")
