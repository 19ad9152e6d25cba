"""Tables of sessions: the session, its rooms and persons, floor requests, stage grants, mutes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, Path, SortKey, UtcDateTime
from confhub.kernel.limits import CODE_MAX_CHARS, NAME_MAX_CHARS
from confhub.sessions.values import ATTENDANCE_RULES

SESSION_ID = "session.id"
ENDPOINT_ID = "endpoint.id"
UNIT_ID = "unit.id"
ACCOUNT_ID = "account.id"


class MeetingSession(Base):
    """One planned meeting or training event. `unit_id` is the organizer's branch.

    `media_room` is named when the lobby opens; `media_instance` is the engine's sid of it (`RM_…`).
    """

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_state_starts_at", "state", "starts_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    search_key: Mapped[str] = mapped_column(String(400))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
    unit_id: Mapped[int] = mapped_column(ForeignKey(UNIT_ID), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    length_min: Mapped[int] = mapped_column(Integer)
    lobby_min: Mapped[int] = mapped_column(Integer, default=60)
    late_min: Mapped[int] = mapped_column(Integer, default=5)
    left_early_min: Mapped[int] = mapped_column(Integer, default=5)
    by_plan: Mapped[bool] = mapped_column(Boolean, default=True)
    """Late counts from the later of the planned and the actual start, early from the earlier of both ends;
    else from the actual ones alone."""
    attendance_rules: Mapped[int] = mapped_column(Integer, default=ATTENDANCE_RULES)
    """By which rules its attendance is reckoned: attendance that was once closed keeps its figures."""
    auto_start: Mapped[bool] = mapped_column(Boolean, default=True)
    auto_end: Mapped[bool] = mapped_column(Boolean, default=True)
    overrun_min: Mapped[int] = mapped_column(Integer, default=30)
    floor_auto_accept: Mapped[bool] = mapped_column(Boolean, default=True)
    chair_endpoint_id: Mapped[int | None] = mapped_column(ForeignKey(ENDPOINT_ID), index=True)
    media_room: Mapped[str | None] = mapped_column(String(60), unique=True)
    media_instance: Mapped[str | None] = mapped_column(String(60))
    actual_start: Mapped[datetime | None] = mapped_column(UtcDateTime)
    actual_end: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The officer closed its attendance: nothing that comes later is stored."""
    created_by: Mapped[int | None] = mapped_column(ForeignKey(ACCOUNT_ID, ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SessionChange(Base):
    """One step of a session's life, with its hour and its author."""

    __tablename__ = "session_change"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID, ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(BigId)
    actor_name: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(200), default="")


class SessionChoice(Base):
    """What the organizer chose: a branch (`unit_id`, mode include), or one endpoint in or out."""

    __tablename__ = "session_choice"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID, ondelete="CASCADE"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey(UNIT_ID))
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey(ENDPOINT_ID))
    mode: Mapped[str] = mapped_column(String(10))


class SessionEndpoint(Base):
    """A room of a session, expected or once expected, and what the media server last told about it.

    `profile`: the bandwidth profile for this session, None where the room's own holds. `placed_at`,
    `placed_by`: when an operator moved the room here by name, out of another session, and who.
    `silent_since`: joined, but not heard any more; `screen_since`: shows a screen.
    `expected_from`/`expected_until` are set for rooms added or dropped while live: None means the whole of
    live time. `unit_id`: the room's unit when it was chosen, then when the lobby opened. `connection` is the
    present or last one.
    """

    __tablename__ = "session_endpoint"
    __table_args__ = (Index("uq_session_endpoint_identity", "session_id", "identity", unique=True),)

    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID, ondelete="CASCADE"), primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID), primary_key=True, index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(UNIT_ID))
    identity: Mapped[str] = mapped_column(String(60))
    is_chair: Mapped[bool] = mapped_column(Boolean, default=False)
    expected_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expected_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    called_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(20), default="expected")
    connection: Mapped[str | None] = mapped_column(String(60))
    connected_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mic_on: Mapped[bool] = mapped_column(Boolean, default=False)
    camera_on: Mapped[bool] = mapped_column(Boolean, default=False)
    profile: Mapped[str | None] = mapped_column(String(20))
    placed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    placed_by: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))
    silent_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    screen_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FrozenRoom(Base):
    """A room of a session as it was called on the session's day. Written once."""

    __tablename__ = "frozen_room"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own attribute

    session_id: Mapped[int] = mapped_column(
        ForeignKey(SESSION_ID, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID), primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(CODE_MAX_CHARS))
    name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    kind: Mapped[str] = mapped_column(String(20))
    sort_key: Mapped[str] = mapped_column(SortKey)


