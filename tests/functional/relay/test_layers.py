"""All three qualities of one publisher reach an unmodified client of LiveKit's Python SDK, in every codec."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from livekit import rtc

from tests.plugins.relay import Join

WIDTH, HEIGHT, FPS = 1280, 720, 15
DEADLINE_S = 30.0
SIZES = {
    rtc.VideoQuality.VIDEO_QUALITY_LOW: (320, 180),
    rtc.VideoQuality.VIDEO_QUALITY_MEDIUM: (640, 360),
    rtc.VideoQuality.VIDEO_QUALITY_HIGH: (1280, 720),
}
LOW, MEDIUM, HIGH = SIZES


async def _move_bars(source: rtc.VideoSource) -> None:
    """Grey bars that move, so that every layer has something to encode."""
    columns = np.arange(WIDTH)
    chroma = bytes([128]) * (WIDTH * HEIGHT // 2)
    step = 0
    while True:
        step += 16
        row = ((columns + step) // 160 % 8 * 28 + 32).astype(np.uint8)
        luma = np.tile(row, (HEIGHT, 1)).tobytes()
        source.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.I420, luma + chroma))
        await asyncio.sleep(1 / FPS)


async def _until_size(stream: rtc.VideoStream, size: tuple[int, int]) -> None:
    """Until three decoded pictures in a row have that size."""
    fitting = 0
    async with asyncio.timeout(DEADLINE_S):
        async for event in stream:
            fitting = fitting + 1 if (event.frame.width, event.frame.height) == size else 0
            if fitting == 3:
                return
    raise AssertionError("the track ended")


@pytest.mark.parametrize(
    ("codec", "mode", "mime", "single"),
    [
        (rtc.VideoCodec.VP8, None, "video/VP8", True),
        (rtc.VideoCodec.H264, None, "video/H264", False),
        (rtc.VideoCodec.VP9, "L3T3_KEY", "video/VP9", True),
        (rtc.VideoCodec.AV1, "L3T3_KEY", "video/AV1", True),
        (rtc.VideoCodec.VP9, "L3T3", "video/VP9", False),
        (rtc.VideoCodec.AV1, "L3T3_KEY", "video/AV1", False),
    ],
    ids=["VP8", "H264", "VP9 L3T3_KEY", "AV1 L3T3_KEY", "VP9 L3T3", "AV1 by two connections"],
)
async def test_a_viewer_follows_all_three_qualities(
    join: Join, codec: rtc.VideoCodec.ValueType, mode: str | None, mime: str, single: bool
) -> None:
    anna, binh = await join("anna", single=single), await join("binh", single=single)
    source = rtc.VideoSource(WIDTH, HEIGHT)
    track = rtc.LocalVideoTrack.create_video_track("camera", source)
    encoding = rtc.VideoEncoding(max_bitrate=3_000_000, max_framerate=FPS)
    options = rtc.TrackPublishOptions(
        source=rtc.TrackSource.SOURCE_CAMERA, simulcast=True, video_codec=codec, video_encoding=encoding
    )
    if mode is not None:
        options.scalability_mode = mode
    painting = asyncio.create_task(_move_bars(source))
    try:
        await anna.me.publish_track(track, options)
        remote = await binh.track("video", "anna")
        publication = binh.room.remote_participants["anna"].track_publications[remote.sid]
        assert publication.mime_type == mime
        stream = rtc.VideoStream(remote)
        for quality in (HIGH, LOW, MEDIUM, HIGH, MEDIUM, LOW):
            publication.set_video_quality(quality)
            await _until_size(stream, SIZES[quality])
        await stream.aclose()
    finally:
        painting.cancel()
        await asyncio.gather(painting, return_exceptions=True)
