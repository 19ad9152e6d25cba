"""MediaEngine: the hub's one way to drive a relay or a LiveKit cluster."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
from google.protobuf.json_format import Parse, ParseError
from livekit.api import TokenVerifier
from livekit.protocol import models, webhook
from livekit.protocol import room as messages

from confhub.engine import figures, translation
from confhub.engine.errors import EngineUnavailable, ParticipantGone, WebhookRefused, WebhookUnreadable
from confhub.engine.skew import Skew
from confhub.engine.stage import ClusterSlots, RelaySlots, StageWays
from confhub.engine.tokens import TOKEN_TTL_S, joining_token
from confhub.engine.twirp import TwirpCaller
from confhub.engine.types import (
    Capabilities,
    EngineEvent,
    EngineParticipant,
    EngineRoom,
    EngineSlot,
    EngineStats,
    Source,
    StageSlot,
)
from confhub.kernel.clock import Clock
from confhub.kernel.ids import Identity, MediaRoom

__all__ = ["TOKEN_TTL_S", "EngineEvent", "EngineParticipant", "MediaEngine"]

_HOST = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9._-]{1,253}))(?::[0-9]{1,5})?")

EMPTY_ROOM_TTL_S = 3600
"""How long the engine keeps a room nobody is in: over the lobby, and over a power cut of every room."""

LEEWAY = timedelta(minutes=1)
"""Of a webhook's signature, beyond what the clocks are known to differ by; LiveKit's own."""

WEBHOOK_MAX_BYTES = 256 * 1024
"""A webhook carries one room, one participant and its tracks: some kB."""


class MediaEngine:
    """Every method but `mint_token`, `url_for` and `receive_webhook` asks the engine over the network, with
    a time-out, and raises EngineUnavailable or EngineRefused. Never call one inside a transaction."""

    def __init__(
        self,
        url: str,
        key: str,
        secret: str,
        clock: Clock,
        *,
        public_url: str | None = None,
        verify_tls: bool = True,
    ) -> None:
        """`url`: `http(s)://host:port` or `ws(s)://…` as the hub reaches the engine. `public_url`: what
        clients are given (`ws(s)://…`); without it they are given the engine's port on the host by which
        they reached the hub. `verify_tls` False: the hub's own relay, on this machine, whose certificate
        bears the outer name; on loopback none is checked anyway."""
        self._url, self._key, self._secret, self._clock = url, key, secret, clock
        self._public_url = public_url
        self._verify_tls = verify_tls and urlsplit(url).hostname not in ("127.0.0.1", "::1", "localhost")
        self._caller: TwirpCaller | None = None
        self._capabilities: Capabilities | None = None
        self._stage: StageWays | None = None
        self.skew = Skew()

    async def start(self) -> None:
        """Open the HTTP client and discover `capabilities`. EngineUnavailable, EngineRefused."""
        self._ensure_open()
        await self.discover()

    async def close(self) -> None:
        """Close the HTTP client."""
        if self._caller is not None:
            await self._caller.close()
            self._caller = self._stage = None

    async def discover(self) -> Capabilities:
        """Ask the engine what it can; LiveKit answers that it knows no such service."""
        answer = await self._ensure_open().ask_stage("GetCapabilities")
        if answer is None:
            await self.rooms()  # a LiveKit that takes our key, and not just any web server
            found = Capabilities()
        else:
            stage_view = bool(answer.get("stage_view", answer.get("stageView", True)))
            found = Capabilities(
                stage_view=stage_view,
                slots=answer.get("slots") is True,
                last_seen=True,
                revokes_tokens=True,
                engine="relay",
            )
        self._capabilities = found
        caller = self._ensure_open()
        self._stage = RelaySlots(caller) if found.slots else ClusterSlots(caller, self.participants)
        return found

    @property
    def capabilities(self) -> Capabilities:
        """What this engine can do. EngineUnavailable as long as it has never answered."""
        if self._capabilities is None:
            raise EngineUnavailable
        return self._capabilities

    def url_for(self, request_host: str, *, secure: bool) -> str:
        """The `ws://` or `wss://` address for a client that reached the hub at `request_host` (Host header,
        with or without a port); `secure`: the client came by HTTPS."""
        if self._public_url:
            return self._public_url
        parts = urlsplit(self._url)
        host = _host_of(request_host) or parts.hostname or "127.0.0.1"
        host = f"[{host}]" if ":" in host else host
        scheme = "wss" if secure or parts.scheme in ("https", "wss") else "ws"
        return f"{scheme}://{host}:{parts.port or (443 if scheme == 'wss' else 80)}"

    def mint_token(
        self, media_room: MediaRoom, identity: Identity, name: str, metadata: str = "", *, profile: str = ""
    ) -> str:
        """A joining token: may subscribe, may not publish. Valid TOKEN_TTL_S from now. `profile`: bandwidth
        profile, full, low or audio.

        Without stage view it is hidden: until its first grant nobody hears of the participant."""
        hidden = not self.capabilities.stage_view
        by_hub = self.capabilities.revokes_tokens  # revocation compares with the hub's own moments
        return joining_token(
            self._key,
            self._secret,
            self._clock.now() if by_hub else self._clock.now() - self.skew.offset,
            media_room,
            identity,
            name,
            metadata,
            hidden=hidden,
            profile=profile,
        )

    async def open_room(self, media_room: MediaRoom) -> EngineRoom:
        """Make the room, or find it as it is."""
        wish = messages.CreateRoomRequest(
            name=media_room, empty_timeout=EMPTY_ROOM_TTL_S, departure_timeout=EMPTY_ROOM_TTL_S
        )
        return translation.room(await self._ask("create_room", wish))

    async def close_room(self, media_room: MediaRoom) -> None:
        """Send everybody out and forget the room; nothing happens where there is none."""
        await self._ask_unless_gone("delete_room", messages.DeleteRoomRequest(room=media_room))

    async def rooms(self, media_rooms: Sequence[MediaRoom] = ()) -> list[EngineRoom]:
        """The engine's rooms, all or those named."""
        answer = await self._ask("list_rooms", messages.ListRoomsRequest(names=list(media_rooms)))
        return [translation.room(info) for info in answer.rooms]

    async def participants(self, media_room: MediaRoom) -> list[EngineParticipant]:
        """Who is in the room now, by the hub's clock; empty where there is no such room."""
        wish = messages.ListParticipantsRequest(room=media_room)
        answer = await self._ask_unless_gone("list_participants", wish)
        found = [] if answer is None else [translation.participant(info) for info in answer.participants]
        return [one.moved(self.skew.offset) for one in found]

    async def put_on_stage(
        self, media_room: MediaRoom, identity: Identity, sources: Sequence[Source]
    ) -> None:
        """Let the participant publish these sources and be seen by all. ParticipantGone if not there."""
        permission = models.ParticipantPermission(
            can_subscribe=True,
            can_publish=True,
            can_publish_data=False,
            can_publish_sources=[translation.SOURCE_TO_LIVEKIT[source] for source in sources],
            hidden=False,
        )
        await self._permit(media_room, identity, permission)

    async def take_off_stage(self, media_room: MediaRoom, identity: Identity) -> None:
        """Withdraw publishing: when this returns, nothing more of it is forwarded. Nothing happens where the
        participant is not there."""
        permission = models.ParticipantPermission(
            can_subscribe=True, can_publish=False, can_publish_data=False, hidden=False
        )
        try:
            await self._permit(media_room, identity, permission)
        except ParticipantGone:
            return

    async def point_slot(self, media_room: MediaRoom, slot: StageSlot, identity: Identity | None) -> bool:
        """Put a participant that may publish behind a slot of the stage, in place of whoever is there; None
        empties it. Gives whether the slot waits for what it has not published yet. The answer does not wait
        for the picture. ParticipantGone if it (or the room) is not there, SlotRefused if it may not publish.
        """
        return await self._slots().point(media_room, slot, identity)

    async def stage(self, media_room: MediaRoom) -> list[EngineSlot]:
        """Who is behind the slots; empty where there is no such room, or nothing was pointed in it."""
        return await self._slots().slots(media_room)

    async def mute(
        self, media_room: MediaRoom, identity: Identity, source: Source, done: Collection[str] = ()
    ) -> list[str]:
        """Mute every track of this source but those in `done`; gives their sids (empty: none published now).
        There is no unmute: only the room itself opens its microphone. ParticipantGone if not there."""
        who = messages.RoomParticipantIdentity(room=media_room, identity=identity)
        info = translation.participant(await self._ask("get_participant", who))
        muted = [track for track in info.tracks if track.source is source and track.sid not in done]
        for track in muted:
            wish = messages.MuteRoomTrackRequest(
                room=media_room, identity=identity, track_sid=track.sid, muted=True
            )
            await self._ask_unless_gone("mute_published_track", wish)
        return [track.sid for track in muted]

    async def remove(self, media_room: MediaRoom, identity: Identity, revoke_before: datetime) -> None:
        """Send the participant out, and where the engine can, refuse its tokens issued at or before
        `revoke_before`; where it cannot, the hub removes it anew whenever it joins. Nothing happens where
        it is not there, but its tokens are refused all the same."""
        wish = messages.RoomParticipantIdentity(
            room=media_room, identity=identity, revoke_token_ts=int(revoke_before.timestamp())
        )
        await self._ask_unless_gone("remove_participant", wish)

    async def allow_again(self, media_room: MediaRoom, identity: Identity) -> None:
        """Undo `remove`: tokens issued in a later second than the removal are good on every engine, so
        there is nothing to tell it."""

    async def set_profile(self, media_room: MediaRoom, identity: Identity, profile: str) -> None:
        """Take another bandwidth profile (full, low, audio) at once. A LiveKit cluster knows audio only: no
        pictures are subscribed to. ParticipantGone if not there."""
        caller = self._ensure_open()
        if self.capabilities.engine == "relay":
            await figures.set_on_relay(caller, media_room, identity, profile)
        else:
            await figures.set_on_cluster(caller, media_room, identity, profile)

    async def figures(self, media_rooms: Sequence[MediaRoom]) -> dict[MediaRoom, list[figures.Figures]]:
        """Loss, bitrate, layer and more of everybody in these rooms, by one question; empty where the engine
        does not tell."""
        if self.capabilities.engine != "relay":
            return {}
        return await figures.figures(self._ensure_open(), media_rooms)

    async def silent(self, media_rooms: Sequence[MediaRoom]) -> dict[MediaRoom, dict[Identity, datetime]]:
        """Who is listed in these rooms but not heard any more, and since when, by one question with a short
        answer; empty where the engine does not tell (a LiveKit cluster)."""
        if self.capabilities.engine != "relay":
            return {}
        found = await figures.silent(self._ensure_open(), media_rooms)
        by = self.skew.offset
        return {room: {who: at + by for who, at in rows.items()} for room, rows in found.items()}

    async def set_room_metadata(self, media_room: MediaRoom, metadata: str) -> None:
        """Tell everybody in the room; nothing happens where there is no such room."""
        wish = messages.UpdateRoomMetadataRequest(room=media_room, metadata=metadata)
        await self._ask_unless_gone("update_room_metadata", wish)

    def receive_webhook(self, body: bytes, authorization: str) -> EngineEvent:
        """One webhook request's body and Authorization header: an event, by the hub's clock. WebhookRefused,
        WebhookUnreadable."""
        if len(body) > WEBHOOK_MAX_BYTES:
            raise WebhookUnreadable
        self._check_signature(body, authorization)
        try:
            message = Parse(body.decode(), webhook.WebhookEvent(), ignore_unknown_fields=True)
        except (ParseError, UnicodeDecodeError, RecursionError) as error:
            raise WebhookUnreadable from error
        return translation.event(message).moved(self.skew.offset)

    def signed_by_media(self, authorization: str) -> bool:
        """Whether a webhook's Authorization header is the engine's own, before its body is read."""
        try:
            self._verifier().verify(authorization.removeprefix("Bearer ").strip())
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            return False
        return True

    async def stats(self, identity_prefix: str = "") -> EngineStats:
        """Figures since the engine's start. With a prefix, the packets are those of the participants now
        there whose identity begins so, since each one's connection began."""
        rooms = await self.rooms()
        answer = await self._ensure_open().ask_stage("GetStats", {"identity_prefix": identity_prefix}) or {}
        return EngineStats(
            cpu_s=_number(answer, "cpu_s"),
            rss_mb=_number(answer, "rss_mb"),
            packets_in=_count(answer, "packets_received"),
            packets_out=_count(answer, "packets_sent"),
            rooms=len(rooms),
            participants=sum(room.participants for room in rooms),
        )

    def _slots(self) -> StageWays:
        if self._stage is None:
            raise EngineUnavailable
        return self._stage

    def _verifier(self) -> TokenVerifier:
        return TokenVerifier(self._key, self._secret, leeway=LEEWAY + abs(self.skew.offset))

    def _check_signature(self, body: bytes, authorization: str) -> None:
        token = authorization.removeprefix("Bearer ").strip()
        try:
            claims = self._verifier().verify(token)
            signed = base64.b64decode(claims.sha256 or "", validate=False)
        except (jwt.PyJWTError, binascii.Error, ValueError, TypeError, AttributeError) as error:
            raise WebhookRefused from error
        if not hmac.compare_digest(signed, hashlib.sha256(body).digest()):
            raise WebhookRefused

    async def _permit(self, media_room: MediaRoom, identity: Identity, permission: Any) -> None:
        wish = messages.UpdateParticipantRequest(room=media_room, identity=identity, permission=permission)
        await self._ask("update_participant", wish)

    def _answered(self) -> Callable[[str], None]:
        asked = self._clock.now()
        return lambda date: self.skew.note(asked, date, self._clock.now())

    def _ensure_open(self) -> TwirpCaller:
        if self._caller is None:
            self._caller = TwirpCaller(
                self._url, self._key, self._secret, verify_tls=self._verify_tls, answered=self._answered
            )
        return self._caller

    async def _ask(self, method: str, wish: Any) -> Any:
        caller = self._ensure_open()
        return await caller.ask(getattr(caller.rooms, method)(wish))

    async def _ask_unless_gone(self, method: str, wish: Any) -> Any | None:
        try:
            return await self._ask(method, wish)
        except ParticipantGone:
            return None


def _host_of(request_host: str) -> str | None:
    """The name or address in a Host header, None where it holds anything else."""
    found = _HOST.fullmatch(request_host)
    return (found["v6"] or found["name"]) if found else None


def _number(answer: dict[str, Any], name: str) -> float | None:
    value = answer.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def _count(answer: dict[str, Any], name: str) -> int | None:
    value = _number(answer, name)
    return None if value is None else int(value)
