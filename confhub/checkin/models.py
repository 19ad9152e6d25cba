"""Tables of check-in. Events, head counts, corrections are append-only; presence and totals are derived."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, UtcDateTime
from confhub.kernel.limits import NAME_MAX_CHARS

KEY_MAX_CHARS = 100
"""An event's key: a UUID and what came before it."""
SESSION_ID = "session.id"
ENDPOINT_ID = "endpoint.id"
ATTENDEE_ID = "attendee.id"


class PersonEvent(Base):
    """One check-in, check-out or confirmation, as it came. `at`: when it happened, by the hub's clock;
    `received_at`: when the hub learned it. `key` makes deliveries idempotent."""

    __tablename__ = "person_event"
    __table_args__ = (Index("ix_person_event_session_id_attendee_id", "session_id", "attendee_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID))
    attendee_id: Mapped[int] = mapped_column(ForeignKey(ATTENDEE_ID))
    kind: Mapped[str] = mapped_column(String(10))
    way: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(String(80))
    """Who told: `tablet:<id>`, `account:<id>`, `device:<hash>`."""
    key: Mapped[str] = mapped_column(String(KEY_MAX_CHARS), unique=True)


OPEN, GRANTED, DECLINED = "open", "granted", "declined"
"""What became of a request for a move."""


class CheckinMove(Base):
    """Somebody is said to be in another room than the one that answers for them: waits for its consent.

    `from_endpoint_id`: the room that is asked, where the person sits or else belongs; `endpoint_id`: the room
    that asks. `kind` to `key` are the event's, which is stored under them once the move is granted.
    """

    __tablename__ = "checkin_move"
    __table_args__ = (
        Index("ix_checkin_move_session_id_from_endpoint_id", "session_id", "from_endpoint_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID))
    from_endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID))
    attendee_id: Mapped[int] = mapped_column(ForeignKey(ATTENDEE_ID))
    kind: Mapped[str] = mapped_column(String(10))
    way: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(KEY_MAX_CHARS), unique=True)
    state: Mapped[str] = mapped_column(String(10), default=OPEN)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))


class CheckinUndo(Base):
    """An officer took back everything that one device or one code had told in a session. Append-only.

    `source`: `tablet:<id>`, `account:<id>`, `device:<hash>`, or `code:<room>.<way>.<period>`.
    """

    __tablename__ = "checkin_undo"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID), index=True)
    source: Mapped[str] = mapped_column(String(80))
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey(ENDPOINT_ID))
    events: Mapped[int]
    heads: Mapped[int]
    people: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))
    author_id: Mapped[int | None] = mapped_column(BigId)
    author_name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class UndoneEvent(Base):
    """An event that no longer counts, by which undoing. Append-only, as the event itself."""

    __tablename__ = "undone_event"
    __table_args__ = (Index("ix_undone_event_session_id", "session_id"), {"sqlite_with_rowid": False})

    event_id: Mapped[int] = mapped_column(
        ForeignKey("person_event.id"), primary_key=True, autoincrement=False
    )
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID))
    undo_id: Mapped[int] = mapped_column(ForeignKey("checkin_undo.id"), index=True)


class UndoneHeads(Base):
    """A head count that no longer counts, by which undoing. Append-only."""

    __tablename__ = "undone_heads"
    __table_args__ = (Index("ix_undone_heads_session_id", "session_id"), {"sqlite_with_rowid": False})

    head_id: Mapped[int] = mapped_column(ForeignKey("head_count.id"), primary_key=True, autoincrement=False)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID))
    undo_id: Mapped[int] = mapped_column(ForeignKey("checkin_undo.id"), index=True)


