"""Number spaces hold whatever a publisher, a subscriber and the line do."""

import asyncio
import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.estimate import MIN_BPS, START_BPS, UplinkEstimator
from confhub.relay.forward.lane import Lane
from confhub.relay.forward.numbering import Numbering, Subset
from confhub.relay.forward.router import DownTrack, Quality, Router
from confhub.relay.transport.mux import UdpMux
from confhub.relay.wire import rtcp
from tests.unit.relay.driving import undriven
from tests.unit.relay.peerkit import Events
from tests.unit.relay.streams import Stream, simulcast_up, video_down, video_up


@given(st.integers(0, 65535), st.lists(st.sampled_from(["media", "probe", "lost", "late"]), max_size=200))
def test_clean_numbers_are_unique_in_order_and_without_gaps_of_probes(first: int, steps: list[str]) -> None:
    numbering, subset = Numbering(), Subset()
    clean: dict[int, int] = {}
    seq, held, lost = first, [], 0
    for step in steps:
        raw, is_new_start = numbering.extend(seq)
        assert not is_new_start
        assert numbering.wire(raw) == seq & 0xFFFF
        if step == "lost":
            lost += 1
        elif step == "late":
            held.append(raw)
        else:
            numbering.top = max(numbering.top, raw)
            number = subset.place(raw, step == "media")
            assert (number >= 0) == (step == "media")
            if step == "media":
                clean[raw] = number
        seq = (seq + 1) & 0xFFFF
        if numbering.top < 0:
            first = seq  # nothing came yet: the stream begins later
            held, lost = [], 0
    for raw in held:
        if 0 <= raw < numbering.top:
            clean[raw] = subset.place(raw, True)
            assert clean[raw] == subset.find(raw)
    ordered = [clean[raw] for raw in sorted(clean)]
    assert ordered == sorted(set(ordered))
    if not lost and ordered and numbering.top >= max(held, default=0):
        assert ordered == list(range(ordered[0], ordered[0] + len(ordered)))


@given(st.integers(0, 65535), st.integers(5000, 60000))
def test_a_new_start_goes_on_by_one(first: int, jump: int) -> None:
    numbering = Numbering()
    raw, _ = numbering.extend(first)
    numbering.top = raw
    after, is_new_start = numbering.extend((first + jump) & 0xFFFF)
    assert is_new_start
    assert after == raw + 1
    assert numbering.wire(after) == (first + jump) & 0xFFFF


def test_behind_a_gap_too_large_for_repair_nothing_late_has_a_number() -> None:
    subset = Subset()
    first = subset.place(1000, True)
    assert subset.place(1002, True) == first + 2
    assert subset.place(2500, True) == first + 1500
    assert [subset.place(raw, True) for raw in (1001, 1002, 2499)] == [-1, -1, -1]
    subset.skip(4000)
    assert subset.place(4000, True) == first + 1501
    assert subset.find(3999) == subset.find(2500) == -1


class Recorder:
    """A fan-out that keeps what it is given."""

    def __init__(self) -> None:
        self.burst: list[Cargo] = []
        self.sent: list[tuple[int, bytes]] = []  # (16-bit number, payload)

    def queue(self, cargo: Cargo) -> bool:
        self.burst.append(cargo)
        return len(self.burst) == 1

    def flush(self) -> None:
        burst, self.burst = self.burst, []
        for cargo in burst:
            for lane in cargo.lanes:
                self.send(cargo, lane)

    def send(self, cargo: Cargo, lane: Lane) -> None:
        cargo.abs_time = max(cargo.abs_time, 0)
        lane.packets += 1
        self.sent.append(((cargo.seq + lane.seq_add) & 0xFFFF, cargo.tail(lane.edit)[1]))

    def send_padding(self, lane: Lane, seq: int, timestamp: int) -> None:
        lane.packets += 1
        self.sent.append((seq & 0xFFFF, b""))


