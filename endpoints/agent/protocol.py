"""The hub's messages on the agent's WebSocket: shapes checked at the door, one class each; pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from endpoints.agent.clock import unix

MAX_MESSAGE_BYTES = 64 * 1024  # a call with its token takes 2 kB
MAX_TEXT = 8192
SessionId = int | str


class ProtocolError(ValueError):
    """The message is not one of the hub's."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The hub knows this room. `hub_time` is ISO 8601 UTC, empty when missing."""

    endpoint: dict[str, Any]
    heartbeat_s: float
    hub_time: str


@dataclass(frozen=True, slots=True)
class HeartbeatAck:
    """Log entries up to `log_through` are stored. `sent_at`: of the message that is answered; when the hub
    received it and answered, in Unix seconds. Older hubs tell none of these."""

    log_through: int
    sent_at: str = ""
    received: float | None = None
    answered: float | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """Join this session's media room."""

    session: SessionId
    title: str
    url: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """A fresh media token."""

    session: SessionId
    url: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the session: ended, cancelled or removed."""

    session: SessionId
    reason: str


@dataclass(frozen=True, slots=True)
class Floor:
    """The floor was granted or withdrawn. `grant`: which grant it is; None without one, or where an older
    hub does not say."""

    session: SessionId
    granted: bool
    sources: tuple[str, ...]
    grant: int | None = None


@dataclass(frozen=True, slots=True)
class Mute:
    """Mute the room's microphone or camera. `mute`: which mute it is; None where an older hub does not
    say."""

    session: SessionId
    source: str
    mute: int | None = None


@dataclass(frozen=True, slots=True)
class SessionState:
    """The session moved on."""

    session: SessionId
    state: str


@dataclass(frozen=True, slots=True)
class Ping:
    """The hub asks for a `pong`."""


Message = Welcome | HeartbeatAck | Call | Token | Leave | Floor | Mute | SessionState | Ping


def parse(text: str) -> Message | None:
    """One message; None for a type this agent does not know. Raises ProtocolError for a broken one."""
    if len(text) > MAX_MESSAGE_BYTES:
        raise ProtocolError("message too large")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("not JSON") from error
    if not isinstance(body, dict) or not isinstance(body.get("type"), str):
        raise ProtocolError("no type")
    reader = _READERS.get(body["type"])
    return reader(body) if reader is not None else None


def _text(body: dict[str, Any], key: str, default: str | None = None) -> str:
    value = body.get(key, default)
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ProtocolError(f"{key} is not a text")
    return value


def _object(body: dict[str, Any], key: str) -> dict[str, Any]:
    value = body.get(key)
    if not isinstance(value, dict):
        raise ProtocolError(f"{key} is not an object")
    return value


def _session(value: object) -> SessionId:
    if type(value) is int or (isinstance(value, str) and 0 < len(value) <= 200):
        return value
    raise ProtocolError("no session id")


def _number(body: dict[str, Any], key: str) -> int | None:
    value = body.get(key)
    if value is not None and (type(value) is not int or not 0 <= value < 1 << 63):
        raise ProtocolError(f"{key} is not a number")
    return value


def _welcome(body: dict[str, Any]) -> Welcome:
    beat = body.get("heartbeat_s", 15)
    if type(beat) not in (int, float) or not 1 <= beat <= 300:
        raise ProtocolError("heartbeat_s out of range")
    return Welcome(_object(body, "endpoint"), float(beat), _text(body, "hub_time", ""))


def _ack(body: dict[str, Any]) -> HeartbeatAck:
    through = body.get("log_through", 0)
    if through is None:
        through = 0
    if type(through) is not int or not 0 <= through < 1 << 60:
        raise ProtocolError("log_through is not a sequence number")
    sent_at = _text(body, "sent_at", "") if body.get("sent_at") is not None else ""
    received = unix(_text(body, "received_at", ""))
    return HeartbeatAck(through, sent_at, received, unix(_text(body, "hub_time", "")))


def _call(body: dict[str, Any]) -> Call:
    session, media = _object(body, "session"), _object(body, "media")
    title = session.get("title")
    return Call(
        _session(session.get("id")),
        title if isinstance(title, str) else "",
        _text(media, "url"),
        _text(media, "token"),
    )


def _token(body: dict[str, Any]) -> Token:
    media = _object(body, "media")
    return Token(_session(body.get("session")), _text(media, "url"), _text(media, "token"))


def _leave(body: dict[str, Any]) -> Leave:
    return Leave(_session(body.get("session")), _text(body, "reason", "ended"))


def _floor(body: dict[str, Any]) -> Floor:
    granted, sources = body.get("granted"), body.get("sources", [])
    if not isinstance(granted, bool) or not isinstance(sources, list) or len(sources) > 16:
        raise ProtocolError("granted or sources of a wrong shape")
    named = tuple(source for source in sources if isinstance(source, str))
    return Floor(_session(body.get("session")), granted, named, _number(body, "grant"))


def _mute(body: dict[str, Any]) -> Mute:
    return Mute(_session(body.get("session")), _text(body, "source"), _number(body, "mute"))


def _session_state(body: dict[str, Any]) -> SessionState:
    return SessionState(_session(body.get("session")), _text(body, "state"))


def _ping(_body: dict[str, Any]) -> Ping:
    return Ping()


_READERS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "welcome": _welcome,
    "heartbeat_ack": _ack,
    "call": _call,
    "token": _token,
    "leave": _leave,
    "floor": _floor,
    "mute": _mute,
    "session_state": _session_state,
    "ping": _ping,
}


def media_grant(text: str) -> tuple[str, str]:
    """(url, token) of POST token's answer. Raises ProtocolError."""
    body = _parse_object(text)
    return _text(body, "url"), _text(body, "token")


def ticket(text: str) -> tuple[str, str]:
    """(ticket, enter_url) of POST ticket's answer. Raises ProtocolError."""
    body = _parse_object(text)
    return _text(body, "ticket"), _text(body, "enter_url")


def error_code(text: str) -> str:
    """The stable code in an error answer; empty when it is not one of the hub's."""
    try:
        error = _parse_object(text).get("error")
    except ProtocolError:
        return ""
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and len(code) <= 100 else ""


def _parse_object(text: str) -> dict[str, Any]:
    if len(text) > MAX_MESSAGE_BYTES:
        raise ProtocolError("answer too large")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("not JSON") from error
    if not isinstance(body, dict):
        raise ProtocolError("not an object")
    return body
