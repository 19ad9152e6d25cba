"""Pure decisions about sessions: the life's table, what a form may say, and what the clock does when."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from confhub.kernel.errors import DomainError, ValidationErrors
from confhub.kernel.limits import NAME_MAX_CHARS, SESSION_ENDPOINTS_MAX, SESSION_LENGTH_MAX_MIN
from confhub.sessions import errors
from confhub.sessions.values import SessionInput, SessionKind, SessionState

REASON_MAX_CHARS = 200
"""A sentence, which must fit where the session is listed."""

LENGTH_MIN_MIN = 1
"""Shorter is a slip of the hand."""

LOBBY_MAX_MIN = 24 * 60
"""Rooms wait a day at the most."""

MARGIN_MAX_MIN = 240
"""Late or early by more than four hours is absence."""

OVERRUN_MAX_MIN = 12 * 60
"""A session that nobody ended is over by the next working day."""

START_GRACE = timedelta(minutes=10)
"""A start this little in the past still means now: filling in the form takes time."""

AHEAD_MAX_YEARS = 5
"""Further ahead is a mistyped year."""

ARCHIVE_AFTER = timedelta(days=30)
"""An ended session leaves the working lists after a month; nothing of it is deleted."""

ABANDONED_AFTER = timedelta(hours=24)
"""A lobby nobody started stays open at most a day beyond its planned end; then the session is ended by
being cancelled, so that no room waits for ever."""


class Step(StrEnum):
    """What moves a session from one state to the next."""

    SCHEDULE = "schedule"
    OPEN_LOBBY = "open_lobby"
    START = "start"
    END = "end"
    ARCHIVE = "archive"
    CANCEL = "cancel"


# draft → scheduled → lobby → live → ended → archived; cancelled from any state before live
TRANSITIONS: dict[tuple[SessionState, Step], SessionState] = {
    (SessionState.DRAFT, Step.SCHEDULE): SessionState.SCHEDULED,
    (SessionState.SCHEDULED, Step.OPEN_LOBBY): SessionState.LOBBY,
    (SessionState.SCHEDULED, Step.START): SessionState.LIVE,
    (SessionState.LOBBY, Step.START): SessionState.LIVE,
    (SessionState.LIVE, Step.END): SessionState.ENDED,
    (SessionState.ENDED, Step.ARCHIVE): SessionState.ARCHIVED,
    (SessionState.DRAFT, Step.CANCEL): SessionState.CANCELLED,
    (SessionState.SCHEDULED, Step.CANCEL): SessionState.CANCELLED,
    (SessionState.LOBBY, Step.CANCEL): SessionState.CANCELLED,
}

REACHED: dict[Step, SessionState] = {step: reached for (_, step), reached in TRANSITIONS.items()}
"""Where each step leads, whatever it leads out of: whoever asks for it there has it already."""

OPEN = frozenset({SessionState.LOBBY, SessionState.LIVE})
"""Rooms may join."""

OVER = frozenset({SessionState.ENDED, SessionState.ARCHIVED, SessionState.CANCELLED})
"""No room will join again."""

EDITABLE = frozenset({SessionState.DRAFT, SessionState.SCHEDULED, SessionState.LOBBY, SessionState.LIVE})


def next_state(state: SessionState, step: Step) -> SessionState:
    """Where `step` leads from `state`; WrongState where it leads nowhere."""
    try:
        return TRANSITIONS[state, step]
    except KeyError:
        raise errors.WrongState(state=state.value, step=step.value) from None


def due_step(
    state: SessionState,
    now: datetime,
    *,
    starts_at: datetime,
    length_min: int,
    lobby_min: int,
    auto_start: bool,
    auto_end: bool,
    overrun_min: int,
    state_since: datetime,
) -> Step | None:
    """What the clock does with a session at `now`, if anything.

    The lobby opens `lobby_min` before the start. Live begins at the start, if `auto_start`. With `auto_end`
    a live session ends `overrun_min` after its planned end: meetings run over, and a session that nobody
    ends must not count minutes all night. A lobby nobody starts is cancelled a day after the planned end.
    """
    ends_at = starts_at + timedelta(minutes=length_min)
    if state is SessionState.SCHEDULED and now >= starts_at - timedelta(minutes=lobby_min):
        return Step.OPEN_LOBBY
    if state is SessionState.LOBBY:
        if auto_start and now >= starts_at:
            return Step.START
        if now >= ends_at + ABANDONED_AFTER:
            return Step.CANCEL
    if state is SessionState.LIVE and auto_end:
        latest_end = max(ends_at, state_since + timedelta(minutes=length_min))
        return Step.END if now >= latest_end + timedelta(minutes=overrun_min) else None
    if state is SessionState.ENDED and now >= state_since + ARCHIVE_AFTER:
        return Step.ARCHIVE
    return None


def input_faults(wanted: SessionInput, now: datetime, *, start_fixed: bool) -> list[DomainError]:
    """Every fault of a form that shows without looking into the database; `field` names the input.

    `start_fixed`: the start is not chosen now (the session is live), so that it may lie in the past."""
    faults: list[DomainError] = []
    title = wanted.title.strip()
    if not title:
        faults.append(errors.TitleMissing(field="title"))
    elif len(title) > NAME_MAX_CHARS:
        faults.append(errors.TitleTooLong(field="title", max_chars=NAME_MAX_CHARS))
    elif not printable(title):
        faults.append(errors.TextNotPrintable(field="title"))
    if wanted.kind not in set(SessionKind):
        faults.append(errors.KindUnknown(field="kind"))
    if not start_fixed:
        if wanted.starts_at < now - START_GRACE:
            faults.append(errors.StartInPast(field="starts_at"))
        elif wanted.starts_at > now + timedelta(days=366 * AHEAD_MAX_YEARS):
            faults.append(errors.StartTooFar(field="starts_at", years=AHEAD_MAX_YEARS))
    if not LENGTH_MIN_MIN <= wanted.length_min <= SESSION_LENGTH_MAX_MIN:
        faults.append(
            errors.LengthOutOfRange(
                field="length_min", min_min=LENGTH_MIN_MIN, max_min=SESSION_LENGTH_MAX_MIN
            )
        )
    for name, most in (
        ("lobby_min", LOBBY_MAX_MIN),
        ("late_min", MARGIN_MAX_MIN),
        ("left_early_min", MARGIN_MAX_MIN),
        ("overrun_min", OVERRUN_MAX_MIN),
    ):
        if not 0 <= getattr(wanted, name) <= most:
            faults.append(errors.MinutesOutOfRange(field=name, min_min=0, max_min=most))
    for name in ("include_units", "exclude_endpoints", "include_endpoints"):
        if len(getattr(wanted.participants, name)) > SESSION_ENDPOINTS_MAX:
            faults.append(errors.TooManyChoices(field=name, max_count=SESSION_ENDPOINTS_MAX))
    return faults


def refuse(faults: Sequence[DomainError]) -> None:
    """Raise the faults as ValidationErrors, one per field, where there are any."""
    first: dict[str | None, DomainError] = {}
    for fault in faults:
        first.setdefault(fault.field, fault)
    if first:
        raise ValidationErrors([*first.values()])


def reason_of(text: str) -> str:
    """A cancellation's reason, trimmed; ReasonTooLong, TextNotPrintable."""
    reason = text.strip()
    if len(reason) > REASON_MAX_CHARS:
        raise errors.ReasonTooLong(field="reason", max_chars=REASON_MAX_CHARS)
    if not printable(reason):
        raise errors.TextNotPrintable(field="reason")
    return reason


def printable(text: str) -> bool:
    """No control, unassigned or lone surrogate characters: such a text could not be shown or stored."""
    return not any(unicodedata.category(letter) in ("Cc", "Cs", "Cn") for letter in text)
