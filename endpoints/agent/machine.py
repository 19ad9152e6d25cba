"""The room's state machine: events and `now` in, actions and the next deadline out; no socket, no clock.

idle → called → joined → lost → joined; from each of them → idle when the session is over or the room removed.

| state  | call              | seat joined | seat lost     | retry due   | leave         |
|--------|-------------------|-------------|---------------|-------------|---------------|
| idle   | called, join      | –           | –             | –           | –             |
| called | (other session:   | joined, log | called, retry | ask token   | idle, close   |
| joined |  close, called,   | –           | lost, log,    | –           | idle, log,    |
| lost   |  join)            | joined, log |  retry        | ask token   |  close        |
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from endpoints.agent.backoff import Backoff

AWAY_S = 0.1  # a seat that waits until the media server listens again is tried almost at once
TOKEN_FRESH_S = 480.0  # tokens live ten minutes; one this old may still be used when the hub is away


class State(enum.Enum):
    IDLE = "idle"
    CALLED = "called"
    JOINED = "joined"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class MediaGrant:
    """Where to join and with what; `got_at` in the machine's clock."""

    url: str
    token: str = field(repr=False)
    got_at: float = 0.0


# events


@dataclass(frozen=True, slots=True)
class Called:
    """The hub calls the room to a session."""

    session: int | str
    media: MediaGrant


@dataclass(frozen=True, slots=True)
class TokenArrived:
    """A fresh token: from the hub's `token` message, from POST token, or from the media server (url
    empty)."""

    session: int | str | None
    media: MediaGrant


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """POST token failed. `final`: removed from the session, or the session is not open: nothing to retry."""

    final: bool


@dataclass(frozen=True, slots=True)
class SeatJoined:
    """Media flows on a new connection."""

    connection: str


@dataclass(frozen=True, slots=True)
class SeatLost:
    """The media connection ended or did not come about. `refused`: the media server does not take the
    token. `away`: it does not listen, and the seat itself waits until it does."""

    reason: str
    refused: bool = False
    away: bool = False


@dataclass(frozen=True, slots=True)
class LeaveOrdered:
    """The hub ends it. `session` None means whatever session there is."""

    session: int | str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time went by."""


Event = Called | TokenArrived | TokenRefused | SeatJoined | SeatLost | LeaveOrdered | Tick

# actions


@dataclass(frozen=True, slots=True)
class Join:
    """Take the seat in the media room."""

    session: int | str
    media: MediaGrant


@dataclass(frozen=True, slots=True)
class CloseSeat:
    """Leave the media room."""

    reason: str


@dataclass(frozen=True, slots=True)
class AskToken:
    """POST token for the session; the answer comes as TokenArrived or TokenRefused."""

    session: int | str


@dataclass(frozen=True, slots=True)
class Log:
    """Write to the connection log: "joined", "left" or "lost"."""

    event: str
    session: int | str
    connection: str


@dataclass(frozen=True, slots=True)
class Report:
    """Send a heartbeat now: the state changed."""


Action = Join | CloseSeat | AskToken | Log | Report


class Machine:
    """`handle(event, now)` returns actions in order; `deadline` is when a Tick is wanted (inf: never).

    `now` is a monotonic clock's seconds. Events that do not fit the state change nothing.
    """

    def __init__(self, backoff: Backoff | None = None) -> None:
        self.state = State.IDLE
        self.session: int | str | None = None
        self.connection = ""
        self.deadline = float("inf")
        self._media: MediaGrant | None = None
        self._waiting_for_token = False
        self._same_token = False  # the next try needs none from the hub: the server was away, not unwilling
        self._seat_open = False  # a Join was given out and neither SeatLost nor CloseSeat followed
        self._backoff = backoff or Backoff()

    def handle(self, event: Event, now: float) -> list[Action]:
        """One event."""
        if isinstance(event, Called):
            return self._called(event)
        if isinstance(event, TokenArrived):
            return self._token(event)
        if isinstance(event, TokenRefused):
            return self._token_refused(event, now)
        if isinstance(event, SeatJoined):
            return self._joined(event)
        if isinstance(event, SeatLost):
            return self._lost(event, now)
        if isinstance(event, LeaveOrdered):
            if event.session in (None, self.session):
                return self._to_idle(event.reason)
            return []
        return self._tick(now)

    def _called(self, event: Called) -> list[Action]:
        if self.session == event.session and self.state is not State.IDLE:
            self._media = event.media
            if self._seat_open:  # the call is idempotent: a reconnected hub calls again
                return []
            return [self._join(event.media)]  # "call again" cuts the waiting short
        actions: list[Action] = []
        if self.state is not State.IDLE:
            actions = self._to_idle("other session")
        self.state, self.session, self._media = State.CALLED, event.session, event.media
        self._backoff.reset()
        return [*actions, Report(), self._join(event.media)]

    def _join(self, media: MediaGrant) -> Join:
        assert self.session is not None  # only called with a session
        self.deadline = float("inf")
        self._waiting_for_token, self._seat_open, self._same_token = False, True, False
        return Join(self.session, media)

    def _token(self, event: TokenArrived) -> list[Action]:
        if self.session is None or event.session not in (None, self.session):
            return []
        media = event.media
        if not media.url and self._media is not None:
            media = MediaGrant(self._media.url, media.token, media.got_at)
        self._media = media
        if self._waiting_for_token and media.url:
            return [self._join(media)]
        return []

    def _token_refused(self, event: TokenRefused, now: float) -> list[Action]:
        if not self._waiting_for_token:
            return []
        self._waiting_for_token = False
        if event.final:
            return self._to_idle("refused")
        media = self._media
        if media is not None and now - media.got_at < TOKEN_FRESH_S:
            return [self._join(media)]  # the hub is away, the media server may not be
        self._retry(now)
        return []

    def _joined(self, event: SeatJoined) -> list[Action]:
        if self.state not in (State.CALLED, State.LOST) or self.session is None:
            return []
        self.state, self.connection, self.deadline = State.JOINED, event.connection, float("inf")
        self._seat_open = True
        self._backoff.reset()
        return [Log("joined", self.session, event.connection), Report()]

    def _lost(self, event: SeatLost, now: float) -> list[Action]:
        if self.state is State.IDLE or self.session is None:
            return []
        self._seat_open = False
        actions: list[Action] = []
        if self.state is State.JOINED:
            actions = [Log("lost", self.session, self.connection), Report()]
            self.state, self.connection = State.LOST, ""
        if event.refused and self._media is not None:
            self._media = MediaGrant(self._media.url, self._media.token, float("-inf"))
        if event.away and self._media is not None and now - self._media.got_at < TOKEN_FRESH_S:
            self._same_token, self.deadline = True, now + AWAY_S
        else:
            self._retry(now)
        return actions

    def _retry(self, now: float) -> None:
        self.deadline = now + self._backoff.next_s(in_session=True)

    def _tick(self, now: float) -> list[Action]:
        if now < self.deadline or self.session is None:
            return []
        self.deadline = float("inf")
        if self._same_token and self._media is not None:
            return [self._join(self._media)]
        self._waiting_for_token = True
        return [AskToken(self.session)]

    def _to_idle(self, reason: str) -> list[Action]:
        if self.state is State.IDLE or self.session is None:
            return []
        actions: list[Action] = []
        if self.state is State.JOINED:
            actions.append(Log("left", self.session, self.connection))
        self.state, self.session, self.connection = State.IDLE, None, ""
        self._media, self._waiting_for_token, self._seat_open = None, False, False
        self._same_token = False
        self.deadline = float("inf")
        self._backoff.reset()
        return [*actions, CloseSeat(reason), Report()]
