"""Who is asking: the token of a request, checked; for clients in the query or the header, for servers in
the header."""

from __future__ import annotations

from aiohttp import web

from confhub.relay.room import limits
from confhub.relay.room.rooms import Rooms
from confhub.relay.room.stage.slot import PREFIX
from confhub.relay.wire import tokens
from confhub.relay.wire.tokens import Grants, TokenError

_BEARER = "Bearer "


def token_of(request: web.Request) -> str:
    """The token's text, "" where there is none. Raises TokenError for another authorization scheme."""
    header = request.headers.get("Authorization", "")
    if header:
        if not header.startswith(_BEARER):
            raise TokenError("malformed", "invalid authorization header. Must start with Bearer")
        return header.removeprefix(_BEARER).strip()
    return request.query.get("access_token", "")


def check(request: web.Request, rooms: Rooms) -> Grants:
    """Verified grants of the request's token. Raises TokenError."""
    token = token_of(request)
    if not token:
        raise TokenError("missing", "no access token: give it as access_token or in the Authorization header")
    return tokens.verify(token, rooms.host.keys, rooms.host.wall())


def check_join(request: web.Request, rooms: Rooms) -> Grants:
    """The same, and the token lets its identity join its room. Raises TokenError."""
    grants = check(request, rooms)
    if not grants.room_join or not grants.room:
        raise TokenError("not_allowed", "permissions denied: the token does not allow joining a room")
    if not grants.identity:
        raise TokenError("no_identity", "the token names no identity")
    if grants.identity.startswith(PREFIX):
        raise TokenError("reserved", f"identities that begin with {PREFIX} are the stage's slots")
    if len(grants.identity) > limits.IDENTITY_MAX_CHARS or len(grants.room) > limits.ROOM_NAME_MAX_CHARS:
        raise TokenError("too_long", "identity or room name length exceeds limits")
    if rooms.is_revoked(grants.room, grants.identity, grants.iat_s or grants.nbf_s):
        raise TokenError("revoked", "this token was withdrawn: the participant was removed from the room")
    return grants
