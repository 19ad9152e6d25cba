"""Access tokens: any text, and any claims under a right signature."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager

from confhub.relay.wire import tokens
from fuzz.law import Feed
from fuzz.source import Source

KEYS = {"key": "a-secret-of-at-least-32-characters-long"}
NOW_S = 1_700_000_000.0


@contextmanager
def ready() -> Iterator[Feed]:
    """First byte: text, signed claims, or a signed header and claims."""
    yield feed


def feed(data: bytes) -> None:
    """A token that is accepted can be minted again and is accepted then, too."""
    with contextlib.suppress(tokens.TokenError):
        grants = tokens.verify(token_of(data), KEYS, NOW_S)
        again = tokens.verify(tokens.mint(grants, KEYS, NOW_S, 600), KEYS, NOW_S)
        assert (again.identity, again.room, again.room_join) == (
            grants.identity,
            grants.room,
            grants.room_join,
        )


def token_of(data: bytes) -> str:
    """The text to be verified."""
    source = Source(data)
    how = source.number() % 3
    if how == 0:
        return source.rest().decode(errors="replace")
    header = b'{"alg":"HS256","typ":"JWT"}' if how == 1 else source.piece()
    return signed(header, source.rest())


def signed(header: bytes, claims: bytes) -> str:
    """A token under the right key, whatever its parts are."""
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, claims))
    mac = hmac.digest(KEYS["key"].encode(), text, hashlib.sha256)
    return (text + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()
