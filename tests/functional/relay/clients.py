"""A person in a media room: LiveKit's Python SDK, a coloured picture, a tone, and what was heard of
others."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
from livekit import api, rtc

KEY = "devkey"
SECRET = "a-secret-of-at-least-32-characters-long"
DEADLINE_S = 15.0

RED, GREEN, BLUE = (230, 20, 20), (20, 220, 20), (20, 20, 230)


def token(
    identity: str,
    *,
    room: str = "hall",
    attributes: dict[str, str] | None = None,
    metadata: str = "",
    ttl_s: int = 600,
    **grants: Any,
) -> str:
    """An access token made by LiveKit's own library."""
    builder = (
        api.AccessToken(KEY, SECRET)
        .with_identity(identity)
        .with_name(identity.title())
        .with_ttl(datetime.timedelta(seconds=ttl_s))
        .with_grants(api.VideoGrants(room_join=True, room=room, **grants))
    )
    if attributes:
        builder = builder.with_attributes(attributes)
    if metadata:
        builder = builder.with_metadata(metadata)
    return builder.to_jwt()


class Heard:
    """Events of a room in order, and a way to wait for one without sleeping."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self._changed = asyncio.Event()

    def note(self, name: str, what: Any) -> None:
        self.events.append((name, what))
        self._changed.set()

    def all(self, name: str) -> list[Any]:
        return [what for kind, what in self.events if kind == name]

    async def until(self, condition: Callable[[], Any], deadline_s: float = DEADLINE_S) -> Any:
        """Wait until `condition()` is true, looking again at each event."""
        async with asyncio.timeout(deadline_s):
            while not (value := condition()):
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.2)
            return value

    async def event(self, name: str, matches: Callable[[Any], bool] = lambda what: True) -> Any:
        found = await self.until(lambda: [what for what in self.all(name) if matches(what)])
        return found[0]


class Person:
    """One SDK client. `heard` holds the room's events; `room` is the SDK's own object."""

    def __init__(self, identity: str, *, by_turn: bool = False) -> None:
        """`by_turn`: relayed candidates only, so that nothing goes but over the TURN server."""
        self.identity = identity
        self.by_turn = by_turn
        self.room = rtc.Room()
        self.heard = Heard()
        self.data: list[rtc.DataPacket] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._listen()

    @property
    def me(self) -> rtc.LocalParticipant:
        return self.room.local_participant

    async def connect(self, url: str, access_token: str, *, single: bool) -> None:
        options = rtc.RoomOptions(single_peer_connection=single)
        if self.by_turn:
            options.rtc_config = rtc.RtcConfiguration(ice_transport_type=rtc.IceTransportType.TRANSPORT_RELAY)
        await self.room.connect(url, access_token, options)

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.room.disconnect()

    async def show(
        self, colour: tuple[int, int, int], *, simulcast: bool = False
    ) -> rtc.LocalTrackPublication:
        """Publish a picture of one colour as camera."""
        source = rtc.VideoSource(320, 180)
        track = rtc.LocalVideoTrack.create_video_track("camera", source)
        self._tasks.append(asyncio.create_task(_paint(source, colour)))
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA, simulcast=simulcast, video_codec=rtc.VideoCodec.VP8
        )
        return await self.me.publish_track(track, options)

    async def sound(self, frequency_hz: float) -> rtc.LocalTrackPublication:
        """Publish a tone as microphone."""
        source = rtc.AudioSource(48_000, 1)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        self._tasks.append(asyncio.create_task(_hum(source, frequency_hz)))
        return await self.me.publish_track(
            track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        )

    async def track(self, kind: str, identity: str) -> rtc.RemoteTrack:
        """The subscribed track of that kind ("audio", "video") from that participant."""
        wanted = rtc.TrackKind.KIND_VIDEO if kind == "video" else rtc.TrackKind.KIND_AUDIO
        _, track = await self.heard.event("track", lambda w: w[0] == identity and w[1].kind == wanted)
        return track  # type: ignore[no-any-return]

    def _listen(self) -> None:
        room, heard = self.room, self.heard
        room.on("track_subscribed", lambda track, _, who: heard.note("track", (who.identity, track)))
        room.on("track_unsubscribed", lambda track, _, who: heard.note("untrack", (who.identity, track)))
        room.on("track_published", lambda pub, who: heard.note("published", (who.identity, pub.sid)))
        room.on("track_unpublished", lambda pub, who: heard.note("unpublished", (who.identity, pub.sid)))
        room.on("local_track_unpublished", lambda pub: heard.note("own_unpublished", pub.sid))
        room.on("participant_connected", lambda who: heard.note("came", who.identity))
        room.on("participant_disconnected", lambda who: heard.note("went", who.identity))
        room.on("track_muted", lambda who, pub: heard.note("muted", (who.identity, pub.sid)))
        room.on("track_unmuted", lambda who, pub: heard.note("unmuted", (who.identity, pub.sid)))
        room.on(
            "participant_metadata_changed",
            lambda who, *_: heard.note("metadata", (who.identity, who.metadata)),
        )
        room.on("participant_name_changed", lambda who, *_: heard.note("name", (who.identity, who.name)))
        room.on(
            "participant_attributes_changed",
            lambda changed, who: heard.note("attributes", (who.identity, dict(who.attributes))),
        )
        room.on("room_metadata_changed", lambda old, new: heard.note("room_metadata", new))
        room.on("active_speakers_changed", lambda who: heard.note("speakers", [w.identity for w in who]))
        room.on("disconnected", lambda reason: heard.note("disconnected", reason))
        room.on("reconnected", lambda: heard.note("reconnected", None))
        room.on("data_received", lambda packet: heard.note("data", packet))
        room.on("token_refreshed", lambda: heard.note("token", None))


async def _paint(source: rtc.VideoSource, colour: tuple[int, int, int]) -> None:
    picture = np.zeros((180, 320, 4), np.uint8)
    picture[..., :3] = colour
    picture[..., 3] = 255
    frame = rtc.VideoFrame(320, 180, rtc.VideoBufferType.RGBA, picture.tobytes())
    while True:
        source.capture_frame(frame)
        await asyncio.sleep(1 / 15)


async def _hum(source: rtc.AudioSource, frequency_hz: float) -> None:
    position = 0
    while True:
        times = (np.arange(480) + position) / 48_000
        samples = (np.sin(2 * np.pi * frequency_hz * times) * 12_000).astype(np.int16)
        position += 480
        await source.capture_frame(rtc.AudioFrame(samples.tobytes(), 48_000, 1, 480))


async def colour_of(track: rtc.RemoteTrack, frames: int = 5) -> tuple[int, int, int]:
    """The mean colour of the n-th decoded picture from now."""
    stream = rtc.VideoStream(track, format=rtc.VideoBufferType.RGBA)
    try:
        async with asyncio.timeout(DEADLINE_S):
            async for event in stream:
                frames -= 1
                if frames <= 0:
                    frame = event.frame
                    pixels = np.frombuffer(frame.data, np.uint8).reshape(frame.height, frame.width, 4)
                    red, green, blue, _ = pixels.mean((0, 1))
                    return round(red), round(green), round(blue)
    finally:
        await stream.aclose()
    raise AssertionError("the track ended")


async def frequency_of(track: rtc.RemoteTrack) -> int:
    """The loudest frequency in one second of sound, in Hz."""
    stream = rtc.AudioStream(track, sample_rate=48_000, num_channels=1)
    heard = np.zeros(0, np.int16)
    try:
        async with asyncio.timeout(DEADLINE_S):
            async for event in stream:
                heard = np.concatenate([heard, np.frombuffer(event.frame.data, np.int16)])
                last = heard[-48_000:]
                if len(last) == 48_000 and np.abs(last[:4_800]).mean() > 500 and np.abs(last).mean() > 500:
                    return int(np.abs(np.fft.rfft(last)).argmax())
                heard = last
    finally:
        await stream.aclose()
    raise AssertionError("the track ended")


def is_close(colour: tuple[int, int, int], wanted: tuple[int, int, int], tolerance: int = 40) -> bool:
    """Lossy coding shifts colours a little."""
    return all(abs(a - b) <= tolerance for a, b in zip(colour, wanted, strict=True))
