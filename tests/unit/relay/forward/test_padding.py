"""Probes in the media stream, lost on the way: nobody waits for what is never sent again."""

from __future__ import annotations

from confhub.relay.forward.limits import NACK_MAX_AGE_S
from confhub.relay.forward.router import DownTrack, MediaPeer, UpTrack
from confhub.relay.wire import rtp
from tests.unit.relay.offline import Offline, Sent
from tests.unit.relay.streams import Stream, video_down, video_up


class Show:
    """One publisher of VP8, one viewer."""

    def __init__(self) -> None:
        self.line = Offline()
        self.publisher: MediaPeer = self.line.peer()
        self.track: UpTrack = self.publisher.publish(video_up(), self.line.now_s)
        viewer = self.line.peer()
        self.copy: DownTrack = viewer.subscribe(self.track, video_down(viewer.new_ssrc()), self.line.now_s)
        self.stream = Stream(2222, 96)

    def probe(self) -> bytes:
        """Padding behind the last picture, with its time."""
        packet = rtp.build(
            pt=96,
            seq=self.stream.seq,
            timestamp=self.stream.timestamp - self.stream.step,
            ssrc=2222,
            payload=b"",
        )
        self.stream.seq = (self.stream.seq + 1) & 0xFFFF
        return packet

    def feed(self, *packets: bytes) -> None:
        for packet in packets:
            self.line.feed(self.publisher, packet)

    def missing(self) -> int:
        """How many numbers are asked for, a while later."""
        self.line.now_s += 0.05
        before = self.track.stats().nacks
        self.publisher.repair(self.line.now_s)
        return self.track.stats().nacks - before

    def got(self) -> list[Sent]:
        return self.line.got(self.copy.spec.ssrc)

    def numbers(self) -> list[int]:
        sent = self.got()
        return [packet.seq - sent[0].seq for packet in sent]


async def test_padding_lost_between_padding_is_not_missed() -> None:
    show = Show()
    show.feed(show.stream.picture(key=True), show.probe())
    lost = [show.probe() for _ in range(5)]
    show.feed(show.probe(), show.stream.picture())
    assert show.missing() == 0
    assert show.numbers() == [0, 1]
    show.feed(lost[2])  # merely late
    assert show.numbers() == [0, 1]
    show.line.close()


async def test_padding_lost_before_the_next_picture_is_known_by_picture_ids() -> None:
    show = Show()
    show.feed(show.stream.picture(key=True))
    show.probe()
    show.probe()
    show.feed(show.stream.picture(), show.stream.picture())
    assert show.missing() == 0
    assert show.numbers() == [0, 1, 2]
    show.line.close()


async def test_a_lost_picture_is_asked_for_and_takes_its_place() -> None:
    show = Show()
    show.feed(show.stream.picture(key=True))
    lost = show.stream.picture()
    show.feed(show.probe(), show.stream.picture())
    assert show.missing() == 1
    show.feed(lost)
    assert show.numbers() == [0, 2, 1]
    assert show.missing() == 0
    show.line.close()


async def test_a_late_picture_behind_many_probes_keeps_its_place() -> None:
    """More probes than media may lie between a lost packet and its retransmission."""
    show = Show()
    show.feed(show.stream.picture(key=True))
    lost = show.stream.picture(body=b"late")
    show.feed(show.stream.picture(), *[show.probe() for _ in range(300)], show.stream.picture())
    show.feed(lost)
    assert show.numbers() == [0, 2, 3, 1]
    assert show.got()[-1].payload.endswith(b"late")
    show.line.close()


async def test_what_never_comes_is_replaced_and_a_keyframe_asked_for() -> None:
    show = Show()
    show.feed(show.stream.picture(key=True))
    show.stream.picture()
    show.feed(show.stream.picture())
    assert show.missing() == 1
    asked = show.track.stats().plis
    show.line.now_s += NACK_MAX_AGE_S
    assert show.missing() == 0
    assert show.track.stats().plis == asked + 1
    show.line.recorder.flush()
    assert show.numbers() == [0, 2, 1]
    assert show.got()[-1].payload == b""
    show.line.close()
