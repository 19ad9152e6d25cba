"""A room without a loop and without a socket: time is a number, and whoever is due is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from livekit.protocol import models

from confhub.relay.forward.limits import KEYFRAME_RETRY_S, LAYER_STALE_S, REPAIR_DELAY_S, TICK_S
from confhub.relay.forward.router import MediaPeer, UpTrack
from confhub.relay.forward.specs import Quality, UpSpec
from confhub.relay.room import limits, people
from confhub.relay.room.participant import Host, Participant, State
from confhub.relay.room.permission import Permission
from confhub.relay.room.room import Room, RoomOptions
from confhub.relay.room.stage.slot import Slot
from confhub.relay.room.tracks import publishing, subscribing
from confhub.relay.room.tracks.publication import Publication
from confhub.relay.transport.mux import UdpMux
from confhub.relay.transport.peer import PeerTransport
from confhub.relay.transport.turns import NEVER, Timed, Turns
from confhub.relay.wire.tokens import Grants
from tests.plugins.media_room import KeptEvents, KeptLink
from tests.unit.relay.offline import Recorder, Sent
from tests.unit.relay.peerkit import Events
from tests.unit.relay.streams import Stream, audio_down, audio_up, simulcast_up, video_down, video_up


class HandTurns:
    """In place of the loop's timer."""

    def __init__(self) -> None:
        self.known: dict[Timed, None] = {}

    def look(self, timed: Timed) -> None:
        self.known[timed] = None

    def drop(self, timed: Timed) -> None:
        self.known.pop(timed, None)


@dataclass
class Seat:
    who: Participant
    link: KeptLink
    peer: MediaPeer
    streams: dict[str, Stream] = field(default_factory=dict)


