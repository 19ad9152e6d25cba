"""LiveKit access tokens (HS256 JWT): verified, read into `Grants`, minted again for refresh_token.

The time comes in as an argument; this module has no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_TOKEN_CHARS = 16 * 1024
"""LiveKit limits metadata to 64 kB elsewhere, but a token travels in a URL or a header."""
LEEWAY_S = 10
"""Clocks of hub and relay may differ by this much."""


class TokenError(Exception):
    """The token is refused. `code` is stable (missing, malformed, unknown_key, bad_signature, expired, not_yet_valid,
    no_identity), `message` is readable English for the 401 body."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Grants:
    """What a verified token says. Tri-state permissions are None where the token is silent (LiveKit: allowed)."""

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
    can_publish_sources: tuple[str, ...] = ()  # lower-case names: camera, microphone, screen_share(_audio); () = all
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
    raise NotImplementedError


def mint(grants: Grants, keys: Mapping[str, str], now_s: float, ttl_s: int) -> str:
    """A fresh token with the same claims as `grants.claims`, iat/nbf = now_s, exp = now_s + ttl_s, signed by
    `grants.key`. Raises TokenError("unknown_key", ...) if that key is not configured any more."""
    raise NotImplementedError
