"""TURN servers as clients are told of them: URLs and time-limited credentials (coturn's `use-auth-secret`,
draft-uberti-behave-turn-rest)."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from livekit.protocol import rtc

TTL_S = 12 * 3600
"""A long day of conference: after a change of network a client allocates anew with what its join gave."""
MAX_URLS = 8
"""Browsers complain beyond four; each is an allocation of every client."""
_IDENTITY_MAX_BYTES = 400
"""USERNAME has at most 508 bytes in coturn, with the time before it."""
_URL = re.compile(r"turns?:(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(\?transport=(udp|tcp))?")


@dataclass(frozen=True)
class TurnServers:
    """The TURN servers of one relay. `secret` is coturn's `static-auth-secret`."""

    urls: Sequence[str]
    secret: str

    def for_client(self, identity: str, now_s: float) -> rtc.ICEServer:
        """What one client may use until `now_s` (unix) + TTL_S."""
        name = identity.encode()[:_IDENTITY_MAX_BYTES].decode(errors="ignore")
        username = f"{int(now_s) + TTL_S}:{name}"
        digest = hmac.digest(self.secret.encode(), username.encode(), "sha1")
        return rtc.ICEServer(urls=self.urls, username=username, credential=base64.b64encode(digest).decode())


def check_urls(urls: Sequence[str]) -> None:
    """Raises ValueError naming the first that is no `turn:` or `turns:` URL (RFC 7065), or their number."""
    if len(urls) > MAX_URLS:
        raise ValueError(f"at most {MAX_URLS} URLs are of use")
    for url in urls:
        if not _URL.fullmatch(url):
            raise ValueError(f"{url!r} is no TURN URL; write turn:host:port or turns:host:port?transport=tcp")
