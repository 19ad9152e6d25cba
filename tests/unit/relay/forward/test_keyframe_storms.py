"""A viewer that asks for keyframes all the time: the source, and so the others, hears it once a second."""

import time

import pytest

from confhub.relay.forward.limits import PLI_BURST, PLI_PER_S
from tests.plugins.media_plane import Join
from tests.unit.relay.streams import Stream, video_down, video_up

pytestmark = pytest.mark.sockets


async def test_a_storm_of_requests_reaches_the_source_once_a_second(join: Join) -> None:
    publisher, bad, good = await join(), await join(), await join()
    track = publisher.peer.publish(video_up(), time.monotonic())
    stream = Stream(2222, 96)
    publisher.client.send_rtp(stream.picture(key=True))
    asked: list[float] = []
    down = bad.peer.subscribe(track, video_down(bad.peer.new_ssrc()), time.monotonic())
    other = good.peer.subscribe(track, video_down(good.peer.new_ssrc()), time.monotonic())
    publisher.client.send_rtp(stream.picture(key=True, body=b"seen"))
    await bad.client.media(1)
    await good.client.media(1)
    assert down.layer is not None
    down.layer.ask_keyframe = asked.append  # type: ignore[method-assign]
    for tenth in range(200):
        down.on_pli(1_000 + tenth / 10)
    assert len(asked) <= PLI_BURST + 20 * PLI_PER_S
    other.on_pli(1_020.0)  # whoever asks for the first time is heard
    assert asked[-1] == 1_020.0
