"""MediaEngine: the hub's one way to drive a relay or a LiveKit cluster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from confhub.engine.types import Capabilities, EngineEvent, EngineParticipant, EngineRoom, EngineStats, Source
from confhub.kernel.clock import Clock
from confhub.kernel.ids import Identity, MediaRoom

TOKEN_TTL_S = 600
"""A media token opens the door for ten minutes; in the room it is refreshed by the engine."""


class MediaEngine:
    """Every method but `mint_token`, `url_for` and `receive_webhook` asks the engine over the network, with
    a time-out, and raises EngineUnavailable or EngineRefused. Never call one inside a transaction."""

    def __init__(
        self, url: str, key: str, secret: str, clock: Clock, *, public_url: str | None = None
    ) -> None:
        """`url`: `http(s)://host:port` as the hub reaches the engine. `public_url`: what clients are given
        (`ws(s)://…`); without it they are given the engine's port on the host they reached the hub by."""
        raise NotImplementedError

    async def start(self) -> None:
        """Open the HTTP client and discover `capabilities`. EngineUnavailable where nobody answers."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close the HTTP client."""
        raise NotImplementedError

    @property
    def capabilities(self) -> Capabilities:
        """What this engine can do; known after `start`."""
        raise NotImplementedError

    def url_for(self, request_host: str, *, secure: bool) -> str:
        """The `ws://` or `wss://` address for a client that reached the hub at `request_host` (Host header,
        with or without a port); `secure`: the client came by HTTPS."""
        raise NotImplementedError

    def mint_token(self, media_room: MediaRoom, identity: Identity, name: str, metadata: str = "") -> str:
        """A joining token: may subscribe, may not publish. Valid TOKEN_TTL_S from now."""
        raise NotImplementedError

    async def open_room(self, media_room: MediaRoom) -> EngineRoom:
        """Make the room, or find it as it is."""
        raise NotImplementedError

    async def close_room(self, media_room: MediaRoom) -> None:
        """Send everybody out and forget the room; nothing happens where there is none."""
        raise NotImplementedError

    async def rooms(self, media_rooms: Sequence[MediaRoom] = ()) -> list[EngineRoom]:
        """The engine's rooms, all or those named."""
        raise NotImplementedError

    async def participants(self, media_room: MediaRoom) -> list[EngineParticipant]:
        """Who is in the room now; empty where there is no such room."""
        raise NotImplementedError

    async def put_on_stage(
        self, media_room: MediaRoom, identity: Identity, sources: Sequence[Source]
    ) -> None:
        """Let the participant publish these sources and be seen by all. ParticipantGone if not there."""
        raise NotImplementedError

    async def take_off_stage(self, media_room: MediaRoom, identity: Identity) -> None:
        """Withdraw publishing: when this returns, nothing more of it is forwarded. Nothing happens where the
        participant is not there."""
        raise NotImplementedError

    async def mute(self, media_room: MediaRoom, identity: Identity, source: Source) -> list[str]:
        """Mute every track of this source; gives their sids (empty: none published now). There is no
        unmute: only the room itself opens its microphone."""
        raise NotImplementedError

    async def remove(self, media_room: MediaRoom, identity: Identity, revoke_before: datetime) -> None:
        """Send the participant out, and refuse its tokens issued at or before `revoke_before`. Nothing
        happens where it is not there, but its tokens are refused all the same."""
        raise NotImplementedError

    async def allow_again(self, media_room: MediaRoom, identity: Identity) -> None:
        """Undo `remove` for tokens issued from now on."""
        raise NotImplementedError

    async def set_room_metadata(self, media_room: MediaRoom, metadata: str) -> None:
        """Tell everybody in the room; nothing happens where there is no such room."""
        raise NotImplementedError

    def receive_webhook(self, body: bytes, authorization: str) -> EngineEvent:
        """One webhook request's body and Authorization header. WebhookRefused, WebhookUnreadable."""
        raise NotImplementedError

    async def stats(self) -> EngineStats:
        """Figures since the engine's start."""
        raise NotImplementedError
