"""What the database says of a session's stage, read for those who carry it to the engine."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import exists, func, select

from confhub.db.database import Tx
from confhub.engine.types import SPEAKER_SOURCES, Source
from confhub.registry.published import CredentialColumns
from confhub.sessions import deck, joining, owning, store
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.stage_rules import Mute, Truth
from confhub.sessions.values import Slot


async def read_truth(tx: Tx, session: MeetingSession, *, slots: bool) -> Truth:
    """The stored truth of a session's stage. `slots`: the engine shows who stands in a slot, so that others
    may publish ahead."""
    session_id = session.id
    rows = await store.open_grants(tx, session_id)
    ahead = await deck.on_deck(tx, session, rows) if slots else []
    grants = {
        key: tuple(Source(name) for name in row.sources.split(","))
        for key, row in rows.items()
        if slots or row.slot != Slot.DECK.value
    }
    grants = {**dict.fromkeys(ahead, SPEAKER_SOURCES), **grants}
    mutes: defaultdict[str, list[Mute]] = defaultdict(list)
    for row in await store.open_mutes(tx, session_id):
        mutes[row.identity].append(
            Mute(row.id, Source(row.source), tuple(row.tracks.split(",") if row.tracks else ()), row.muted_at)
        )
    welcome: set[str] = set()
    refused: dict[str, datetime] = {}
    replaced: dict[str, datetime] = {}
    valid = exists().where(
        CredentialColumns.endpoint_id == SessionEndpoint.endpoint_id, CredentialColumns.revoked_at.is_(None)
    )
    revoked_at = (
        select(func.max(CredentialColumns.revoked_at))
        .where(CredentialColumns.endpoint_id == SessionEndpoint.endpoint_id)
        .scalar_subquery()
    )
    busy = await owning.elsewhere(tx, session_id)
    rooms = select(
        SessionEndpoint.endpoint_id,
        SessionEndpoint.identity,
        SessionEndpoint.removed_at,
        SessionEndpoint.expected_until,
        valid,
        revoked_at,
    ).where(SessionEndpoint.session_id == session_id)
    for key, identity, removed_at, until, has_machine, last_revoked_at in await tx.execute(rooms):
        refused_at = removed_at or until
        if refused_at is not None:
            refused[identity] = refused_at
        elif key in busy:
            continue
        elif has_machine or last_revoked_at is None:  # a room that was never paired is driven by hand
            welcome.add(identity)
            if last_revoked_at is not None:
                replaced[identity] = last_revoked_at
        else:
            refused[identity] = last_revoked_at
    for person, may_join in await joining.persons(tx, session):
        if person.removed_at is not None:
            refused[person.identity] = person.removed_at
        elif may_join:
            welcome.add(person.identity)
    return Truth(
        grants=grants,
        mutes=mutes,
        welcome=frozenset(welcome),
        refused_since=refused,
        replaced_at=replaced,
        deck=frozenset(ahead),
    )
