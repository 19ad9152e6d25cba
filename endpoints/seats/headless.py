"""The headless seat: LiveKit's own SDK, with a clip or the test picture as camera and microphone.

Publishes only while the media server grants it; the SDK reconnects by itself, and when it gives up the
machine
rejoins with a fresh token.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import av
from livekit import rtc

from endpoints.agent import machine as m
from endpoints.agent.hub import HubAddress
from endpoints.clip import pattern
from endpoints.clip.container import DESCRIPTOR_BYTES, FLAG_MARKER, Clip
from endpoints.devices import count_devices

log = logging.getLogger(__name__)

GRANT_EVERY_S = 0.5  # the SDK tells nothing of a changed permission: it is looked at
SOUND_SAMPLES = 960  # 20 ms
WIDTH, HEIGHT, FPS = 320, 180, 15  # of the test picture, where there is no clip
_KINDS = {"camera": "video", "microphone": "audio"}


class HeadlessSeat:
    """See agent.Seat."""

    mode = "headless"

    def __init__(self, clip: Clip | None) -> None:
        self._clip = clip
        self._emit: Callable[[m.Event], None] = lambda _event: None
        self._task: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._muted: set[str] = set()
        self._publishing = False

    def bind(self, emit: Callable[[m.Event], None], address: HubAddress, credential: str) -> None:
        """See Seat."""
        self._emit = emit

    def join(self, session: int | str, media: m.MediaGrant) -> None:
        """See Seat."""
        self.leave()
        task = asyncio.get_running_loop().create_task(self._sit(media))
        self._task = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def leave(self) -> None:
        """See Seat."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _sit(self, media: m.MediaGrant) -> None:
        room = rtc.Room()
        ended = asyncio.Event()
        room.on("disconnected", lambda *_: ended.set())
        reason, refused = "disconnected", False
        try:
            await room.connect(media.url, media.token, rtc.RoomOptions(auto_subscribe=True))
            self._tell(m.SeatJoined(room.local_participant.sid))
            await self._follow_grant(room, ended)
        except rtc.ConnectError as error:
            reason, refused = str(error.message), "401" in str(error.message)
        finally:
            self._publishing = False
            await room.disconnect()
        self._tell(m.SeatLost(reason, refused))

    def _tell(self, event: m.Event) -> None:
        if self._task is asyncio.current_task():
            self._emit(event)

    async def _follow_grant(self, room: rtc.Room, ended: asyncio.Event) -> None:
        """Publishes while the grant is there, until the room's connection ends."""
        camera: Camera | None = None
        try:
            while not ended.is_set():
                granted = bool(room.local_participant.permissions.can_publish)
                if granted and camera is None:
                    camera = Camera(room, self._clip)
                    await camera.start()
                elif camera is not None and not granted:
                    await camera.stop()
                    camera = None
                if camera is not None:
                    camera.follow_mutes(self._muted)
                self._publishing = camera is not None
                try:
                    async with asyncio.timeout(GRANT_EVERY_S):
                        await ended.wait()
                except TimeoutError:
                    continue
        finally:
            if camera is not None:
                await camera.stop()

    def floor(self, granted: bool, sources: tuple[str, ...]) -> None:
        """A new grant lifts the mutes of the one before."""
        self._muted.clear()

    def mute(self, source: str) -> None:
        """See Seat."""
        kind = _KINDS.get(source)
        if kind is not None:
            self._muted.add(kind)

    def report(self) -> dict[str, Any]:
        """See Seat."""
        return {"publishing": self._publishing}

    def devices(self) -> dict[str, int]:
        """See Seat."""
        return count_devices()

    async def close(self) -> None:
        """See Seat."""
        self.leave()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Camera:
    """Publishes picture and sound into a room until stopped."""

    def __init__(self, room: rtc.Room, clip: Clip | None) -> None:
        self._room, self._clip = room, clip
        details = clip.video.details if clip is not None and clip.video is not None else {}
        self._width = int(details.get("width", WIDTH))
        self._height = int(details.get("height", HEIGHT))
        self._fps = min(max(int(details.get("fps", FPS)), 1), 60)
        self._video = rtc.VideoSource(self._width, self._height)
        self._audio = rtc.AudioSource(pattern.SAMPLE_RATE, 1)
        self._tracks: dict[str, rtc.LocalTrack] = {}
        self._pumps: list[asyncio.Task[None]] = []
        self._muted: set[str] = set()

    async def start(self) -> None:
        """Publishes camera and microphone, as far as the grant goes."""
        video = rtc.LocalVideoTrack.create_video_track("camera", self._video)
        audio = rtc.LocalAudioTrack.create_audio_track("microphone", self._audio)
        for kind, track, source in (
            ("video", video, rtc.TrackSource.SOURCE_CAMERA),
            ("audio", audio, rtc.TrackSource.SOURCE_MICROPHONE),
        ):
            options = rtc.TrackPublishOptions(source=source)
            if kind == "video":
                options.video_codec = rtc.VideoCodec.VP8
            try:
                await self._room.local_participant.publish_track(track, options)
            except rtc.participant.PublishTrackError as error:
                log.warning("%s is not published: %s", kind, error.message)
                continue
            self._tracks[kind] = track
        self._pumps = [asyncio.create_task(self._pump_video()), asyncio.create_task(self._pump_audio())]

    def follow_mutes(self, muted: set[str]) -> None:
        """Mutes and unmutes what changed."""
        for kind in muted ^ self._muted:
            track = self._tracks.get(kind)
            if track is not None and kind in muted:
                track.mute()
            elif track is not None:
                track.unmute()
        self._muted = set(muted)

    async def _pump_video(self) -> None:
        frames = self._frames()
        began = time.monotonic()
        for number in itertools.count(1):
            data = await asyncio.to_thread(next, frames)
            frame = rtc.VideoFrame(self._width, self._height, rtc.VideoBufferType.I420, data)
            self._video.capture_frame(frame)
            await asyncio.sleep(max(0.0, began + number / self._fps - time.monotonic()))

    def _frames(self) -> Iterator[bytes]:
        """Endless I420 pictures: the clip decoded again and again, or the test picture drawn."""
        if self._clip is not None and self._clip.video is not None:
            while True:
                yield from clip_pictures(self._clip)
        for index in itertools.count():
            planes = pattern.picture(self._width, self._height, index, self._fps)
            yield planes.luma + planes.blue + planes.red

    async def _pump_audio(self) -> None:
        for number in itertools.count():
            samples = pattern.tone(number * SOUND_SAMPLES % pattern.SAMPLE_RATE, SOUND_SAMPLES)
            frame = rtc.AudioFrame(samples, pattern.SAMPLE_RATE, 1, SOUND_SAMPLES)
            await self._audio.capture_frame(
                frame
            )  # waits while the source's queue is full: this is the clock

    async def stop(self) -> None:
        """Unpublishes; the server may have done so before."""
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        for track in self._tracks.values():
            try:
                await self._room.local_participant.unpublish_track(track.sid)
            except rtc.participant.UnpublishTrackError as error:
                log.info("a track was gone already: %s", error.message)


def clip_pictures(clip: Clip) -> Iterator[bytes]:
    """The clip's pictures, decoded, as I420 bytes without row padding."""
    assert clip.video is not None  # the caller looked
    decoder = av.CodecContext.create("vp8", "r")
    data = b""
    for packet in clip.video.packets:
        data += packet.payload[DESCRIPTOR_BYTES:]
        if packet.flags & FLAG_MARKER:
            for frame in decoder.decode(av.Packet(data)):  # type: ignore[attr-defined]
                yield b"".join(_rows(plane) for plane in frame.planes)
            data = b""


def _rows(plane: Any) -> bytes:
    raw, width, stride = bytes(plane), plane.width, plane.line_size
    return b"".join(raw[at : at + width] for at in range(0, stride * plane.height, stride))
