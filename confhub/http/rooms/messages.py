"""The words spoken on a room's WebSocket: shapes of what comes, makers of what goes. No socket here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from confhub.attendance.roomlog import LogEntry
from confhub.attendance.values import CONNECTION_MAX_CHARS, Kind
from confhub.http.context import BIGINT_MAX
from confhub.http.forms import load_json
from confhub.http.shapes import RowId, clean
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import SessionId
from confhub.kernel.limits import ENDPOINT_LOG_BATCH
from confhub.kernel.roundtrip import RoundTrip
from confhub.registry.values import AgentMode, AgentState, EndpointPrincipal
from confhub.sessions.orders import FloorOrder, SilenceOrder
from confhub.sessions.values import Call

HEARTBEAT_S = 15
"""How often a room reports."""

VERSION_MAX_CHARS = 40
"""A version with build metadata (PEP 440)."""


class MessageUnreadable(ValueError):
    """A message of a room is none of ours. Its text says what is wrong, in English, for the room's log."""


def _sensible(moment: datetime) -> datetime:
    if not 2000 <= moment.astimezone(UTC).year <= 2100:
        raise ValueError("no year a session can be in")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_sensible)]
"""ISO 8601 with a zone, in this century."""


class _Shape(BaseModel):
    """Unknown members are ignored: rooms may run a newer version than the hub."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Clock(_Shape):
    """The room's quickest round trip: when it asked and heard the answer by the clock of its log, and when
    the hub received the question and answered."""

    asked_at: Moment
    received_at: Moment
    answered_at: Moment
    heard_at: Moment

    @property
    def trip(self) -> RoundTrip:
        return RoundTrip(self.asked_at, self.received_at, self.answered_at, self.heard_at)


class Hello(_Shape):
    """A room's first message. `sent_at`, where given, is the room's clock."""

    type: Literal["hello"]
    version: Annotated[str, Field(min_length=1, max_length=VERSION_MAX_CHARS)]
    mode: AgentMode
    state: AgentState
    session: RowId | None = None
    log: list[Any] = []
    sent_at: Moment | None = None
    clock: Clock | None = None


class Heartbeat(_Shape):
    """Every 15 s and at each change of state. `log` is the room's own connection log, unacknowledged part."""

    type: Literal["heartbeat"]
    state: AgentState
    session: RowId | None = None
    log: list[Any] = []
    sent_at: Moment | None = None
    clock: Clock | None = None


class Pong(_Shape):
    """An answer to nothing we ask today; taken and ignored."""

    type: Literal["pong"]


class _Entry(_Shape):
    seq: Annotated[int, Field(ge=0, le=BIGINT_MAX, strict=True)]
    at: Moment
    event: Kind
    session: RowId
    connection: Annotated[str, Field(pattern=r"^[\x21-\x7e]+$", max_length=CONNECTION_MAX_CHARS)]


Incoming = Hello | Heartbeat | Pong

_INCOMING: TypeAdapter[Incoming] = TypeAdapter(Annotated[Incoming, Field(discriminator="type")])


def parse(text: str) -> Incoming:
    """One message of a room. Raises `MessageUnreadable`, whatever the text."""
    try:
        return _INCOMING.validate_python(clean(load_json(text.encode())))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])[:100]
        raise MessageUnreadable(f"{field}: {first['msg']}"[:300]) from None
    except DomainError as error:
        raise MessageUnreadable(error.code) from None
    except ValueError:
        raise MessageUnreadable("no JSON in UTF-8") from None


def parse_log(log: Sequence[Any]) -> tuple[list[LogEntry], int, int]:
    """(entries, highest seq of all, how many are unreadable) of the first `ENDPOINT_LOG_BATCH` entries.

    An unreadable entry is acknowledged with the others, or the room would send it for ever.
    """
    entries: list[LogEntry] = []
    through = unreadable = 0
    for raw in log[:ENDPOINT_LOG_BATCH]:
        try:
            entry = _Entry.model_validate(raw)
        except ValidationError:
            unreadable += 1
            through = max(through, _seq_of(raw))
            continue
        through = max(through, entry.seq)
        entries.append(LogEntry(entry.seq, entry.at, entry.event, SessionId(entry.session), entry.connection))
    return entries, through, unreadable


def _seq_of(raw: Any) -> int:
    seq = raw.get("seq") if isinstance(raw, dict) else None
    return seq if type(seq) is int and 0 <= seq <= BIGINT_MAX else 0


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def endpoint_json(principal: EndpointPrincipal) -> dict[str, Any]:
    """How a room is told who it is."""
    return {
        "id": principal.endpoint_id,
        "code": principal.code,
        "name": principal.name,
        "unit": principal.unit_name,
        "bandwidth_profile": principal.bandwidth_profile.value,
    }


def welcome(principal: EndpointPrincipal, now: datetime) -> dict[str, Any]:
    """The hub's first message."""
    return {
        "type": "welcome",
        "endpoint": endpoint_json(principal),
        "heartbeat_s": HEARTBEAT_S,
        "hub_time": iso(now),
    }


def heartbeat_ack(
    log_through: int, sent_at: datetime | None, received_at: datetime, now: datetime
) -> dict[str, Any]:
    """The room may forget its log up to `log_through`, and compare its clock with the hub's."""
    return {
        "type": "heartbeat_ack",
        "log_through": log_through,
        "sent_at": iso(sent_at) if sent_at is not None else None,
        "received_at": iso(received_at),
        "hub_time": iso(now),
    }


def call(wanted: Call, url: str, token: str) -> dict[str, Any]:
    """The room is to join."""
    return {
        "type": "call",
        "session": {
            "id": wanted.session_id,
            "title": wanted.title,
            "kind": wanted.kind.value,
            "state": wanted.state.value,
            "starts_at": iso(wanted.starts_at),
        },
        "media": {"url": url, "token": token},
    }


def fresh_token(session_id: SessionId, url: str, token: str) -> dict[str, Any]:
    """The old token runs out; this one opens the door from now on."""
    return {"type": "token", "session": session_id, "media": {"url": url, "token": token}}


def session_state(session_id: SessionId, state: str) -> dict[str, Any]:
    """The session moved on."""
    return {"type": "session_state", "session": session_id, "state": state}


def leave(session_id: SessionId, reason: str) -> dict[str, Any]:
    """The room is to leave: ended | cancelled | removed."""
    return {"type": "leave", "session": session_id, "reason": reason}


def floor(order: FloorOrder) -> dict[str, Any]:
    """The room is on stage, or no longer; `accept`: it opens camera and microphone by itself. `grant`: the
    same in each word of one grant, so that the room can tell a new one from one told again."""
    return {
        "type": "floor",
        "session": order.session_id,
        "granted": order.grant_id is not None,
        "grant": order.grant_id,
        "sources": list(order.sources),
        "accept": order.accept,
    }


def mute(order: SilenceOrder) -> dict[str, Any]:
    """The hub muted the room; only the room unmutes itself, and a `mute` that it was told of before does not
    mute it again."""
    return {"type": "mute", "session": order.session_id, "mute": order.mute_id, "source": order.source}


def error(code: str, message: str) -> dict[str, Any]:
    """What the room did wrong; for its log."""
    return {"type": "error", "error": {"code": code, "message": message}}
