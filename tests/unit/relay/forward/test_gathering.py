"""Bursts to many subscribers wait for the packets right behind them, those to few do not."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from confhub.relay.forward import router as routing
from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.fanout import FanOut
from confhub.relay.forward.lane import Lane
from confhub.relay.forward.router import Router
from confhub.relay.forward.twins import new_fanout
from confhub.relay.transport.mux import UdpMux
from tests.plugins.media_plane import Join
from tests.unit.relay.driving import driven
from tests.unit.relay.streams import Stream, audio_down, audio_up

pytestmark = pytest.mark.sockets


class Counted:
    """A fan-out that tells how large its bursts were."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._fanout: FanOut = new_fanout(now)
        self._waiting = 0
        self.bursts: list[int] = []

    def queue(self, cargo: Cargo) -> bool:
        self._waiting += 1
        return self._fanout.queue(cargo)

    def flush(self) -> None:
        if self._waiting:
            self.bursts.append(self._waiting)
        self._waiting = 0
        self._fanout.flush()

    def send(self, cargo: Cargo, lane: Lane) -> None:
        self._fanout.send(cargo, lane)

    def send_padding(self, lane: Lane, seq: int, timestamp: int) -> None:
        self._fanout.send_padding(lane, seq, timestamp)


@pytest.fixture
async def counted() -> Counted:
    return Counted(time.monotonic)


@pytest.fixture
async def router(mux: UdpMux, counted: Counted) -> Router:
    return driven(mux, counted)


@pytest.mark.parametrize("subscribers_of_many", [1, 2])
async def test_packets_right_behind_each_other_share_a_burst_where_there_are_many_lanes(
    join: Join, router: Router, counted: Counted, monkeypatch: pytest.MonkeyPatch, subscribers_of_many: int
) -> None:
    monkeypatch.setattr(routing, "GATHER_LANES", subscribers_of_many)
    monkeypatch.setattr(routing, "GATHER_S", 0.2)
    publisher, subscriber = await join(), await join()
    source = publisher.peer.publish(audio_up(), time.monotonic())
    subscriber.peer.subscribe(source, audio_down(77), time.monotonic())
    stream = Stream(1111, 111, step=960)
    publisher.client.send_rtp(stream.packet(b"first"))
    await subscriber.client.until(lambda: b"first" in subscriber.client.payloads())
    counted.bursts.clear()
    for index in range(5):
        publisher.client.send_rtp(stream.packet(b"%d" % index))
        await subscriber.client.check(subscriber.transport.ice_ufrag, subscriber.transport.ice_pwd)
    await subscriber.client.until(lambda: b"4" in subscriber.client.payloads())
    assert subscriber.client.payloads()[-5:] == [b"0", b"1", b"2", b"3", b"4"]
    assert sum(counted.bursts) == 5
    assert (len(counted.bursts) < 5) == (subscribers_of_many == 1)
    router.close()