class FrozenUnit(Base):
    """A unit as it was called, and where it stood in the tree, on the session's day: the units of the
    organizer, of the rooms and of the people, with all above them. Written once."""

    __tablename__ = "frozen_unit"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own attribute

    session_id: Mapped[int] = mapped_column(
        ForeignKey(SESSION_ID, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey(UNIT_ID), primary_key=True, autoincrement=False)
    parent_id: Mapped[int | None] = mapped_column(BigId)
    path: Mapped[str] = mapped_column(Path)
    code: Mapped[str] = mapped_column(String(CODE_MAX_CHARS))
    name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    sort_key: Mapped[str] = mapped_column(SortKey)
    tier_id: Mapped[int] = mapped_column(BigId)
    tier_name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    tier_name_en: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    tier_rank: Mapped[int] = mapped_column(Integer)
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Long after the session's day where its names were not kept then: they are those of this moment."""


class SessionPerson(Base):
    """A logged-in person who opened the session in a browser: one row per media identity."""

    __tablename__ = "session_person"
    __table_args__ = (Index("uq_session_person_identity", "session_id", "identity", unique=True),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID, ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey(ACCOUNT_ID, ondelete="CASCADE"), index=True)
    identity: Mapped[str] = mapped_column(String(60))
    display_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(20), default="expected")
    connection: Mapped[str | None] = mapped_column(String(60))
    connected_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mic_on: Mapped[bool] = mapped_column(Boolean, default=False)
    camera_on: Mapped[bool] = mapped_column(Boolean, default=False)
    silent_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    screen_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FloorRequest(Base):
    """A raised hand. Served in the order of (`raised_at`, `id`); one waiting per identity."""

    __tablename__ = "floor_request"
    __table_args__ = (
        Index(
            "uq_floor_request_waiting",
            "session_id",
            "identity",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID, ondelete="CASCADE"), index=True)
    identity: Mapped[str] = mapped_column(String(60))
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey(ENDPOINT_ID))
    display_name: Mapped[str] = mapped_column(String(200))
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(20), default="waiting")


class StageGrant(Base):
    """The right to be on stage: the truth behind every publish permission at the engine.

    Open while `withdrawn_at` is None; one open per identity. `sources` are names joined by commas.
    """

    __tablename__ = "stage_grant"
    __table_args__ = (
        Index(
            "uq_stage_grant_open",
            "session_id",
            "identity",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID, ondelete="CASCADE"), index=True)
    identity: Mapped[str] = mapped_column(String(60))
    display_name: Mapped[str] = mapped_column(String(200))
    slot: Mapped[str] = mapped_column(String(10))
    sources: Mapped[str] = mapped_column(String(100))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MuteOrder(Base):
    """The hub muted a source. In force until the room itself unmutes, or leaves the stage.

    `tracks` are the publications muted so far, joined by commas: one of them open again means that the room
    unmuted it; another one open means that it was published anew, and is muted again.
    """

    __tablename__ = "mute_order"
    __table_args__ = (
        Index(
            "uq_mute_order_open",
            "session_id",
            "identity",
            "source",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID, ondelete="CASCADE"), index=True)
    identity: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(20))
    tracks: Mapped[str] = mapped_column(String(400), default="")
    muted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RoomQuality(Base):
    """A minute of a room's line: records as in `quality_rules`, written once when the minute is over."""

    __tablename__ = "room_quality"

    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID, ondelete="CASCADE"), primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID), primary_key=True, index=True)
    minute_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    samples: Mapped[bytes] = mapped_column(LargeBinary)
