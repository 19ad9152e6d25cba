"""Ids as types, so that a session's id is never handed in where an endpoint's is wanted."""

from __future__ import annotations

import secrets
from typing import NewType

UnitId = NewType("UnitId", int)
TierId = NewType("TierId", int)
EndpointId = NewType("EndpointId", int)
AccountId = NewType("AccountId", int)
SessionId = NewType("SessionId", int)
FloorRequestId = NewType("FloorRequestId", int)
AttendeeId = NewType("AttendeeId", int)
CourseId = NewType("CourseId", int)

Identity = NewType("Identity", str)
"""A participant's identity in the media room: `room:<endpoint code>` or `user:<account id>-<hex>`."""

MediaRoom = NewType("MediaRoom", str)
"""The media room's name at the engine, e.g. `s17-9f3a2c1b`."""

ROOM_PREFIX = "room:"
USER_PREFIX = "user:"


def endpoint_identity(code: str) -> Identity:
    """The media identity of the endpoint with this code."""
    return Identity(ROOM_PREFIX + code)


def endpoint_code(identity: str) -> str | None:
    """The endpoint's code behind a media identity, or None where it is a person's."""
    return identity.removeprefix(ROOM_PREFIX) if identity.startswith(ROOM_PREFIX) else None


def user_identity(account: AccountId) -> Identity:
    """A fresh media identity for a person, unique per open page."""
    return Identity(f"{USER_PREFIX}{account}-{secrets.token_hex(3)}")


def media_room_name(session: SessionId) -> MediaRoom:
    """A name for the session's media room that no other hub on the same cluster will choose."""
    return MediaRoom(f"s{session}-{secrets.token_hex(4)}")
