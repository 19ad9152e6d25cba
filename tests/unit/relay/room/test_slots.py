"""Slots over a real router and real transports: what switches when, what is told, and what never leaks."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from livekit.protocol import models

from confhub.relay.forward.router import MediaPeer
from confhub.relay.forward.specs import Quality
from confhub.relay.room import people
from confhub.relay.room.participant import Participant
from confhub.relay.room.permission import Permission
from confhub.relay.room.room import Room
from confhub.relay.room.stage.slot import Slot
from confhub.relay.room.tracks import publishing, subscribing
from confhub.relay.room.tracks.publication import Publication
from confhub.relay.room.tracks.subscription import Settings
from confhub.relay.transport.mux import UdpMux
from confhub.relay.wire import rtcp, rtp
from tests.plugins.media_room import Enter, KeptLink
from tests.unit.relay.peerkit import Client, Events
from tests.unit.relay.streams import Stream, audio_down, audio_up, video_down, video_up

pytestmark = pytest.mark.sockets

CAMERA, MICROPHONE = models.TrackSource.CAMERA, models.TrackSource.MICROPHONE


@dataclass
class Seat:
    """A participant, its client and the media between them."""

    who: Participant
    link: KeptLink
    client: Client
    peer: MediaPeer
    streams: dict[str, Stream] = field(default_factory=dict)

    def publish(self, kind: str, *, muted: bool = False) -> Publication:
        """As the negotiation does it, once a section was answered."""
        source = CAMERA if kind == "video" else MICROPHONE
        track_type = models.TrackType.VIDEO if kind == "video" else models.TrackType.AUDIO
        info = models.TrackInfo(sid=f"TR_{self.who.identity}_{kind}", type=track_type, source=source)
        info.muted = muted
        info.codecs.append(models.SimulcastCodecInfo())
        publication = Publication(self.who, info, [kind], client_muted=muted)
        number = len(self.who.room.participants) if self.who.room is not None else 0
        if kind == "video":
            spec = video_up(4000 + number)
            self.streams[kind] = Stream(4000 + number, 96, seq=number * 77)
        else:
            spec = audio_up(5000 + number)
            self.streams[kind] = Stream(5000 + number, 111, seq=number * 99, step=960)
        up = self.peer.publish(spec, time.monotonic(), publication, is_open=publication.may_flow)
        publishing.attach(self.who, publication, up, "1", "video/VP8" if kind == "video" else "audio/opus")
        return publication

    def send_picture(self, body: bytes, *, key: bool = False) -> None:
        self.client.send_rtp(self.streams["video"].picture(key=key, body=body))

    def send_sound(self, body: bytes) -> None:
        self.client.send_rtp(self.streams["audio"].packet(body))

    async def settle(self) -> None:
        """What it sent has been handled: its transport answers in order."""
        transport = self.peer.transport
        await self.client.check(transport.ice_ufrag, transport.ice_pwd)

    def heard(self, slot: Slot) -> list[bytes]:
        return self._got(slot.sound.sid, 0)

    def seen(self, slot: Slot) -> list[bytes]:
        return self._got(slot.picture.sid, 7)

    def _got(self, track_sid: str, header: int) -> list[bytes]:
        down = self.who.subscriptions[track_sid].down
        assert down is not None
        packets = [(packet, rtp.parse(packet)) for packet in self.client.rtp]
        found = [p[v.payload_at : v.payload_end] for p, v in packets if v.ssrc == down.spec.ssrc]
        return [body[header:] for body in found if body and body != b"\xf8\xff\xfe"]


Sit = Callable[..., Awaitable[Seat]]


@pytest.fixture
async def sit(room: Room, enter: Enter) -> AsyncIterator[Sit]:
    """`await sit("room:a", speaker=True)`: connected, and subscribed to every slot as its answer would."""
    mux: UdpMux = room.host.mux
    await mux.open("127.0.0.1", 0)
    clients: list[Client] = []

    async def sit_down(identity: str, *, speaker: bool = False) -> Seat:
        who, link = enter(identity, view="stage", can_publish=False)
        events, client = Events(), Client()
        transport = mux.new_transport(events)
        peer = room.router.add_peer(transport)
        clients.append(client)
        await client.connect(mux, transport)
        await events.until("connected")
        subscribing.reconcile_viewer(who)
        for subscription in who.subscriptions.values():
            publication = subscription.publication
            spec = (video_down if publication.kind == "video" else audio_down)(peer.new_ssrc())
            subscription.down = peer.subscribe(
                publication.source_for(who), spec, time.monotonic(), Quality.HIGH
            )
            subscription.apply(time.monotonic())
        if speaker:
            people.set_permission(who, Permission(can_publish=True))
        return Seat(who, link, client, peer)

    yield sit_down
    for client in clients:
        await client.close()
    await mux.close()


def slot_of(room: Room, name: str) -> Slot:
    found = room.slots.get(name)
    assert found is not None
    return found


async def test_the_old_picture_and_sound_go_on_until_the_new_keyframe_then_both_switch(
    room: Room, sit: Sit
) -> None:
    slot = slot_of(room, "speaker")
    a, b, viewer = await sit("room:a", speaker=True), await sit("room:b", speaker=True), await sit("room:v")
    for seat in (a, b):
        seat.publish("video")
        seat.publish("audio")
    b.send_picture(b"b0", key=True)
    b.send_sound(b"B0")
    await b.settle()
    slot.point("room:a", time.monotonic())
    a.send_picture(b"a1", key=True)
    await viewer.client.until(lambda: viewer.seen(slot) == [b"a1"])
    a.send_sound(b"A1")
    await viewer.client.until(lambda: viewer.heard(slot) == [b"A1"])
    slot.point("room:b", time.monotonic())
    b.send_picture(b"b1")
    b.send_sound(b"B1")
    await b.settle()
    a.send_picture(b"a2")
    a.send_sound(b"A2")
    await viewer.client.until(lambda: viewer.seen(slot)[-1] == b"a2" and viewer.heard(slot)[-1] == b"A2")
    assert any(isinstance(packet, rtcp.Pli) for packet in b.client.rtcp)
    b.send_picture(b"b2", key=True)
    b.send_sound(b"B2")
    await viewer.client.until(lambda: viewer.seen(slot)[-1] == b"b2" and viewer.heard(slot)[-1] == b"B2")
    a.send_picture(b"a3")
    a.send_sound(b"A3")
    await a.settle()
    b.send_picture(b"b3")
    await viewer.client.until(lambda: viewer.seen(slot)[-1] == b"b3")
    assert viewer.seen(slot) == [b"a1", b"a2", b"b2", b"b3"]
    assert viewer.heard(slot) == [b"A1", b"A2", b"B2"]


async def test_a_withdrawn_grant_is_silence_from_that_packet_and_nothing_of_it_is_sent_again(
    room: Room, sit: Sit
) -> None:
    slot = slot_of(room, "speaker")
    a, viewer = await sit("room:a", speaker=True), await sit("room:v")
    a.publish("video")
    slot.point("room:a", time.monotonic())
    a.send_picture(b"before", key=True)
    await viewer.client.until(lambda: viewer.seen(slot) == [b"before"])
    a.send_picture(b"on its way")
    people.set_permission(a.who, Permission(can_publish=False))
    a.send_picture(b"after", key=True)
    await a.settle()
    down = viewer.who.subscriptions[slot.picture.sid].down
    assert down is not None
    sent = [v.seq for v in map(rtp.parse, viewer.client.rtp) if v.ssrc == down.spec.ssrc]
    viewer.client.send_rtcp(rtcp.build_nack(5, down.spec.ssrc, sent[-3:]))
    await viewer.settle()
    assert down.nacks > 0
    assert viewer.seen(slot) == [b"before"]
    assert slot.identity == ""
    assert not a.who.publications


async def test_who_was_in_a_slot_is_repaired_after_the_switch_while_its_grant_stands(
    room: Room, sit: Sit
) -> None:
    slot = slot_of(room, "speaker")
    a, b, viewer = await sit("room:a", speaker=True), await sit("room:b", speaker=True), await sit("room:v")
    for seat in (a, b):
        seat.publish("video")
    slot.point("room:a", time.monotonic())
    a.send_picture(b"a1", key=True)
    await viewer.client.until(lambda: viewer.seen(slot) == [b"a1"])
    down = viewer.who.subscriptions[slot.picture.sid].down
    assert down is not None
    ssrc = down.spec.ssrc.to_bytes(4, "big")
    viewer.client.is_losing = True
    a.send_picture(b"a2")
    await viewer.client.until(lambda: any(packet[8:12] == ssrc for packet in viewer.client.lost))
    viewer.client.is_losing = False
    slot.point("room:b", time.monotonic())
    b.send_picture(b"b1", key=True)
    await viewer.client.until(lambda: viewer.seen(slot)[-1] == b"b1")
    viewer.client.send_rtcp(rtcp.build_nack(5, down.spec.ssrc, [(down.top_out - 1) & 0xFFFF]))
    await viewer.client.until(lambda: viewer.seen(slot)[-1] == b"a2")


async def test_a_source_without_a_picture_is_heard_at_once_and_shows_nobody_elses(
    room: Room, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confhub.relay.room.limits.SLOT_PICTURE_WAIT_S", 0.0)
    slot = slot_of(room, "speaker")
    a, b, viewer = await sit("room:a", speaker=True), await sit("room:b", speaker=True), await sit("room:v")
    a.publish("video")
    a.publish("audio")
    b.publish("audio")
    slot.point("room:a", time.monotonic())
    a.send_picture(b"a1", key=True)
    await viewer.client.until(lambda: viewer.seen(slot) == [b"a1"])
    slot.point("room:b", time.monotonic())
    b.send_sound(b"B1")
    await viewer.client.until(lambda: viewer.heard(slot) == [b"B1"])
    a.send_picture(b"a2")
    await a.settle()
    b.send_sound(b"B2")
    await viewer.client.until(lambda: viewer.heard(slot)[-1] == b"B2")
    assert viewer.seen(slot) == [b"a1"]
    assert slot.picture.info.muted
    assert not slot.sound.info.muted


async def test_sound_does_not_wait_for_a_picture_that_does_not_come(
    room: Room, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confhub.relay.room.limits.SLOT_SOUND_WAIT_S", 0.0)
    slot = slot_of(room, "speaker")
    a, viewer = await sit("room:a", speaker=True), await sit("room:v")
    a.publish("video")
    a.publish("audio")
    slot.point("room:a", time.monotonic())
    await viewer.settle()
    a.send_sound(b"A1")
    await viewer.client.until(lambda: viewer.heard(slot) == [b"A1"])


async def test_mutes_follow_the_source_in_one_message_of_the_same_bytes(room: Room, sit: Sit) -> None:
    slot = slot_of(room, "chair")
    chair = await sit("room:chair", speaker=True)
    viewers = [await sit(f"room:{number}") for number in range(3)]
    picture, sound = chair.publish("video"), chair.publish("audio")
    slot.point("room:chair", time.monotonic())
    room.announcer.flush(time.monotonic())
    before = [len(viewer.link.payloads) for viewer in viewers]
    sound.set_muted(client=True)
    chair.who.touch()
    picture.set_muted(client=True)
    chair.who.touch()
    room.announcer.flush(time.monotonic())
    assert [len(viewer.link.payloads) for viewer in viewers] == [count + 1 for count in before]
    assert all(viewer.link.payloads[-1] is viewers[0].link.payloads[-1] for viewer in viewers)
    (info,) = viewers[0].link.responses()[-1].update.participants
    assert info.identity == "stage:chair"
    assert [track.muted for track in info.tracks] == [True, True]
    sound.set_muted(client=False)
    chair.who.touch()
    room.announcer.flush(time.monotonic())
    (info,) = viewers[0].link.responses()[-1].update.participants
    assert [track.muted for track in info.tracks] == [True, False]


async def test_a_source_that_leaves_keeps_its_slot_and_is_back_with_its_tracks(room: Room, sit: Sit) -> None:
    slot = slot_of(room, "speaker")
    a, viewer = await sit("room:a", speaker=True), await sit("room:v")
    a.publish("video")
    slot.point("room:a", time.monotonic())
    sids = [track.sid for track in slot.tracks]
    room.leave(a.who, models.DisconnectReason.CLIENT_INITIATED)
    assert slot.is_pending
    assert slot.reason == "the participant is not in the room"
    assert slot.picture.info.muted
    again = await sit("room:a", speaker=True)
    again.publish("video")
    again.send_picture(b"again", key=True)
    await viewer.client.until(lambda: viewer.seen(slot) == [b"again"])
    assert [track.sid for track in slot.tracks] == sids


async def test_a_sender_report_follows_a_switch(room: Room, sit: Sit) -> None:
    slot = slot_of(room, "speaker")
    a, viewer = await sit("room:a", speaker=True), await sit("room:v")
    a.publish("video")
    slot.point("room:a", time.monotonic())
    a.send_picture(b"a1", key=True)
    down = viewer.who.subscriptions[slot.picture.sid].down
    assert down is not None
    await viewer.client.until(
        lambda: any(isinstance(p, rtcp.SenderReport) and p.ssrc == down.spec.ssrc for p in viewer.client.rtcp)
    )


async def test_a_keyframe_is_asked_for_at_once_however_short_ago_the_last_one_came(
    room: Room, sit: Sit
) -> None:
    slot = slot_of(room, "speaker")
    a, b = await sit("room:a", speaker=True), await sit("room:b", speaker=True)
    await sit("room:v")
    tracks = [seat.publish("video").up for seat in (a, b)]
    for number in range(3):
        for seat, track in zip((a, b), tracks, strict=True):
            assert track is not None
            seat.send_picture(b"first")
            await seat.settle()
            asked = track.stats().plis
            slot.point(seat.who.identity, time.monotonic())
            assert track.stats().plis == asked + 1, number
            seat.send_picture(b"key", key=True)
            await seat.settle()


async def test_a_viewers_size_chooses_among_the_sources_own_layers(room: Room, sit: Sit) -> None:
    slot = slot_of(room, "speaker")
    a, viewer = await sit("room:a", speaker=True), await sit("room:v")
    subscription = viewer.who.subscriptions[slot.picture.sid]
    subscription.settings = Settings(width=500, height=300)
    plain = a.publish("video")
    for quality, width, height in ((0, 480, 270), (1, 960, 540), (2, 1920, 1080)):
        plain.info.layers.append(
            models.VideoLayer(quality=quality, width=width, height=height)  # type: ignore[arg-type]
        )
    slot.point("room:a", time.monotonic())
    assert subscription.down is not None
    chosen = [subscription.down.quality]
    del plain.info.layers[:]
    slot.point("", time.monotonic())
    slot.point("room:a", time.monotonic())
    chosen.append(subscription.down.quality)
    assert chosen == [Quality.MEDIUM, Quality.HIGH]


async def test_a_source_on_deck_is_asked_for_its_best_though_nobody_watches(room: Room, sit: Sit) -> None:
    a = await sit("room:a", speaker=True)
    publication = a.publish("video")
    assert publication.up is not None
    assert publication.up.wanted_quality() is Quality.HIGH


async def test_a_new_viewer_sees_who_is_there_already(room: Room, sit: Sit) -> None:
    slot = slot_of(room, "chair")
    chair = await sit("room:chair", speaker=True)
    chair.publish("video")
    slot.point("room:chair", time.monotonic())
    late = await sit("room:late")
    chair.send_picture(b"hello", key=True)
    await late.client.until(lambda: late.seen(slot) == [b"hello"])
