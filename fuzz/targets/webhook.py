"""Webhooks at the hub: any authorization over any body, and any event under a right signature."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import jwt
from google.protobuf import json_format
from livekit.protocol.webhook import WebhookEvent

from confhub.engine.engine import MediaEngine
from confhub.engine.errors import WebhookRefused, WebhookUnreadable
from confhub.kernel.clock import SystemClock
from fuzz.law import Feed
from fuzz.source import Source
from fuzz.targets import messages

KEY, SECRET = "key", "a-secret-of-at-least-32-characters-long"
_TEXTS = [
    "",
    "participant_joined",
    "room_started",
    "track_published",
    "hall",
    "room:1",
    "confhub.last_seen_ms",
    "1",
]


@contextmanager
def ready() -> Iterator[Feed]:
    """First byte: how much is made right."""
    engine = MediaEngine("http://127.0.0.1:1", KEY, SECRET, SystemClock())
    yield lambda data: feed(engine, data)


def feed(engine: MediaEngine, data: bytes) -> None:
    """An event, or one of the two refusals."""
    source = Source(data)
    how = source.number() % 4
    if how == 0:
        authorization, body = source.piece().decode(errors="replace"), source.rest()
    elif how == 1:
        body = source.rest()
        authorization = _signature(body)
    else:
        event = WebhookEvent()
        messages.fill(event, source, _TEXTS)
        body = json_format.MessageToJson(event).encode()
        authorization = "Bearer " * (how == 3) + _signature(body)
    with suppress(WebhookRefused, WebhookUnreadable):
        engine.receive_webhook(body, authorization)


def _signature(body: bytes) -> str:
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return jwt.encode({"iss": KEY, "nbf": 0, "exp": 2**40, "sha256": digest}, SECRET, algorithm="HS256")
