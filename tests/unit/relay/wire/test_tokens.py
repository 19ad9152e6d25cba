"""Access tokens as LiveKit's own library signs them."""

import datetime

import jwt
import pytest
from livekit import api

from confhub.relay.wire import tokens

SECRET = "a-secret-of-at-least-32-characters-long"
KEYS = {"key": SECRET}
NOW_S = 1_800_000_000.0


def signed(claims: dict[str, object], secret: str = SECRET) -> str:
    return jwt.encode({"iss": "key", "sub": "me", "exp": NOW_S + 60, **claims}, secret, algorithm="HS256")


def test_a_token_of_livekits_library_is_understood() -> None:
    grants = api.VideoGrants(
        room_join=True,
        room="r",
        can_publish=False,
        can_publish_sources=["camera", "screen_share"],
        hidden=True,
    )
    token = (
        api.AccessToken("key", SECRET)
        .with_identity("room:H1")
        .with_name("Name")
        .with_metadata("m")
        .with_attributes({"confhub.view": "stage"})
        .with_grants(grants)
        .with_ttl(datetime.timedelta(minutes=10))
        .to_jwt()
    )
    now_s = jwt.decode(token, options={"verify_signature": False})["exp"] - 60
    found = tokens.verify(token, KEYS, now_s)
    assert (found.key, found.identity, found.name, found.metadata) == ("key", "room:H1", "Name", "m")
    assert (found.room, found.room_join, found.hidden) == ("r", True, True)
    assert found.can_publish is False
    assert found.can_publish_sources == ("camera", "screen_share")
    assert found.attributes == {"confhub.view": "stage"}


def test_what_a_token_is_silent_about_is_none() -> None:
    found = tokens.verify(signed({"video": {"roomJoin": True}}), KEYS, NOW_S)
    assert found.can_publish is found.can_subscribe is found.can_publish_data is None


def test_a_minted_token_carries_the_same_claims_anew() -> None:
    first = tokens.verify(signed({"video": {"roomJoin": True, "canPublish": False}, "iat": 5}), KEYS, NOW_S)
    later = tokens.verify(tokens.mint(first, KEYS, NOW_S + 300, 600), KEYS, NOW_S + 800)
    assert (later.identity, later.can_publish, later.iat_s) == ("me", False, int(NOW_S) + 300)
    assert later.exp_s == NOW_S + 900
    with pytest.raises(tokens.TokenError, match="API key"):
        tokens.mint(first, {}, NOW_S, 600)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "missing"),
        ("a.b.c", "malformed"),
        ("x" * (tokens.MAX_TOKEN_CHARS + 1), "malformed"),
        (signed({"iss": "other"}), "unknown_key"),
        (signed({}, "another-secret-of-at-least-32-chars!"), "bad_signature"),
        (signed({"exp": NOW_S - 60}), "expired"),
        (signed({"exp": None}), "expired"),
        (signed({"nbf": NOW_S + 60}), "not_yet_valid"),
        (signed({"sub": "", "video": {"roomJoin": True}}), "no_identity"),
        (signed({"video": "all"}), "malformed"),
        (signed({"video": {"canPublish": "yes"}}), "malformed"),
        (jwt.encode({"iss": "key", "sub": "me"}, None, algorithm="none"), "malformed"),
    ],
)
def test_what_is_wrong_with_a_token_is_said(token: str, code: str) -> None:
    with pytest.raises(tokens.TokenError) as caught:
        tokens.verify(token, KEYS, NOW_S)
    assert caught.value.code == code
    assert SECRET not in caught.value.message