class Played:
    """The room, and the clock that moves when a test moves it."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.turns = HandTurns()
        self.mux = UdpMux(now=self.now)
        self.mux.turns = cast(Turns, self.turns)
        host = Host(self.now, self.now, self.mux, KeptEvents(), {"key": "s" * 32}, "RI_test")
        self.room = Room(host, "hall", RoomOptions())
        self.recorder = Recorder()
        self.room.router.fanout = self.recorder
        self._transports: list[PeerTransport] = []

    def now(self) -> float:
        return self.now_s

    @property
    def deadline(self) -> float:
        return min((timed.deadline for timed in self.turns.known), default=NEVER)

    def until(self, at_s: float) -> None:
        """Time passes; everybody has a turn when it is due."""
        while self.deadline <= at_s:
            self.now_s = max(self.now_s, self.deadline)
            for timed in list(self.turns.known):
                if timed.deadline <= self.now_s:
                    timed.turn(self.now_s)
        self.now_s = at_s

    def passes(self, seconds: float) -> None:
        self.until(self.now_s + seconds)

    def sit(self, identity: str, *, speaker: bool = False) -> Seat:
        """Connected, and subscribed to every slot."""
        attributes = {"confhub.view": "stage"}
        grants = Grants(key="key", identity=identity, room="hall", room_join=True, attributes=attributes)
        who, link = Participant(grants, models.ClientInfo(), 0), KeptLink()
        who.link = link
        people.set_permission(who, Permission(can_publish=speaker))
        self.room.admit(who)
        who.state = State.ACTIVE
        who.touch()
        transport = self.mux.new_transport(Events())
        self._transports.append(transport)
        transport.state = "connected"
        peer = self.room.router.add_peer(transport)
        subscribing.reconcile_viewer(who)
        for subscription in who.subscriptions.values():
            publication = subscription.publication
            spec = (video_down if publication.kind == "video" else audio_down)(peer.new_ssrc())
            subscription.down = peer.subscribe(publication.source_for(who), spec, self.now_s)
            subscription.apply(self.now_s)
        return Seat(who, link, peer)

    def publish(self, seat: Seat, spec: UpSpec, ssrc: int) -> UpTrack:
        is_video = spec.kind == "video"
        info = models.TrackInfo(sid=f"TR_{seat.who.identity}_{spec.kind}")
        info.type = models.TrackType.VIDEO if is_video else models.TrackType.AUDIO
        info.source = models.TrackSource.CAMERA if is_video else models.TrackSource.MICROPHONE
        info.codecs.append(models.SimulcastCodecInfo())
        publication = Publication(seat.who, info, [spec.kind])
        up = seat.peer.publish(spec, self.now_s, publication)
        publishing.attach(seat.who, publication, up, "1", "video/VP8" if is_video else "audio/opus")
        seat.streams[spec.kind] = Stream(ssrc, 96 if is_video else 111, step=3000 if is_video else 960)
        return up

    def gives(self, seat: Seat, packet: bytes) -> None:
        """One packet, as if a socket had brought it."""
        self.mux._in_burst = True
        seat.peer.on_rtp(packet, self.now_s)
        self.mux._in_burst = False
        self.mux._run_deferred()

    def shows(self, seat: Seat, body: bytes, *, key: bool = False) -> None:
        self.gives(seat, seat.streams["video"].picture(key=key, body=body))

    def says(self, seat: Seat, body: bytes) -> None:
        self.gives(seat, seat.streams["audio"].packet(body))

    def speaker(self, number: int) -> Seat:
        """With a camera and a microphone."""
        seat = self.sit(f"room:{number}", speaker=True)
        self.publish(seat, video_up(100 + number), 100 + number)
        self.publish(seat, audio_up(200 + number), 200 + number)
        return seat

    def got(self, seat: Seat, sid: str) -> list[Sent]:
        down = seat.who.subscriptions[sid].down
        assert down is not None
        return self.recorder.sent.get(down.spec.ssrc, [])

    def seen(self, seat: Seat, slot: Slot) -> list[bytes]:
        return [sent.payload[7:] for sent in self.got(seat, slot.picture.sid) if sent.payload]

    def heard(self, seat: Seat, slot: Slot) -> list[bytes]:
        return [s.payload for s in self.got(seat, slot.sound.sid) if s.payload != b"\xf8\xff\xfe"]

    def close(self) -> None:
        self.room.router.close()
        for transport in self._transports:
            self.mux.forget(transport)


@pytest.fixture
def played() -> Iterator[Played]:
    played = Played()
    yield played
    played.close()


def slot_of(played: Played, name: str = "speaker") -> Slot:
    slot = played.room.slots.get(name)
    assert slot is not None
    return slot


def up_of(seat: Seat, kind: str) -> UpTrack:
    up = next(p.up for p in seat.who.publications.values() if p.kind == kind)
    assert up is not None
    return up


def test_a_keyframe_that_does_not_come_is_asked_for_again_and_nothing_flows_before_it(
    played: Played,
) -> None:
    slot, viewer = slot_of(played), played.sit("room:v")
    speaker = played.speaker(1)
    track = up_of(speaker, "video")
    played.shows(speaker, b"0")
    slot.point("room:1", played.now_s)
    assert track.stats().plis == 1
    asked_s = played.now_s
    played.until(asked_s + KEYFRAME_RETRY_S - TICK_S)
    played.shows(speaker, b"1")
    assert track.stats().plis == 1
    played.until(asked_s + KEYFRAME_RETRY_S + TICK_S)
    assert track.stats().plis == 2
    assert played.seen(viewer, slot) == []
    played.shows(speaker, b"key", key=True)
    played.shows(speaker, b"2")
    assert played.seen(viewer, slot) == [b"key", b"2"]
    played.passes(3.0)
    assert track.stats().plis == 2


def test_a_layer_goes_up_at_a_keyframe_and_down_when_its_encoder_has_turned_it_off(played: Played) -> None:
    slot, viewer = slot_of(played), played.sit("room:v")
    speaker = played.sit("room:1", speaker=True)
    track = played.publish(speaker, simulcast_up(), 0)
    low, high = Stream(31, 96, rid="q"), Stream(33, 96, rid="f", seq=9)
    slot.point("room:1", played.now_s)
    down = viewer.who.subscriptions[slot.picture.sid].down
    assert down is not None

    def second(*, of_high: bool = True, key: bool = False) -> None:
        for _ in range(10):
            played.gives(speaker, low.picture(key=key, body=b"low"))
            if of_high:
                played.gives(speaker, high.picture(body=b"high"))
            played.passes(0.1)

    played.gives(speaker, low.picture(key=True, body=b"low"))
    second()
    assert set(played.seen(viewer, slot)) == {b"low"}
    played.gives(speaker, high.picture(key=True, body=b"high key"))
    assert played.seen(viewer, slot)[-1] == b"high key"
    second()
    assert played.seen(viewer, slot)[-1] == b"high"
    silent_s = played.now_s
    while down.target is None:
        second(of_high=False)
    assert LAYER_STALE_S < played.now_s - silent_s < LAYER_STALE_S + 1.5
    assert played.seen(viewer, slot)[-1] == b"high"
    second(of_high=False, key=True)
    assert played.seen(viewer, slot)[-1] == b"low"
    numbers = [sent.seq for sent in played.got(viewer, slot.picture.sid)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert track.wanted_quality() is Quality.HIGH


def test_at_a_change_of_floor_the_sound_waits_for_its_picture_and_no_longer_than_it_may(
    played: Played,
) -> None:
    slot, viewer = slot_of(played), played.sit("room:v")
    first, second = played.speaker(1), played.speaker(2)
    slot.point("room:1", played.now_s)
    played.shows(first, b"a", key=True)
    played.says(first, b"A")
    assert (played.seen(viewer, slot), played.heard(viewer, slot)) == ([b"a"], [b"A"])
    changed_s = played.now_s
    slot.point("room:2", changed_s)
    assert slot.deadline == changed_s + limits.SLOT_SOUND_WAIT_S
    played.until(slot.deadline - 0.001)
    played.says(second, b"B early")
    played.says(first, b"A on")
    assert played.heard(viewer, slot)[-1] == b"A on"
    played.until(changed_s + limits.SLOT_SOUND_WAIT_S)
    assert slot.deadline == NEVER
    played.says(second, b"B")
    played.says(first, b"A too late")
    assert played.heard(viewer, slot)[-1] == b"B"
    assert played.seen(viewer, slot) == [b"a"]
    played.shows(second, b"b", key=True)
    played.shows(first, b"a too late", key=True)
    assert played.seen(viewer, slot) == [b"a", b"b"]


def test_at_a_change_of_floor_the_sound_comes_with_the_keyframe(played: Played) -> None:
    slot, viewer = slot_of(played), played.sit("room:v")
    first, second = played.speaker(1), played.speaker(2)
    slot.point("room:1", played.now_s)
    played.shows(first, b"a", key=True)
    slot.point("room:2", played.now_s)
    played.passes(0.1)
    played.says(second, b"B early")
    played.shows(second, b"b", key=True)
    assert slot.deadline == NEVER
    played.says(second, b"B")
    assert (played.seen(viewer, slot), played.heard(viewer, slot)) == ([b"a", b"b"], [b"B"])


def test_a_speaker_without_a_picture_ends_the_one_before_after_a_while(played: Played) -> None:
    slot, viewer = slot_of(played), played.sit("room:v")
    first, second = played.speaker(1), played.sit("room:2", speaker=True)
    played.publish(second, audio_up(202), 202)
    slot.point("room:1", played.now_s)
    played.shows(first, b"a", key=True)
    slot.point("room:2", played.now_s)
    assert slot.deadline == played.now_s + limits.SLOT_PICTURE_WAIT_S
    played.until(slot.deadline - 0.001)
    played.shows(first, b"still")
    played.passes(0.001)
    played.shows(first, b"gone")
    assert played.seen(viewer, slot) == [b"a", b"still"]
    assert slot.picture.info.muted


def test_the_first_change_is_told_at_once_and_those_behind_it_together(played: Played) -> None:
    link = played.sit("room:v").link
    played.passes(1.0)
    chair = slot_of(played, "chair").participant
    link.payloads.clear()
    first_s = played.now_s
    chair.touch()
    assert played.room.announcer.deadline == pytest.approx(first_s + 0.005)
    played.passes(0.005)
    assert len(link.payloads) == 1
    for _ in range(5):
        chair.touch()
    assert played.room.announcer.deadline == pytest.approx(first_s + 0.005 + limits.UPDATE_INTERVAL_S)
    played.until(played.room.announcer.deadline - 0.001)
    assert len(link.payloads) == 1
    played.passes(0.001)
    assert len(link.payloads) == 2
    assert played.room.announcer.deadline == NEVER


def test_what_is_missing_is_asked_for_when_it_cannot_be_reordered_any_more(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = played.speaker(1)
    sent: list[tuple[float, Any]] = []
    monkeypatch.setattr(speaker.peer, "send_rtcp", lambda packet: sent.append((played.now_s, packet[1])))
    played.passes(0.05)
    played.shows(speaker, b"0", key=True)
    speaker.streams["video"].picture(body=b"lost")
    sent.clear()
    played.shows(speaker, b"2")
    gap_s = played.now_s
    assert played.room.router.deadline == gap_s + REPAIR_DELAY_S
    played.until(gap_s + 2 * REPAIR_DELAY_S)
    assert (gap_s + REPAIR_DELAY_S, 205) in sent  # RTPFB: the NACK


def test_a_room_in_which_nothing_happens_is_never_due(played: Played) -> None:
    for number in range(5):
        played.sit(f"room:{number}")
    played.passes(30.0)
    assert played.deadline == NEVER
