"""The signalling WebSocket: joining, resuming, and the loop that hands a client's messages to the room."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import WSMsgType, web
from cachetools import LRUCache
from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

from confhub.kernel.http_server import know
from confhub.relay.room import handlers, limits, people
from confhub.relay.room.negotiation.media import DualMedia, SingleMedia
from confhub.relay.room.participant import Participant, State
from confhub.relay.room.rates import Bucket
from confhub.relay.room.room import Room, leave_message
from confhub.relay.room.rooms import Rooms
from confhub.relay.room.tracks import subscribing
from confhub.relay.service import access, greeting, joining
from confhub.relay.service.joining import JoinError, JoinWish
from confhub.relay.service.link import SocketLink
from confhub.relay.wire.sdp import SdpError
from confhub.relay.wire.tokens import Grants, TokenError

log = logging.getLogger(__name__)

Action = rtc.LeaveRequest.Action
Disconnect = models.DisconnectReason


class Signalling:
    """Handlers of `/rtc`, `/rtc/v1` and their validate pages."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._links: set[SocketLink] = set()
        self._joins: LRUCache[tuple[str, str], Bucket] = LRUCache(limits.IDENTITIES_COUNTED)

    async def validate(self, request: web.Request) -> web.Response:
        """200 `success`, or 401 with the reason: what a client asks after a refused WebSocket."""
        try:
            grants = access.check_join(request, self._rooms)
        except TokenError as error:
            return web.Response(status=401, text=error.message)
        refusal = self._refusal(grants)
        return web.Response(status=503, text=refusal) if refusal else web.Response(text="success")

    async def v1(self, request: web.Request) -> web.StreamResponse:
        """One peer connection, the client offers."""
        return await self._serve(request, is_v1=True)

    async def v0(self, request: web.Request) -> web.StreamResponse:
        """Two peer connections, the relay offers the second."""
        return await self._serve(request, is_v1=False)

    def close_links(self) -> None:
        """The relay stops: every socket says what is queued and closes."""
        for link in list(self._links):
            link.close()

    def _refusal(self, grants: Grants) -> str | None:
        room = self._rooms.get(grants.room)
        if room is None and not self._rooms.host.auto_create:
            return "the room is not open: its hub has not made it, or has ended it"
        if room is not None and room.is_full() and grants.identity not in room.participants:
            return "the room has reached its maximum number of participants"
        return None

    def _may_join(self, grants: Grants) -> bool:
        """Within the identity's budget of joins and resumes?"""
        bucket = self._joins.setdefault((grants.room, grants.identity), Bucket.for_joins())
        return bucket.take(self._rooms.host.now())

    async def _serve(self, request: web.Request, *, is_v1: bool) -> web.StreamResponse:
        try:
            grants = access.check_join(request, self._rooms)
        except TokenError as error:
            return web.Response(status=401, text=error.message)
        try:
            wish = joining.read(request.query, is_v1=is_v1)
        except JoinError as error:
            return web.Response(status=400, text=str(error))
        if refusal := self._refusal(grants):
            return web.Response(status=503, text=refusal)
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return web.Response(status=400, text="this address is for LiveKit clients (WebSocket)")
        know(request, f"{grants.identity} in {grants.room}")
        if not self._may_join(grants):
            return web.Response(status=429, text="this identity joins too often; wait some seconds")
        socket = web.WebSocketResponse(
            heartbeat=limits.SOCKET_HEARTBEAT_S,
            max_msg_size=limits.SIGNAL_MESSAGE_MAX_BYTES,
            compress=False,
            autoping=False,
        )
        await socket.prepare(request)
        await self._run(socket, grants, wish)
        return socket

    async def _run(self, socket: web.WebSocketResponse, grants: Grants, wish: JoinWish) -> None:
        link = SocketLink(socket)
        self._links.add(link)
        writer = asyncio.get_running_loop().create_task(link.run())
        participant: Participant | None = None
        try:
            participant = self._enter(link, grants, wish)
            if participant is not None:
                await self._read(socket, participant, link)
        finally:
            self._links.discard(link)
            if participant is not None and participant.link is link:
                participant.link = None
                participant.signal_lost_s = self._rooms.host.now()
            link.close()
            await asyncio.gather(writer, return_exceptions=True)

    def _enter(self, link: SocketLink, grants: Grants, wish: JoinWish) -> Participant | None:
        """Join or resume; None where the client was told to do otherwise."""
        if wish.reconnect:
            return self._resume(link, grants, wish)
        room = self._rooms.open(grants.room)
        if room is None:
            link.send(leave_message(Disconnect.JOIN_FAILURE, Action.DISCONNECT).SerializeToString())
            return None
        older = room.participants.get(grants.identity)
        if older is not None:
            room.dismiss(older, Disconnect.DUPLICATE_IDENTITY, Action.DISCONNECT)
        return self._join(room, link, grants, wish)

    def _join(self, room: Room, link: SocketLink, grants: Grants, wish: JoinWish) -> Participant:
        if room.announcer.has_departures:
            room.announcer.flush(room.host.now())
        participant = Participant(grants, wish.client, int(self._rooms.host.wall() * 1000))
        participant.link = link
        participant.auto_subscribe = wish.auto_subscribe
        participant.auto_subscribe_data = wish.auto_subscribe_data
        room.admit(participant)
        if participant.is_stage_viewer:
            subscribing.reconcile_viewer(participant)  # the stage is in the very first description
        participant.media = SingleMedia(room, participant) if wish.is_v1 else DualMedia(room, participant)
        greeting.apply_wishes(participant, wish)
        participant.state = State.JOINED
        greeting.send_join(room, participant, is_v1=wish.is_v1)
        participant.touch()
        for track in wish.tracks:
            handlers.HANDLERS["add_track"](participant, track)
        if not wish.is_v1:
            participant.media.refresh()
        if wish.offer is not None:
            self._take_offer(participant, rtc.SignalRequest(offer=wish.offer))
        people.send_token(participant)  # the joining one may run out any moment
        return participant

    def _take_offer(self, participant: Participant, offer: rtc.SignalRequest) -> None:
        """The offer of a join. LiveKit's Go SDK reads what follows `join` before it has set its own offer,
        and never connects when the answer comes first."""
        if participant.client.sdk != models.ClientInfo.SDK.GO:
            self._handle(participant, offer)
            return

        def take() -> None:
            if participant.room is not None:
                self._handle(participant, offer)

        asyncio.get_running_loop().call_later(limits.GO_OFFER_WAIT_S, take)

    def _resume(self, link: SocketLink, grants: Grants, wish: JoinWish) -> Participant | None:
        """The participant of that sid goes on with a new socket; an unknown one has to join anew."""
        room = self._rooms.get(grants.room)
        participant = room.by_sid.get(wish.participant_sid) if room is not None else None
        if room is None or participant is None or participant.identity != grants.identity:
            link.send(leave_message(Disconnect.STATE_MISMATCH, Action.RECONNECT).SerializeToString())
            return None
        cut, participant.cut_on_resume = participant.cut_on_resume, ""
        if cut == "before":
            return None
        room.announcer.flush(room.host.now())
        older, participant.link = participant.link, link
        if older is not None:
            older.close()
        participant.signal_lost_s = None
        greeting.send_reconnect(room, participant)
        if cut == "after":
            link.close()
            return participant
        if participant.media is not None:
            participant.media.resume()
        if wish.sync_state is not None:
            handlers.sync_state(participant, wish.sync_state)
            if participant.link is not link:
                return None
        if wish.offer is not None:
            self._handle(participant, rtc.SignalRequest(offer=wish.offer))
        return participant

    async def _read(self, socket: web.WebSocketResponse, participant: Participant, link: SocketLink) -> None:
        """Until the socket closes, or another one took over, or the participant left."""
        bucket = Bucket.for_signals()
        async for message in socket:
            size = len(message.data) if isinstance(message.data, bytes | str) else 0
            cost = 1 + size / limits.SIGNAL_BYTES_PER_REQUEST
            if not bucket.take(self._rooms.host.now(), cost):
                log.warning("%s sends too many requests and is cut", participant.sid)
                return
            if message.type is WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                link.ponged(message.data)
            if message.type is not WSMsgType.BINARY or not isinstance(message.data, bytes):
                continue
            try:
                request = rtc.SignalRequest.FromString(message.data)
            except DecodeError:
                log.warning("%s sent a malformed request and is cut", participant.sid)
                return
            if participant.link is not link:
                return
            self._handle(participant, request)

    def _handle(self, participant: Participant, request: rtc.SignalRequest) -> None:
        """One request; whatever goes wrong costs this participant alone."""
        try:
            handlers.handle(participant, request)
        except SdpError as error:
            log.warning("%s sent an unusable description: %s", participant.sid, error)
            self._send_away(participant)
        except Exception:
            log.exception("a request of %s failed", participant.sid)
            self._send_away(participant)

    def _send_away(self, participant: Participant) -> None:
        if participant.room is not None:
            participant.room.dismiss(participant, Disconnect.JOIN_FAILURE, Action.DISCONNECT)