class PhoneTrace(Base):
    """What is known of a phone's check-in beside its cookie. `key`: of the event. `code`: `<way>.<period>`,
    the code on the room's screen that let it in. `network`, `browser`: hashed under the hub's key; they tell
    likeness and nothing else, and are emptied with the addresses of the audit trail. `silent`: the room was
    not connected at that moment."""

    __tablename__ = "phone_trace"
    __table_args__ = (Index("ix_phone_trace_session_id_endpoint_id_at", "session_id", "endpoint_id", "at"),)

    key: Mapped[str] = mapped_column(String(KEY_MAX_CHARS), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID))
    device: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(24))
    network: Mapped[str] = mapped_column(String(16))
    browser: Mapped[str] = mapped_column(String(16))
    silent: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class HeadCount(Base):
    """A number of people that a room's operator declared; the newest by `at` counts."""

    __tablename__ = "head_count"
    __table_args__ = (Index("ix_head_count_session_id_endpoint_id", "session_id", "endpoint_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID))
    people: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(KEY_MAX_CHARS), unique=True)


class Correction(Base):
    """What an officer put right, applied in the order of ids. `action`: add | remove a stretch of presence.

    `value`: `{"endpoint_id", "from", "to"}`, ISO 8601 in UTC, and `"vouched": true` where it counts although
    the room was not connected. `old`: the person's stretches and
    minutes before it.
    """

    __tablename__ = "attendance_correction"
    __table_args__ = (Index("ix_attendance_correction_session_id_attendee_id", "session_id", "attendee_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID))
    attendee_id: Mapped[int] = mapped_column(ForeignKey(ATTENDEE_ID))
    action: Mapped[str] = mapped_column(String(10))
    value: Mapped[dict[str, Any]] = mapped_column(JSON)
    old: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(500))
    author_id: Mapped[int | None] = mapped_column(BigId)
    author_name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class SessionBreak(Base):
    """A break, taken out of everybody's minutes. Open while `ends_at` is None."""

    __tablename__ = "session_break"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))


class PresencePrompt(Base):
    """A moment, unknown beforehand, at which people confirm that they are still there. `drawn_at`: when
    chance set it."""

    __tablename__ = "presence_prompt"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID), index=True)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CheckinPolicy(Base):
    """How a session is checked in; a session without a row has the defaults of `checkin.values.Policy`.

    `secret`: what the rooms' codes are made from, hexadecimal. `ways`: names joined by commas.
    `prompts_count`: minutes after an unanswered prompt do not count until the person is heard again.
    `unconnected_counts`: time checked in counts also while the room is not connected.
    """

    __tablename__ = "checkin_policy"

    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID), primary_key=True, autoincrement=False)
    ways: Mapped[str] = mapped_column(String(100))
    scan_margin_s: Mapped[int]
    guests: Mapped[bool] = mapped_column(Boolean)
    prompts: Mapped[int]
    prompts_count: Mapped[bool] = mapped_column(Boolean)
    complete_percent: Mapped[int]
    unconnected_counts: Mapped[bool] = mapped_column(Boolean, default=False)
    secret: Mapped[str] = mapped_column(String(64))


class CheckinDevice(Base):
    """One phone, one person, one session."""

    __tablename__ = "checkin_device"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own attribute

    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID), primary_key=True, autoincrement=False)
    device: Mapped[str] = mapped_column(String(64), primary_key=True)
    attendee_id: Mapped[int] = mapped_column(ForeignKey(ATTENDEE_ID))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CheckinKey(Base):
    """What phones' cookies and visits are signed with, on every hub of this database: one row, drawn once."""

    __tablename__ = "checkin_key"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    secret: Mapped[str] = mapped_column(String(64))


class TabletRow(Base):
    """A tablet that checks people in for one room. First only a code; `token_hash` once it was handed in."""

    __tablename__ = "checkin_tablet"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    csrf: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS), default="")
    issued_by: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RoomDelivery(Base):
    """What one teller of a room (`by`, as in events) last said of what waits on it for a session."""

    __tablename__ = "room_delivery"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own attribute

    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID), primary_key=True, autoincrement=False)
    by: Mapped[str] = mapped_column(String(80), primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID))
    heard_at: Mapped[datetime] = mapped_column(UtcDateTime)
    waiting: Mapped[int] = mapped_column(Integer)


