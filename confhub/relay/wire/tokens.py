"""LiveKit access tokens (HS256 JWT): verified, read into `Grants`, minted again for refresh_token.

The time comes in as an argument; this module has no clock.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt

MAX_TOKEN_CHARS = 16 * 1024
"""LiveKit limits metadata to 64 kB elsewhere, but a token travels in a URL or a header."""
LEEWAY_S = 10
"""Clocks of hub and relay may differ by this much."""
MAX_IDENTITY_CHARS = 256
"""LiveKit's own limit of a participant's identity."""
MAX_TIME_S = 2**53
"""Larger times are no dates and are not exact as JSON numbers."""


class TokenError(Exception):
    """The token is refused. `code` is stable (missing, malformed, unknown_key, bad_signature, expired,
    not_yet_valid, no_identity), `message` is readable English for the 401 body."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Grants:
    """What a verified token says. Tri-state permissions are None where the token is silent (LiveKit:
    allowed)."""

    key: str  # API key that signed (iss)
    identity: str = ""  # sub; empty only for server-API tokens
    name: str = ""
    metadata: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    kind: str = "standard"
    room: str = ""
    room_join: bool = False
    room_create: bool = False
    room_list: bool = False
    room_admin: bool = False
    can_publish: bool | None = None
    can_subscribe: bool | None = None
    can_publish_data: bool | None = None
    can_publish_sources: tuple[
        str, ...
    ] = ()  # lower-case names: camera, microphone, screen_share(_audio); () = all
    can_update_own_metadata: bool | None = None
    hidden: bool = False
    recorder: bool = False
    agent: bool = False
    iat_s: int = 0  # 0 if absent (LiveKit's own SDKs write none; nbf then stands in)
    nbf_s: int = 0
    exp_s: int = 0
    claims: Mapping[str, Any] = field(default_factory=dict)  # everything, as signed; `mint` starts from it


def verify(token: str, keys: Mapping[str, str], now_s: float) -> Grants:
    """Check signature, exp and nbf against `keys` (API key -> secret) at `now_s` (unix seconds).

    Raises TokenError and nothing else, whatever the text.
    """
    if not token:
        raise TokenError("missing", "no access token was given")
    if len(token) > MAX_TOKEN_CHARS:
        raise TokenError("malformed", "the access token is too long")
    key = _issuer(token)
    secret = keys.get(key)
    if secret is None:
        raise TokenError("unknown_key", "the access token was signed by an unknown API key")
    claims = _checked_claims(token, secret)
    grants = _grants(key, claims)
    if grants.exp_s <= now_s - LEEWAY_S:
        raise TokenError("expired", "the access token has expired")
    if grants.nbf_s > now_s + LEEWAY_S:
        raise TokenError("not_yet_valid", "the access token is not valid yet")
    if grants.room_join and not grants.identity:
        raise TokenError("no_identity", "the access token to join has no identity")
    return grants


def mint(grants: Grants, keys: Mapping[str, str], now_s: float, ttl_s: int) -> str:
    """A fresh token with the same claims as `grants.claims`, iat/nbf = now_s, exp = now_s + ttl_s, signed by
    `grants.key`. Raises TokenError("unknown_key", ...) if that key is not configured any more."""
    secret = keys.get(grants.key)
    if secret is None:
        raise TokenError("unknown_key", "the API key of this participant is not configured any more")
    issued_s = int(now_s)
    claims = {**grants.claims, "iss": grants.key, "iat": issued_s, "nbf": issued_s, "exp": issued_s + ttl_s}
    return jwt.encode(claims, secret, algorithm="HS256")


def _issuer(token: str) -> str:
    """The unverified iss claim: it only chooses the secret, by which all is then checked. Read here by hand:
    PyJWT's decoding takes as long again as the one that follows."""
    parts = token.split(".")
    try:
        if len(parts) != 3:
            raise ValueError("not three parts")
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError) as error:
        raise TokenError("malformed", "the access token is malformed") from error
    key = claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(key, str):
        raise TokenError("malformed", "the access token names no API key")
    return key


def _checked_claims(token: str, secret: str) -> dict[str, Any]:
    options: Any = {
        "verify_exp": False,  # checked against the time given, not the machine's
        "verify_nbf": False,
        "verify_iat": False,
        "verify_aud": False,
        "verify_sub": False,
        "verify_jti": False,
    }
    try:
        return jwt.decode(token, secret, algorithms=["HS256"], options=options)
    except jwt.InvalidSignatureError as error:
        raise TokenError(
            "bad_signature", "the access token's signature does not match its API key"
        ) from error
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise TokenError("malformed", "the access token is malformed") from error


def _grants(key: str, claims: dict[str, Any]) -> Grants:
    video = claims.get("video") or {}
    attributes = claims.get("attributes") or {}
    if not isinstance(video, dict) or not isinstance(attributes, dict):
        raise TokenError("malformed", "the access token's grants are no object")
    return Grants(
        key=key,
        identity=_text(claims, "sub", MAX_IDENTITY_CHARS),
        name=_text(claims, "name"),
        metadata=_text(claims, "metadata"),
        attributes={k: v for k, v in attributes.items() if isinstance(k, str) and isinstance(v, str)},
        kind=_text(claims, "kind") or "standard",
        room=_text(video, "room"),
        room_join=video.get("roomJoin") is True,
        room_create=video.get("roomCreate") is True,
        room_list=video.get("roomList") is True,
        room_admin=video.get("roomAdmin") is True,
        can_publish=_tristate(video, "canPublish"),
        can_subscribe=_tristate(video, "canSubscribe"),
        can_publish_data=_tristate(video, "canPublishData"),
        can_publish_sources=_sources(video),
        can_update_own_metadata=_tristate(video, "canUpdateOwnMetadata"),
        hidden=video.get("hidden") is True,
        recorder=video.get("recorder") is True,
        agent=video.get("agent") is True,
        iat_s=_time(claims, "iat"),
        nbf_s=_time(claims, "nbf"),
        exp_s=_time(claims, "exp"),
        claims=claims,
    )


def _text(claims: dict[str, Any], name: str, maximum: int = MAX_TOKEN_CHARS) -> str:
    value = claims.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > maximum:
        raise TokenError("malformed", f"the access token's {name} is no text or too long")
    return value


def _tristate(video: dict[str, Any], name: str) -> bool | None:
    value = video.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise TokenError("malformed", f"the access token's {name} is neither true nor false")


def _sources(video: dict[str, Any]) -> tuple[str, ...]:
    value = video.get("canPublishSources") or []
    if not isinstance(value, list) or len(value) > 16 or not all(isinstance(item, str) for item in value):
        raise TokenError("malformed", "the access token's canPublishSources is no list of names")
    return tuple(item.lower() for item in value)


def _time(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_TIME_S:
        raise TokenError("malformed", f"the access token's {name} is no time")
    return int(value)
