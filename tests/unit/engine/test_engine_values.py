"""Addresses for clients, and webhooks from hostile hands, without any engine."""

from __future__ import annotations

import base64
import contextlib
import hashlib

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.engine.engine import MediaEngine
from confhub.engine.errors import EngineUnavailable, WebhookRefused, WebhookUnreadable
from confhub.engine.types import EngineEvent, EventKind
from confhub.kernel.clock import SystemClock
from confhub.kernel.ids import Identity, MediaRoom

KEY, SECRET = "key", "a-secret-of-at-least-32-characters-long"


def engine(url: str = "http://127.0.0.1:7880", public_url: str | None = None) -> MediaEngine:
    return MediaEngine(url, KEY, SECRET, SystemClock(), public_url=public_url)


def signed(body: bytes) -> str:
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return jwt.encode({"iss": KEY, "sha256": digest, "exp": 4_000_000_000}, SECRET, algorithm="HS256")


@pytest.mark.parametrize(
    ("engine_url", "host", "secure", "given_url"),
    [
        ("http://127.0.0.1:7880", "hop.example.vn", False, "ws://hop.example.vn:7880"),
        ("http://127.0.0.1:7880", "10.0.0.5:8080", False, "ws://10.0.0.5:7880"),
        ("http://127.0.0.1:7880", "[fd00::5]:8080", False, "ws://[fd00::5]:7880"),
        ("https://127.0.0.1:7880", "hop.example.vn:8443", True, "wss://hop.example.vn:7880"),
        ("ws://media.example.vn:80", "", False, "ws://media.example.vn:80"),
    ],
)
def test_clients_are_given_the_engines_port_where_they_reached_the_hub(
    engine_url: str, host: str, secure: bool, given_url: str
) -> None:
    assert engine(engine_url).url_for(host, secure=secure) == given_url


@pytest.mark.parametrize("host", ["[", "a b", "x:99999999", "\ud800", "[::1", "a/b@c"])
def test_a_strange_host_header_breaks_nothing(host: str) -> None:
    assert engine().url_for(host, secure=False).startswith("ws://")


def test_a_public_address_goes_before_all() -> None:
    assert engine(public_url="wss://media.example.vn").url_for("x", secure=False) == "wss://media.example.vn"


def test_before_the_engine_has_answered_no_token_is_made() -> None:
    with pytest.raises(EngineUnavailable):
        engine().mint_token(MediaRoom("s1"), Identity("room:A"), "A")


@given(st.binary(max_size=300))
def test_a_signed_body_is_read_or_refused_and_nothing_else(body: bytes) -> None:
    with contextlib.suppress(WebhookUnreadable):
        assert isinstance(engine().receive_webhook(body, signed(body)), EngineEvent)


@given(st.text(max_size=200))
def test_an_unsigned_body_is_refused_whatever_the_header(header: str) -> None:
    with pytest.raises(WebhookRefused):
        engine().receive_webhook(b"{}", header)


def test_unknown_events_and_absurd_figures_are_survived() -> None:
    body = (
        b'{"event":"egress_started","id":"EV_1","createdAt":"9223372036854775807","room":{"name":"s1"},'
        b'"participant":{"identity":"room:A","sid":"PA_1","joinedAtMs":"-5","attributes":'
        b'{"confhub.last_seen_ms":"99999999999999999999"}},"future":1}'
    )
    event = engine().receive_webhook(body, signed(body))
    assert (event.kind, event.identity, event.last_seen) == (EventKind.OTHER, "room:A", None)


def test_last_seen_is_milliseconds_in_utc() -> None:
    body = (
        b'{"event":"participant_left","id":"EV_1","createdAt":"1772438401","room":{"name":"s1","sid":"RM_1"},'
        b'"participant":{"identity":"room:A","sid":"PA_1","attributes":'
        b'{"confhub.last_seen_ms":"1772438400250"}}}'
    )
    event = engine().receive_webhook(body, f"Bearer {signed(body)}")
    assert (event.kind, event.instance, event.connection) == (EventKind.LEFT, "RM_1", "PA_1")
    assert event.last_seen is not None
    assert event.last_seen.isoformat() == "2026-03-02T08:00:00.250000+00:00"
