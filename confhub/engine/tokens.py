"""Media tokens: LiveKit's JWT (HS256), minted by the hub for rooms and persons."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import jwt

from confhub.kernel.ids import Identity, MediaRoom

TOKEN_TTL_S = 600
"""A media token opens the door for ten minutes; in the room it is refreshed by the engine."""

VIEW_ATTRIBUTE = "confhub.view"
PROFILE_ATTRIBUTE = "confhub.profile"
LAST_SEEN_ATTRIBUTE = "confhub.last_seen_ms"


def joining_token(
    key: str,
    secret: str,
    now: datetime,
    media_room: MediaRoom,
    identity: Identity,
    name: str,
    metadata: str = "",
    *,
    hidden: bool,
    profile: str = "",
) -> str:
    """A token that opens `media_room` as `identity` for TOKEN_TTL_S: may hear and see the stage, may not
    publish, send data or change its own metadata. `iat` is whole seconds, by which it can be revoked."""
    video: dict[str, Any] = {
        "roomJoin": True,
        "room": media_room,
        "canSubscribe": True,
        "canPublish": False,
        "canPublishData": False,
        "canUpdateOwnMetadata": False,
    }
    if hidden:
        video["hidden"] = True
    attributes = {VIEW_ATTRIBUTE: "stage"}
    if profile:
        attributes[PROFILE_ATTRIBUTE] = profile
    issued_at = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": key,
        "sub": identity,
        "name": name,
        "iat": issued_at,
        "nbf": issued_at,
        "exp": int((now + timedelta(seconds=TOKEN_TTL_S)).timestamp()),
        "attributes": attributes,
        "video": video,
    }
    if metadata:
        claims["metadata"] = metadata
    return jwt.encode(claims, secret, algorithm="HS256")
