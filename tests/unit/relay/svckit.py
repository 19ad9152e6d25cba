"""Streams with three spatial layers as libwebrtc writes them (mode L3T3_KEY), VP9 and AV1."""

from __future__ import annotations

from confhub.relay.forward.specs import (
    ABS_SEND_TIME_URI,
    DEPENDENCY_DESCRIPTOR_URI,
    DownSpec,
    PayloadSpec,
    UpSpec,
)
from confhub.relay.wire import rtp
from tests.unit.relay.streams import VIDEO_FEEDBACK

DESCRIPTOR_ID = 12
KEY_DESCRIPTOR = bytes.fromhex(
    "c0000180081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b5524906d54"
    "923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf"
)
"""Of an AV1 keyframe, as a libwebrtc client sent it."""
KEY_TEMPLATES, DELTA_TEMPLATES = (0, 5, 10), (3, 8, 13)
"""By spatial id, in that structure."""


def up(name: str, ssrc: int, layers: int = 3) -> UpSpec:
    payload = PayloadSpec(98, name, 90000, VIDEO_FEEDBACK)
    extensions = {DESCRIPTOR_ID: DEPENDENCY_DESCRIPTOR_URI}
    return UpSpec(f"TR_{name}", "video", "1", [payload], extensions, ssrcs=[ssrc], spatial_layers=layers)


def down(name: str, ssrc: int) -> DownSpec:
    payload = PayloadSpec(45, name, 90000, VIDEO_FEEDBACK)
    return DownSpec(ssrc, [payload], {3: ABS_SEND_TIME_URI, 7: DEPENDENCY_DESCRIPTOR_URI}, "somebody")


class SvcEncoder:
    """Each picture is a list of packets; the body tells picture, layer and part: b"4.1.0"."""

    def __init__(self, name: str, ssrc: int, seq: int = 65500) -> None:
        self.name, self.ssrc, self.seq = name, ssrc, seq
        self.timestamp = 4294960000
        self.pictures = 0
        self.picture_id = 32760
        self.frame_number = 65530

    def picture(self, *, key: bool = False, layers: int = 3, parts: int = 2) -> list[bytes]:
        packets = []
        self.picture_id = (self.picture_id + 1) & 0x7FFF
        for sid in range(layers):
            self.frame_number = (self.frame_number + 1) & 0xFFFF
            for part in range(parts):
                is_last = part == parts - 1
                body = b"%d.%d.%d" % (self.pictures, sid, part)
                payload, extension = self._write(key, sid, layers, part == 0, is_last, body)
                packet = rtp.build(
                    pt=98,
                    seq=self.seq,
                    timestamp=self.timestamp,
                    ssrc=self.ssrc,
                    payload=payload,
                    marker=is_last and sid == layers - 1,
                    extension=extension,
                )
                packets.append(packet)
                self.seq = (self.seq + 1) & 0xFFFF
        self.pictures += 1
        self.timestamp = (self.timestamp + 6000) & 0xFFFFFFFF
        return packets

    def _write(
        self, key: bool, sid: int, layers: int, first: bool, last: bool, body: bytes
    ) -> tuple[bytes, bytes]:
        return (
            self._vp9(key, sid, layers, first, last, body)
            if self.name == "vp9"
            else self._av1(key, sid, first, last, body)
        )

    def _vp9(
        self, key: bool, sid: int, layers: int, first: bool, last: bool, body: bytes
    ) -> tuple[bytes, bytes]:
        has_structure = key and sid == 0 and first
        flags = 0xB0 | (0 if key else 0x40) | (0x08 if first else 0) | (0x04 if last else 0)
        payload = bytes(
            (flags | (0x02 if has_structure else 0), 0x80 | self.picture_id >> 8, self.picture_id & 0xFF)
        )
        payload += bytes((sid << 1 | (1 if key and sid else 0),))
        if not key:
            payload += b"\x02"  # one picture back
        if has_structure:
            payload += bytes(((layers - 1) << 5,))
        return payload + body, b""

    def _av1(self, key: bool, sid: int, first: bool, last: bool, body: bytes) -> tuple[bytes, bytes]:
        template = (KEY_TEMPLATES if key else DELTA_TEMPLATES)[sid]
        value = bytes(((0x80 if first else 0) | (0x40 if last else 0) | template,))
        value += self.frame_number.to_bytes(2, "big")
        if key and sid == 0 and first:
            value += KEY_DESCRIPTOR[3:]
        return b"\x10" + body, rtp.pack_extensions([(DESCRIPTOR_ID, value)])


def body(payload: bytes) -> bytes:
    """What the encoder wrote behind the descriptors; nothing for a filler."""
    start = len(payload)
    while start and payload[start - 1 : start] in b"0123456789.":
        start -= 1
    return payload[start:]