PACKETS = ["low", "high", "other", "low key", "high key", "other key", "low probe", "low lost", "high late"]
ACTIONS = [*PACKETS, "quality", "source", "pause", "resume", "gate", "open", "tick", "nack"]
_mux = UdpMux(now=time.monotonic)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(ACTIONS), max_size=120), st.randoms(use_true_random=False))
def test_a_number_is_never_used_for_two_texts_and_none_is_skipped(
    actions: list[str], rng: random.Random
) -> None:
    """AES-GCM breaks when one number protects two texts; a decoder stalls at a gap nobody can fill."""
    asyncio.run(_play(actions, rng))


async def _play(actions: list[str], rng: random.Random) -> None:
    now_s = 1000.0
    recorder = Recorder()
    router = undriven(recorder, rng=rng)
    transports = [_mux.new_transport(Events()) for _ in range(3)]
    for transport in transports:
        transport.state = "connected"
    one, two, viewer = (router.add_peer(transport) for transport in transports)
    simulcast, single = one.publish(simulcast_up(), now_s), two.publish(video_up(9), now_s)
    low, high = Stream(31, 96, rid="q", seq=65500), Stream(33, 96, rid="f", seq=9)
    streams = {"low": (one, low), "high": (one, high), "other": (two, Stream(9, 96, seq=40000))}
    down = viewer.subscribe(simulcast, video_down(viewer.new_ssrc()), now_s)
    late: list[bytes] = []
    has_loss = False
    for action in actions:
        now_s += 0.02
        name, _, how = action.partition(" ")
        if name in streams:
            peer, stream = streams[name]
            packet = (
                stream.probe() if how == "probe" else stream.picture(key=how == "key", body=rng.randbytes(6))
            )
            if how in ("lost", "late"):
                has_loss = True
                if how == "late":
                    late.append(packet)
            else:
                peer.on_rtp(packet, now_s)
                while late:
                    one.on_rtp(late.pop(), now_s)
            recorder.flush()
        else:
            _act(action, down, rng, simulcast if down.source is single else single, router, now_s)
    router.close()
    for transport in transports:
        _mux.forget(transport)
    texts: dict[int, bytes] = {}
    for number, text in recorder.sent:
        assert texts.setdefault(number, text) == text
    firsts = list(dict.fromkeys(number for number, _ in recorder.sent))
    if firsts and not has_loss:
        assert firsts == [(firsts[0] + n) & 0xFFFF for n in range(len(firsts))]


def _act(
    action: str, down: DownTrack, rng: random.Random, other: object, router: Router, now_s: float
) -> None:
    match action:
        case "quality":
            down.set_quality(rng.choice(list(Quality)), now_s)
        case "source":
            down.point_at(other, now_s)  # type: ignore[arg-type]
        case "pause":
            down.pause()
        case "resume":
            down.resume(now_s)
        case "gate" | "open":
            if down.source is not None:
                down.source.gate(action == "open", now_s)
        case "tick":
            router.tick(now_s)
        case "nack":
            top = down.top_out
            down.peer.on_rtcp(
                rtcp.build_nack(1, down.spec.ssrc, [(top - n) & 0xFFFF for n in range(9, -1, -1)]), now_s
            )


def test_the_uplink_estimate_follows_loss_queues_and_use() -> None:
    estimator = UplinkEstimator()
    assert estimator.second(0, 0.0) == START_BPS
    grown = [estimator.second(estimator.bitrate_bps, 0.0) for _ in range(10)]
    assert grown == sorted(grown)
    assert grown[-1] > 1.5 * START_BPS
    lossy = estimator.second(grown[-1], 0.3)
    assert lossy < 0.9 * grown[-1]
    for second in range(10):
        estimator.packet(second * 262144 & 0xFFFFFF, second + 0.010)
        steady = estimator.second(1_000_000, 0.05)
    assert steady == lossy
    estimator.packet(10 * 262144, 10.2)
    assert estimator.second(1_000_000, 0.0) == 850_000
    for _ in range(40):
        estimator.second(1000, 0.9)
    assert estimator.bitrate_bps == MIN_BPS
