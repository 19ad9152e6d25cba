"""The ends of the forwarding: what its parts know of each other, and where something else can plug in.

A `House` holds peers; a `Peer` publishes tracks; a `Track` has layers; a `Layer` gives its packets to each
`Copy`. A `Receiver` takes a track's packets without any transport (`UpTrack.attach`): a recorder, a test,
another relay.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.fanout import FanOut
from confhub.relay.forward.history import History
from confhub.relay.forward.lane import Edit, Lane
from confhub.relay.forward.levels import Meter
from confhub.relay.forward.reception import Reception, Repair
from confhub.relay.forward.specs import PayloadSpec, Quality, UpSpec
from confhub.relay.transport.path import SendPath
from confhub.relay.wire import rtcp
from confhub.relay.wire.rtp import Elements, RtpView


class Packet(NamedTuple):
    """One packet as a receiver gets it."""

    seq: int  # contiguous from 0 on, unwrapped, whatever layer or source it comes from
    timestamp: (
        int  # 32 bits, ticks of the codec's clock; at another layer or source it goes on by the time passed
    )
    is_marked: bool
    payload: bytes  # as published; b"" fills the place of what was left out or never comes
    codec: PayloadSpec
    arrival_s: float  # of the mux's clock


class Receiver(Protocol):
    """Takes a track without a transport.

    It is called on the relay's loop, between packets to everybody else: it must not block, and hands slow
    work to a thread or a task of its own. What it raises ends its own place and nobody else's.
    """

    def received(self, packet: Packet) -> None:
        """The next packet, in the order of forwarding: the first one of a picture is a keyframe's, also after
        a mute. One that was repaired comes late, under its own number."""

    def ended(self) -> None:
        """The track is unpublished: nothing comes any more. Not called after `Tap.close` or an error."""


class House(Protocol):
    """The room's router, as its peers see it."""

    wall: Callable[[], float]
    fanout: FanOut
    rng: random.Random

    def forget_peer(self, peer: Peer) -> None:
        """It is closed."""

    def note_publisher(self, peer: Peer) -> None:
        """It has begun or ended a track."""

    def wake(self, peer: Peer, now_s: float, at_s: float = 0.0) -> None:
        """Something of that peer is due then."""

    def hurry(self, now_s: float) -> None:
        """A gap was seen."""

    def report_soon(self, peer: Peer, now_s: float) -> None:
        """A copy of that peer began."""

    def flush_soon(self, peer: Peer, lanes: int, now_s: float) -> None:
        """A burst has begun in the fan-out."""

    def tell_wanted(self, track: Track, quality: Quality | None) -> None:
        """The wanted quality of a track changed."""

    def tell_starved(self, copy: Copy) -> None:
        """A picture was paused for the line's sake, or may come again."""


class Line(Protocol):
    """A peer's transport, as the forwarding sees it."""

    @property
    def is_connected(self) -> bool:
        """Can it send?"""

    def defer(self, call: Callable[[], None]) -> None:
        """Have that called when the datagrams being read are handled."""


class Peer(Protocol):
    """The media side of one transport, as its tracks, its copies and the router see it."""

    due_s: float
    path: SendPath
    fanout: FanOut
    is_closed: bool

    @property
    def router(self) -> House:
        """Where it lives."""

    @property
    def transport(self) -> Line:
        """What it sends by."""

    @property
    def tracks(self) -> Collection[Track]:
        """What it publishes."""

    def close(self) -> None:
        """All its tracks and copies end."""

    def wake(self, now_s: float) -> None:
        """Something changed."""

    def heard_again(self, now_s: float) -> None:
        """A layer of its tracks came to life."""

    def send(self, cargo: Cargo, now_s: float) -> None:
        """Give a packet of its tracks to the fan-out."""

    def send_rtcp(self, packet: bytes) -> None:
        """Send it a compound packet."""

    def source_timestamp(self, layer: Layer, now_s: float, clock_hz: int) -> int:
        """The RTP time a layer of it has at clock value `now_s`."""

    def learn_spec(self, track: Track) -> None:
        """Take what a description announces."""

    def forget_track(self, track: Track) -> None:
        """It is unpublished."""

    def forget_layer(self, layer: Layer) -> None:
        """Its ssrc means nothing any more."""

    def forget_copy(self, ssrc: int) -> None:
        """The copy of that ssrc is unsubscribed."""

    def may_retransmit(self, now_s: float) -> bool:
        """Takes one from the budget."""

    def report_soon(self, now_s: float) -> None:
        """A copy began or went to another source."""

    def report_now(self, now_s: float) -> None:
        """The sender reports, out of turn."""

    def repair(self, now_s: float) -> bool:
        """Send the NACKs that are due; True while something is missing."""

    def tick(self, now_s: float) -> float:
        """Do what is due; the clock value at which something is due again."""


