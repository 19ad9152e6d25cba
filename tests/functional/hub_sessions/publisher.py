"""A room's machine in a process of its own, so that it can be killed: joins, and sends a picture once it may.
`python -m tests.functional.hub_sessions.publisher URL TOKEN`"""

from __future__ import annotations

import asyncio
import sys

from livekit import rtc


async def main(url: str, token: str) -> None:
    room, allowed = rtc.Room(), asyncio.Event()
    room.on("participant_permissions_changed", lambda *_: allowed.set())
    await room.connect(url, token)
    if not room.local_participant.permissions.can_publish:
        await allowed.wait()
    source = rtc.VideoSource(160, 96)
    track = rtc.LocalVideoTrack.create_video_track("camera", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False)
    await room.local_participant.publish_track(track, options)
    picture = rtc.VideoFrame(160, 96, rtc.VideoBufferType.RGBA, bytes(160 * 96 * 4))
    print("sends", flush=True)
    while True:
        source.capture_frame(picture)
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
