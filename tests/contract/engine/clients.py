"""Unmodified LiveKit clients (the Python SDK) that publish a picture and count what they receive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any

from livekit import rtc

from confhub.engine.engine import MediaEngine
from confhub.kernel.ids import Identity, MediaRoom

PATIENCE_S = 30.0


class Client:
    """One participant. `frames` counts pictures received by the publisher's identity."""

    def __init__(self, engine: MediaEngine, media_room: MediaRoom, identity: str, name: str = "") -> None:
        self.identity = Identity(identity)
        self._engine, self._media_room, self._name = engine, media_room, name or identity
        self.room = rtc.Room()
        self.frames: dict[str, int] = {}
        self.changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving = False
        for name_of_event in (
            "participant_connected",
            "participant_disconnected",
            "participant_permissions_changed",
            "track_published",
            "track_unpublished",
            "track_muted",
            "disconnected",
        ):
            self.room.on(name_of_event, self._note)
        self.room.on("track_subscribed", self._watch)

    async def join(self, token: str | None = None) -> Client:
        token = token or self._engine.mint_token(self._media_room, self.identity, self._name)
        url = self._engine.url_for("127.0.0.1", secure=False)
        await self.room.connect(url, token)
        return self

    async def __aenter__(self) -> Client:
        return await self.join()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave()

    async def leave(self) -> None:
        self._leaving = True  # a track that comes now is watched by nobody
        for task in tuple(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.room.disconnect()

    async def until(self, condition: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
        """Wait for the room's own events to make it true."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    def may_publish(self) -> bool:
        return bool(self.room.local_participant.permissions.can_publish)

    def others(self) -> set[str]:
        return set(self.room.remote_participants)

    async def publish_picture(self) -> rtc.LocalTrackPublication:
        source = rtc.VideoSource(160, 96)
        track = rtc.LocalVideoTrack.create_video_track("camera", source)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False, video_codec=rtc.VideoCodec.VP8
        )
        publication = await self.room.local_participant.publish_track(track, options)
        self._own(self._paint(source))
        return publication

    async def publish_sound(self) -> rtc.LocalTrackPublication:
        source = rtc.AudioSource(48000, 1)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        publication = await self.room.local_participant.publish_track(track, options)
        self._own(self._hum(source))
        return publication

    async def _paint(self, source: rtc.VideoSource) -> None:
        count = 0
        while True:
            count += 1
            pixels = bytes([count % 256, 128, 255 - count % 256, 255]) * (160 * 96)
            source.capture_frame(rtc.VideoFrame(160, 96, rtc.VideoBufferType.RGBA, pixels))
            await asyncio.sleep(1 / 15)  # the camera's own pace

    async def _hum(self, source: rtc.AudioSource) -> None:
        frame = rtc.AudioFrame(b"\x10\x27\xf0\xd8" * 240, 48000, 1, 480)
        while True:
            await source.capture_frame(frame)

    def _watch(self, track: Any, _publication: Any, participant: Any) -> None:
        if track.kind == rtc.TrackKind.KIND_VIDEO and not self._leaving:
            self._own(self._count(rtc.VideoStream(track), participant.identity))
        self._note()

    async def _count(self, stream: rtc.VideoStream, identity: str) -> None:
        try:
            async for _ in stream:
                self.frames[identity] = self.frames.get(identity, 0) + 1
                self._note()
        finally:
            await stream.aclose()

    def _own(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _note(self, *_: object) -> None:
        self.changed.set()
