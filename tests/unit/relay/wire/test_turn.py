"""Credentials as coturn's `use-auth-secret` checks them, and which URLs are TURN's."""

import base64
import hmac

import pytest

from confhub.relay.wire.turn import MAX_URLS, TTL_S, TurnServers, check_urls

SERVERS = TurnServers(("turn:192.0.2.1:3478", "turns:[2001:db8::1]:5349?transport=tcp"), "secret")


def test_the_password_is_the_names_hmac_and_the_name_begins_with_its_end() -> None:
    told = SERVERS.for_client("xã:17", 1_000.7)
    assert told.username == f"{1_000 + TTL_S}:xã:17"
    expected = hmac.digest(b"secret", told.username.encode(), "sha1")
    assert base64.b64decode(told.credential) == expected
    assert list(told.urls) == list(SERVERS.urls)


def test_a_long_identity_still_fits_a_stun_username() -> None:
    assert len(SERVERS.for_client("ế" * 256, 0).username.encode()) <= 508


def test_urls_of_turn_are_taken() -> None:
    check_urls(SERVERS.urls)
    check_urls(["turn:turn.example.org", "turn:turn.example.org:3478?transport=udp"])


@pytest.mark.parametrize(
    "url", ["http://x", "turn:", "turn://x", "stun:x", "turn:a b", "turn:x?transport=sctp", "turn:x:port"]
)
def test_what_is_no_turn_url_is_named(url: str) -> None:
    with pytest.raises(ValueError, match="TURN URL"):
        check_urls([url])


def test_more_urls_than_are_of_use_are_refused() -> None:
    with pytest.raises(ValueError, match=str(MAX_URLS)):
        check_urls(["turn:x"] * (MAX_URLS + 1))