class AttendanceSeal(Base):
    """The session's attendance was closed. `head`: the end of the hash chain over all that it rests on.

    `segments`: for each part `[name, rows, hash, marks of its rows in Base64]`, so that `verify` names the
    part and the row that was changed.
    """

    __tablename__ = "attendance_seal"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID), index=True)
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed_by: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    head: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64), default="")
    """The head of the seal before it, where the session was reopened."""
    segments: Mapped[list[Any]] = mapped_column(JSON)
    merges: Mapped[list[Any]] = mapped_column(JSON)
    """The merged entries that it knew, each with its person: `[entry, person]`, by number."""
    letterhead: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """`org.papers.Letterhead` of the organizer, as of the closing; None in seals from before it was kept."""
    reopened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reopened_by: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))
    reopen_reason: Mapped[str | None] = mapped_column(String(500))


class PersonPresence(Base):
    """Derived: one person's attendance of one session. Written anew by `checkin.deriving`, never by hand.

    `spans`: milliseconds after the session's start, `from-to` joined by commas. `status`: present |
    left_early | late | late_left_early | room_not_connected | absent_with_leave | absent_without_leave |
    not_expected. `percent`: of live time
    without breaks, in hundredths (10000 is all of it).
    """

    __tablename__ = "person_presence"
    __table_args__ = (
        Index("ix_person_presence_session_id_endpoint_id", "session_id", "endpoint_id"),
        Index("ix_person_presence_attendee_id_session_id", "attendee_id", "session_id"),
        {"sqlite_with_rowid": False},
    )

    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID), primary_key=True, autoincrement=False)
    attendee_id: Mapped[int] = mapped_column(ForeignKey(ATTENDEE_ID), primary_key=True, autoincrement=False)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    expected: Mapped[bool] = mapped_column(Boolean)
    status: Mapped[str] = mapped_column(String(20))
    ways: Mapped[str] = mapped_column(String(60))
    first_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    millis: Mapped[int] = mapped_column(BigId)
    percent: Mapped[int]
    completed: Mapped[bool] = mapped_column(Boolean)
    prompts: Mapped[int]
    confirmed: Mapped[int]
    spans: Mapped[str] = mapped_column(Text)
    unconnected_millis: Mapped[int] = mapped_column(BigId, default=0)
    prompt_millis: Mapped[int] = mapped_column(BigId, default=0)


class RoomTotals(Base):
    """Derived: one room's people in one session, with the hour it was: what roll-ups over years add up."""

    __tablename__ = "room_totals"
    __table_args__ = (Index("ix_room_totals_started_at", "started_at"), {"sqlite_with_rowid": False})

    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID), primary_key=True, autoincrement=False)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID), primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    """The room's unit when it was chosen."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    connected: Mapped[bool] = mapped_column(Boolean)
    """Did the room connect in live time?"""
    room_millis: Mapped[int] = mapped_column(BigId)
    heads: Mapped[int | None]
    """The newest head count; None: never declared."""
    expected: Mapped[int]
    checked_in: Mapped[int]
    """People with any presence; guests included, who are not expected."""
    guests: Mapped[int]
    on_time: Mapped[int]
    late: Mapped[int]
    left_early: Mapped[int]
    with_leave: Mapped[int]
    without_leave: Mapped[int]
    completed: Mapped[int]
    person_millis: Mapped[int] = mapped_column(BigId)
    unconnected: Mapped[int] = mapped_column(Integer, default=0)
    unanswered: Mapped[int] = mapped_column(Integer, default=0)
    unconnected_millis: Mapped[int] = mapped_column(BigId, default=0)
    prompt_millis: Mapped[int] = mapped_column(BigId, default=0)


class DerivedState(Base):
    """Which sessions' derived figures stand, and by which rules they were made."""

    __tablename__ = "derived_state"

    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID), primary_key=True, autoincrement=False)
    derived_at: Mapped[datetime] = mapped_column(UtcDateTime)
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the derived rows: a rebuild gives the same."""
    mark: Mapped[str] = mapped_column(String(400))
    """What had come in by then, as `checkin.inputs.mark` tells it."""
    stale: Mapped[bool] = mapped_column(Boolean, default=False)
    """Something came in since; derived anew by the clock's servant."""