class Track(Protocol):
    """What is published, as its layers, its copies and its peer see it."""

    owner: Any
    is_open: bool
    spec: UpSpec
    meter: Meter
    copies: dict[Copy, None]

    @property
    def peer(self) -> Peer:
        """Whose it is."""

    @property
    def layers(self) -> Mapping[int, Layer]:
        """By media ssrc."""

    @property
    def codecs(self) -> Collection[PayloadSpec]:
        """The media codecs it may send."""

    @property
    def codec_names(self) -> set[str]:
        """Names of the media codecs a copy must take."""

    def codec_of(self, pt: int) -> PayloadSpec | None:
        """The media codec of that payload type."""

    def repairs(self, pt: int) -> int | None:
        """What payload type a retransmission's one stands for."""

    def quality_of_rid(self, rid: str) -> Quality:
        """Of a simulcast stream."""

    def layer(self, ssrc: int, quality: Quality, now_s: float) -> Layer:
        """The layer of that ssrc, made when it is first seen."""

    def choices(self) -> Sequence[Layer]:
        """Everything a copy may be given, ascending by quality."""

    def best_layer(self, quality: Quality, now_s: float, codecs: Container[str]) -> Layer | None:
        """The one for that wish."""

    def copies_of(self, layer: Layer) -> Collection[Copy]:
        """Who gets that layer's packets now."""

    def layers_changed(self, now_s: float) -> None:
        """A layer came to life or went silent."""

    def tell_begun(self, now_s: float) -> None:
        """Copies that waited have begun."""


class Layer(Protocol):
    """One stream of a track, or a part of it, as copies and the peer see it."""

    ssrc: int
    quality: Quality
    is_video: bool
    codec: PayloadSpec | None
    reception: Reception
    repair: Repair
    history: History
    waiting: dict[Copy, None]
    top_seq: int
    top_timestamp: int
    top_arrival_s: float
    top_cargo: Cargo | None

    @property
    def track(self) -> Track:
        """Whose it is."""

    @property
    def stream(self) -> Layer:
        """What receives its packets: itself, or the stream it is a part of."""

    def receive(self, view: RtpView, data: bytes, elements: Elements, arrival_s: float) -> None:
        """One packet of this stream, in clear, and its header extensions."""

    def wait(self, copy: Copy, now_s: float) -> None:
        """That copy wants to begin here."""

    def ask_keyframe(self, now_s: float) -> None:
        """A subscriber cannot go on without one."""

    def add_lane(self, lane: Lane) -> None:
        """From the packet being handled on."""

    def drop_lane(self, lane: Lane) -> None:
        """Not any more."""

    def add_tap(self, tap: LayerTap) -> None:
        """From the packet being handled on."""

    def drop_tap(self, tap: LayerTap) -> None:
        """Not any more."""

    def any_edit(self) -> Edit | None:
        """How one of the present copies differs from it."""

    def repair_due(self, now_s: float) -> bytes:
        """The NACK to send now, or nothing."""

    def report(self, now_s: float) -> rtcp.ReportBlock:
        """The block for the publisher's receiver report."""


class LayerTap(Protocol):
    """Takes a layer's packets beside the fan-out."""

    def give(self, cargo: Cargo, arrival_s: float) -> None:
        """A packet is forwarded."""


class Copy(Protocol):
    """Whoever gets a track's packets, as the track and its layers see it."""

    quality: Quality
    cap: Quality
    is_paused: bool
    is_starved: bool

    @property
    def layer(self) -> Layer | None:
        """Whose packets it gets."""

    def leave(self) -> None:
        """Take no source any more."""

    def choose(self, now_s: float) -> None:
        """Find the layer for the quality wanted."""

    def rest(self, now_s: float) -> None:
        """The source fell silent or changed."""

    def begin(self, layer: Layer, cargo: Cargo, arrival_s: float) -> None:
        """`cargo` is the first packet from `layer`."""
