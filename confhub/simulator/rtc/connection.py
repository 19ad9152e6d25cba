"""One media connection of a simulated room: signalling WebSocket on asyncio, packets in the media thread.

connecting → joined → ended; joined → resuming → joined. `run` returns why it ended. A new connection is a
new object. When only the signalling is lost, the media goes on, and the signalling is resumed under the same
sid for as long as the server keeps a silent participant.
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
from typing import Any

import aiohttp
from livekit.protocol import models, rtc

from confhub.relay.wire.dtls import DtlsIdentity
from confhub.relay.wire.sdp import SdpError
from confhub.simulator.rtc import negotiation, signal
from confhub.simulator.rtc.ice import Credentials
from confhub.simulator.rtc.loop import MediaLoop
from confhub.simulator.rtc.peer import Peer, PeerStats
from confhub.simulator.rtc.publisher import Publisher
from confhub.simulator.rtc.receiver import FrameSink, Receiver
from confhub.simulator.rtc.roomline import RoomLine
from confhub.simulator.rtc.stage import Stage
from endpoints.agent.line import alive
from endpoints.clip.container import Clip

log = logging.getLogger(__name__)

PictureSink = Callable[[int, int, float, str], None]  # (ssrc, crc, unix seconds, slot), in the media thread

CONNECT_TIMEOUT_S = 15.0  # signalling, ICE and DTLS together, on a server that 302 rooms join at once
SIGNAL_SILENCE_S = 20.0  # no message, not even a pong, for so long: the WebSocket is dead
RESUME_FOR_S = 30.0  # the relay keeps a participant without signalling as long
RESUME_TRY_S = 5.0  # one try to resume
RESUME_EVERY_S = 0.3  # between two tries
RECEIVING_SECTIONS = 3  # chair, speaker and content without renegotiation, as LiveKit's own clients offer
MAX_RECEIVING_SECTIONS = 24


class ServerAway(Exception):
    """Nothing listens at the server's address: it was killed, or is being started."""


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
        line: RoomLine | None = None,
        on_keyframe: PictureSink | None = None,
        intrude: bool = False,
    ) -> None:
        self.sid = ""
        self.renegotiations = 0  # offers that the server asked for: it had media and found no section
        self.stage = Stage()
        self._tools, self._name = tools, name
        self._on_joined, self._on_token = on_joined, on_token
        self._loop = asyncio.get_running_loop()
        self._line, self._on_keyframe, self._intrude = line, on_keyframe, intrude
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        ssrc = random.getrandbits(32)
        self._receiver: Receiver = (
            Receiver(ssrc, negotiation.PAYLOAD_TYPES, sink)  # whole frames are Python's
            if sink is not None
            else tools.media.twin.receiver(ssrc, negotiation.PAYLOAD_TYPES)
        )
        credentials = Credentials.fresh()
        self._book = negotiation.OfferBook(
            credentials, tools.identity.fingerprint, random.getrandbits(62), name
        )
        self._peer = Peer(
            tools.media,
            tools.identity,
            credentials,
            self._receiver,
            self._from_media_thread,
            name,
            line=line.datagrams if line is not None else None,
            on_keyframe=self._keyframe if on_keyframe is not None else None,
        )
        self._publisher = Publisher(clip, self._book, self._send, self._with_sender, intrude=intrude)
        self._tracks: dict[int, str] = {}  # track sids behind the server's SSRCs
        self._slots: dict[int, str] = {}  # and whose they are; replaced whole, read by the media thread
        self._token = ""
        self._everyone_next = False  # the next update tells of everyone who is there
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
        """Joins and stays; returns the reason of the end. Raises MediaRefused, ServerAway, and no other error
        for a server that is broken or hostile."""
        self._token = token
        try:
            return await self._run(url)
        except (aiohttp.ClientError, OSError, TimeoutError, signal.SignalError, SdpError) as error:
            if isinstance(error, aiohttp.WSServerHandshakeError):
                if error.status in (401, 403):
                    raise MediaRefused(str(error.status)) from error
                return f"media server answered {error.status}"  # its own text holds the whole URL
            if _nobody_listens(error):
                raise ServerAway from error
            return f"{type(error).__name__}: {error}"
        finally:
            await self._close_peer()

    async def _run(self, url: str) -> str:
        for kind in ("audio", "video"):
            self._book.ensure(kind, RECEIVING_SECTIONS)
        request = signal.join_request(self._book.offer(), self._tools.version)
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            ws = await self._open(url, request)
        while True:
            await self._talk(ws)
            if self._ended.done():
                return self._ended.result()
            found = await self._resume(url)
            if found is None:
                return "signalling lost"
            ws = found

    async def _open(self, url: str, request: str) -> aiohttp.ClientWebSocketResponse:
        await alive(self._line)
        return await self._tools.http.ws_connect(
            signal.connect_url(url, request),
            headers={"Authorization": f"Bearer {self._token}"},
            max_msg_size=signal.MAX_MESSAGE_BYTES,
            ssl=self._tools.tls,
            compress=0,
        )

    async def _talk(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        """One WebSocket's life: until it is lost, or the connection ended."""
        self._ws = ws
        self._heard_at = self._loop.time()
        reader = asyncio.create_task(self._read(ws))
        watch = asyncio.create_task(self._watch())
        try:
            waiting: set[asyncio.Future[Any]] = {reader, watch, self._ended}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if not self._connected:
                self._end("signalling closed")
        finally:
            self._ws = None
            for task in (reader, watch):
                task.cancel()
            await asyncio.gather(reader, watch, return_exceptions=True)
            with contextlib.suppress(ConnectionError, TimeoutError):
                if self._ended.done() and not ws.closed:
                    await ws.send_bytes(signal.leave())
                async with asyncio.timeout(1.0):
                    await ws.close()

    async def _resume(self, url: str) -> aiohttp.ClientWebSocketResponse | None:
        """Opens the signalling again under the same sid; None when the time is over, or the connection ended.
        Raises as `run` reads it: a server that is gone has forgotten the sid as well."""
        give_up_at = self._loop.time() + RESUME_FOR_S
        request = signal.resume_request(self.sid, self._tools.version)
        while self._loop.time() < give_up_at and not self._ended.done():
            try:
                async with asyncio.timeout(RESUME_TRY_S):
                    ws = await self._open(url, request)
            except (aiohttp.WSServerHandshakeError, signal.SignalError):
                raise
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                if _nobody_listens(error):
                    raise
                await asyncio.wait({self._ended}, timeout=RESUME_EVERY_S)
                continue
            self._offer_open = self._offer_again = False  # an answer on the old socket is lost with it
            return ws
        return None

    async def _read(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        async for message in ws:
            await alive(self._line)
            if message.type is not aiohttp.WSMsgType.BINARY:
                continue
            self._heard_at = self._loop.time()
            try:
                response = signal.parse_response(message.data)
                handler = _HANDLERS.get(response.WhichOneof("message") or "")
                if handler is not None:
                    handler(self, response)
            except (signal.SignalError, SdpError) as error:
                self._end(f"signalling: {error}")

    async def _watch(self) -> None:
        """Pings; returns when nothing answers. Ends the connection whose media does not come up in time."""
        started = self._loop.time()
        while True:
            await asyncio.sleep(self._ping_every_s)
            now = self._loop.time()
            if not self._connected and now - started > CONNECT_TIMEOUT_S:
                self._end("media did not come up in time")
            if now - self._heard_at > SIGNAL_SILENCE_S:
                return
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
        await alive(self._line)
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
        answer = negotiation.read_answer(response.answer.sdp)
        self._offer_open = False
        self._tracks = answer.tracks
        self._tell_sources()
        self._tools.media.call(lambda now: self._peer.start(answer, now))
        self._publisher.answered()
        if self._offer_again:
            self._negotiate()

    def _on_trickle(self, response: rtc.SignalResponse) -> None:
        candidate = negotiation.read_candidate(signal.candidate_line(response.trickle.candidateInit))
        if candidate is not None:
            self._tools.media.call(lambda now: self._peer.add_candidate(candidate, now))

    def _on_reconnect(self, _response: rtc.SignalResponse) -> None:
        self._everyone_next = True
        self._publisher.announce_again()
        self._negotiate()  # what changed meanwhile, and what was asked before the old socket was lost

    def _on_update(self, response: rtc.SignalResponse) -> None:
        if self._everyone_next:
            self._everyone_next = False
            self.stage.forget_others()
        self.stage.update(response.update.participants)
        self._stage_changed()

    def _on_sections(self, response: rtc.SignalResponse) -> None:
        self.renegotiations += 1
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
        self._token = response.refresh_token
        self._on_token(response.refresh_token)

    def _stage_changed(self) -> None:
        self._tell_sources()
        if self._connected:
            self._follow_grant()

    def _tell_sources(self) -> None:
        """What is due from now on, for the rules of picture and sound."""
        due = self.stage.due(self._tracks)
        self._slots = {ssrc: self.stage.slot_of(sid) for ssrc, sid in self._tracks.items()}
        video, audio = self.stage.has_source("video"), self.stage.has_source("audio")
        receiver = self._receiver
        self._tools.media.call(lambda now: receiver.sources(due, video, audio, now))

    def _follow_grant(self) -> None:
        allowed = {kind for kind in ("audio", "video") if self._intrude or self.stage.may_publish(kind)}
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

    def _keyframe(self, ssrc: int, crc: int, at: float) -> None:
        assert self._on_keyframe is not None  # else the peer has no sink
        self._on_keyframe(ssrc, crc, at, self._slots.get(ssrc, ""))

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


def _nobody_listens(error: BaseException) -> bool:
    """Whether the address refused: the server's program is not running."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return isinstance(error.os_error, ConnectionRefusedError)
    return isinstance(error, ConnectionRefusedError)


_SENDING: set[asyncio.Task[None]] = set()  # keeps frames being written alive; each ends by itself

_HANDLERS: dict[str, Callable[[MediaConnection, rtc.SignalResponse], None]] = {
    "join": MediaConnection._on_join,
    "reconnect": MediaConnection._on_reconnect,
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
