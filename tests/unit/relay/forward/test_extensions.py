"""Header extensions of a received packet: for its source, its delay and its copies, read once."""

import pytest

from confhub.relay.wire import rtp
from tests.unit.relay.offline import Offline
from tests.unit.relay.streams import Stream, simulcast_up, video_down


async def test_a_packets_extensions_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Offline()
    publisher, viewer = line.peer(), line.peer()
    down = viewer.subscribe(
        publisher.publish(simulcast_up(), line.now_s), video_down(viewer.new_ssrc()), line.now_s
    )
    stream, read = Stream(31, 96, rid="q"), rtp.extensions
    seen: list[bytes] = []

    def counted(data: bytes, view: rtp.RtpView) -> list[tuple[int, bytes]]:
        seen.append(data)
        return read(data, view)

    monkeypatch.setattr(rtp, "extensions", counted)
    packets = [stream.picture(key=True), stream.picture()]
    for packet in packets:
        line.feed(publisher, packet)
    assert seen == packets
    assert len(line.got(down.spec.ssrc)) == 2
    line.close()
