"""One media connection of a simulated room: signalling WebSocket on asyncio, packets in the media thread.

connecting → joined → ended; `run` returns why it ended. A new connection is a new object.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from livekit.protocol import models, rtc

from endpoints.clip.container import Clip
from endpoints.rtc import sdp, signal
from endpoints.rtc.dtls import DtlsIdentity
from endpoints.rtc.ice import Credentials
from endpoints.rtc.loop import MediaLoop
from endpoints.rtc.peer import Peer, PeerStats
from endpoints.rtc.publisher import Publisher
from endpoints.rtc.receiver import FrameSink, Receiver
from endpoints.rtc.stage import Stage

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 15.0  # signalling, ICE and DTLS together, on a server that 302 rooms join at once
SIGNAL_SILENCE_S = 20.0  # no message, not even a pong, for so long: the WebSocket is dead
RECEIVING_SECTIONS = 2  # the chair and one speaker without renegotiation
MAX_RECEIVING_SECTIONS = 24


class MediaRefused(Exception):
    """The server does not take this token: a fresh one from the hub is needed."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the connections of one process share."""

    http: aiohttp.ClientSession
    media: MediaLoop
    identity: DtlsIdentity
    version: str
    tls: ssl.SSLContext | bool = True


class MediaConnection:
    """See the module. Callbacks run on the asyncio side: `on_joined(sid)`, `on_token(token)`."""

    def __init__(
        self,
        tools: Tools,
        name: str,
        *,
        on_joined: Callable[[str], None],
        on_token: Callable[[str], None],
        clip: Clip | None = None,
        sink: FrameSink | None = None,
    ) -> None:
        self.sid = ""
        self.stage = Stage()
        self._tools, self._name = tools, name
        self._on_joined, self._on_token = on_joined, on_token
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        ssrc = random.getrandbits(32)
        self._receiver: Receiver = (
            Receiver(ssrc, sdp.PAYLOAD_TYPES, sink)  # whole frames are Python's
            if sink is not None
            else tools.media.twin.receiver(ssrc, sdp.PAYLOAD_TYPES)
        )
        credentials = Credentials.fresh()
        self._book = sdp.OfferBook(credentials, tools.identity.fingerprint, random.getrandbits(62), name)
        self._peer = Peer(
            tools.media, tools.identity, credentials, self._receiver, self._from_media_thread, name
        )
        self._publisher = Publisher(clip, self._book, self._send, self._with_sender)
        self._tracks: dict[int, str] = {}  # track sids behind the server's SSRCs
        self._offer_number = 1
        self._offer_open = True  # the join carries the first offer
        self._offer_again = False
        self._connected = False
        self._heard_at = 0.0
        self._ping_every_s = 5.0

    @property
    def stats(self) -> PeerStats:
        """Figures so far, at most a second old; final once `run` returned."""
        return self._peer.stats

    @property
    def publishing(self) -> bool:
        """Whether this room sends picture or sound now."""
        return self._publisher.active

    def stop(self) -> None:
        """Leaves: `run` says goodbye and returns "left"."""
        self._end("left")

    def mute(self, kind: str) -> None:
        """Stops sending `audio` or `video` and tells the server; it stays so until the next grant."""
        self._publisher.mute(kind)

    async def run(self, url: str, token: str) -> str:
        """Joins and stays; returns the reason of the end. Raises MediaRefused, and no other error for a
        server
        that is away, broken or hostile."""
        try:
            return await self._run(url, token)
        except (aiohttp.ClientError, OSError, TimeoutError, signal.SignalError, sdp.SdpError) as error:
            if isinstance(error, aiohttp.WSServerHandshakeError):
                if error.status in (401, 403):
                    raise MediaRefused(str(error.status)) from error
                return f"media server answered {error.status}"  # its own text holds the whole URL
            return f"{type(error).__name__}: {error}"
        finally:
            await self._close_peer()

    async def _run(self, url: str, token: str) -> str:
        for kind in ("audio", "video"):
            self._book.ensure(kind, RECEIVING_SECTIONS)
        request = signal.join_request(self._book.offer(), self._tools.version)
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            ws = await self._tools.http.ws_connect(
                signal.connect_url(url, request),
                headers={"Authorization": f"Bearer {token}"},
                max_msg_size=signal.MAX_MESSAGE_BYTES,
                ssl=self._tools.tls,
                compress=0,
            )
        self._ws = ws
        self._heard_at = self._loop.time()
        reader = asyncio.create_task(self._read(ws))
        watch = asyncio.create_task(self._watch())
        try:
            return await self._ended
        finally:
            for task in (reader, watch):
                task.cancel()
            await asyncio.gather(reader, watch, return_exceptions=True)
            with contextlib.suppress(ConnectionError, TimeoutError):
                if not ws.closed:
                    await ws.send_bytes(signal.leave())
                async with asyncio.timeout(1.0):
                    await ws.close()
            self._ws = None

    async def _read(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        async for message in ws:
            if message.type is not aiohttp.WSMsgType.BINARY:
                continue
            self._heard_at = self._loop.time()
            try:
                response = signal.parse_response(message.data)
                handler = _HANDLERS.get(response.WhichOneof("message") or "")
                if handler is not None:
                    handler(self, response)
            except (signal.SignalError, sdp.SdpError) as error:
                self._end(f"signalling: {error}")
        self._end("signalling closed")

    async def _watch(self) -> None:
        """Pings, and ends the connection when nothing answers or the media does not come up in time."""
        started = self._loop.time()
        while True:
            await asyncio.sleep(self._ping_every_s)
            now = self._loop.time()
            if not self._connected and now - started > CONNECT_TIMEOUT_S:
                self._end("media did not come up in time")
            if now - self._heard_at > SIGNAL_SILENCE_S:
                self._end("signalling silent")
            self._send(signal.ping(int(time.time() * 1000)))

    def _send(self, data: bytes) -> None:
        ws = self._ws
        if ws is None or ws.closed:
            return
        # aiohttp writes small frames without waiting; a full pipe is noticed by the missing pong
        task = self._loop.create_task(self._send_now(ws, data))
        _SENDING.add(task)
        task.add_done_callback(_SENDING.discard)

    async def _send_now(self, ws: aiohttp.ClientWebSocketResponse, data: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            await ws.send_bytes(data)

    def _end(self, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)

    # from the server

    def _on_join(self, response: rtc.SignalResponse) -> None:
        join = response.join
        self.sid = join.participant.sid
        self._ping_every_s = min(max(join.ping_interval, 1), 30) if join.ping_interval else 5.0
        self.stage.begin(join.participant, join.other_participants)
        self._stage_changed()

    def _on_answer(self, response: rtc.SignalResponse) -> None:
        if response.answer.id not in (0, self._offer_number):
            return  # an answer to an older offer
        answer = sdp.parse_answer(response.answer.sdp)
        self._offer_open = False
        self._tracks = answer.tracks()
        self._tell_sources()
        self._tools.media.call(lambda now: self._peer.start(answer, now))
        self._publisher.answered()
        if self._offer_again:
            self._negotiate()

    def _on_trickle(self, response: rtc.SignalResponse) -> None:
        candidate = sdp.parse_candidate(signal.candidate_line(response.trickle.candidateInit))
        if candidate is not None:
            self._tools.media.call(lambda now: self._peer.add_candidate(candidate, now))

    def _on_update(self, response: rtc.SignalResponse) -> None:
        self.stage.update(response.update.participants)
        self._stage_changed()

    def _on_sections(self, response: rtc.SignalResponse) -> None:
        wanted = response.media_sections_requirement
        for kind, more in (("audio", wanted.num_audios), ("video", wanted.num_videos)):
            have = sum(s.kind == kind and s.direction == "recvonly" for s in self._book.sections)
            self._book.ensure(kind, min(have + more, MAX_RECEIVING_SECTIONS))
        self._negotiate()

    def _on_leave(self, response: rtc.SignalResponse) -> None:
        self._end("server: " + models.DisconnectReason.Name(response.leave.reason))

    def _on_published(self, response: rtc.SignalResponse) -> None:
        if self._publisher.published(response.track_published.cid, response.track_published.track.sid):
            self._negotiate()

    def _on_unpublished(self, response: rtc.SignalResponse) -> None:
        if self._publisher.unpublished(response.track_unpublished.track_sid):
            self._negotiate()

    def _on_mute(self, response: rtc.SignalResponse) -> None:
        if response.mute.muted:
            self._publisher.muted(response.mute.sid)

    def _on_refresh(self, response: rtc.SignalResponse) -> None:
        self._on_token(response.refresh_token)

    def _stage_changed(self) -> None:
        self._tell_sources()
        if self._connected:
            self._follow_grant()

    def _tell_sources(self) -> None:
        """What is due from now on, for the rules of picture and sound."""
        due = self.stage.due(self._tracks)
        video, audio = self.stage.has_source("video"), self.stage.has_source("audio")
        receiver = self._receiver
        self._tools.media.call(lambda now: receiver.sources(due, video, audio, now))

    def _follow_grant(self) -> None:
        allowed = {kind for kind in ("audio", "video") if self.stage.may_publish(kind)}
        if self._publisher.allow(allowed):
            self._negotiate()

    def _negotiate(self) -> None:
        """One offer at a time: a change while one is open is offered after its answer."""
        if self._offer_open:
            self._offer_again = True
            return
        self._offer_open, self._offer_again = True, False
        self._offer_number += 1
        self._send(signal.offer(self._book.offer(), self._offer_number, self._publisher.offer()))

    # from the media thread

    def _from_media_thread(self, event: str, reason: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._on_media, event, reason)

    def _on_media(self, event: str, reason: str) -> None:
        if event == "connected":
            if not self._connected and not self._ended.done():
                self._connected = True
                self._on_joined(self.sid)
                self._follow_grant()
        else:
            self._end(reason or event)

    def _with_sender(self, command: Callable[[Peer, float], None]) -> None:
        def run(now: float) -> None:
            command(self._peer, now)
            self._peer.wake()

        self._tools.media.call(run)

    async def _close_peer(self) -> None:
        closed = asyncio.Event()

        def close(now: float) -> None:
            self._peer.close(now)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(closed.set)

        self._tools.media.call(close)
        await closed.wait()


_SENDING: set[asyncio.Task[None]] = set()  # keeps frames being written alive; each ends by itself

_HANDLERS: dict[str, Callable[[MediaConnection, rtc.SignalResponse], None]] = {
    "join": MediaConnection._on_join,
    "answer": MediaConnection._on_answer,
    "trickle": MediaConnection._on_trickle,
    "update": MediaConnection._on_update,
    "media_sections_requirement": MediaConnection._on_sections,
    "leave": MediaConnection._on_leave,
    "track_published": MediaConnection._on_published,
    "track_unpublished": MediaConnection._on_unpublished,
    "mute": MediaConnection._on_mute,
    "refresh_token": MediaConnection._on_refresh,
}
