"""Somebody in a media room from another machine: hums a tone, listens, says what it hears.

Run inside a network namespace: `caller.py URL TOKEN`. Prints JSON lines {"event", "at_s"} with the machine's
monotonic clock, which all namespaces share.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import numpy as np
from livekit import rtc

LOUD = 300


def say(event: str, **more: Any) -> None:
    print(json.dumps({"event": event, "at_s": time.monotonic(), **more}), flush=True)


async def hum(source: rtc.AudioSource) -> None:
    times = np.arange(480) / 48_000
    samples = (np.sin(2 * np.pi * 500 * times) * 12_000).astype(np.int16)
    while True:
        await source.capture_frame(rtc.AudioFrame(samples.tobytes(), 48_000, 1, 480))


async def listen(track: rtc.RemoteTrack) -> None:
    """Tell each change between a tone and silence; 100 ms of silence count."""
    audible, heard_s = False, 0.0
    async for event in rtc.AudioStream(track, sample_rate=48_000, num_channels=1):
        now_s = time.monotonic()
        if np.abs(np.frombuffer(event.frame.data, np.int16)).mean() > LOUD:
            heard_s = now_s
            if not audible:
                audible = True
                say("audible")
        elif audible and now_s - heard_s > 0.1:
            audible = False
            say("silent")


async def main(url: str, token: str) -> None:
    room = rtc.Room()
    tasks: set[asyncio.Task[None]] = set()

    def subscribed(track: rtc.RemoteTrack, _: object, __: object) -> None:
        say("track")
        tasks.add(asyncio.create_task(listen(track)))

    room.on("track_subscribed", subscribed)
    for name in ("reconnecting", "reconnected"):
        room.on(name, lambda name=name: say(name))
    room.on("disconnected", lambda reason: say("disconnected"))
    await room.connect(url, token, rtc.RoomOptions(single_peer_connection=True))
    say("joined")
    source = rtc.AudioSource(48_000, 1)
    track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
    await room.local_participant.publish_track(track)
    tasks.add(asyncio.create_task(hum(source)))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
