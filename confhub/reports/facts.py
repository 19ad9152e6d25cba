"""What a report names: the session, its rooms in the asker's branches, the units above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from confhub.access.rules import Actor, branch_filter
from confhub.db.database import Tx
from confhub.kernel.permissions import Permission
from confhub.org.models import TierRow, UnitRow
from confhub.registry.models import EndpointRow
from confhub.registry.values import EndpointKind
from confhub.reports.compose import RoomFacts, UnitFacts
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.store import shown_to

_CHUNK = 500
"""Ids in one IN list."""


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session with its organizer and its chair."""

    row: MeetingSession
    unit_name: str
    unit_path: str
    chair: EndpointRow | None


async def session_facts(tx: Tx, actor: Actor, session_id: int) -> SessionFacts | None:
    """The session; None for an unknown one, and for a draft that is not the actor's to edit. No other right
    is checked."""
    s = MeetingSession
    found = (
        await tx.execute(
            select(s, UnitRow.name, UnitRow.path, EndpointRow)
            .join(UnitRow, UnitRow.id == s.unit_id)
            .join(EndpointRow, EndpointRow.id == s.chair_endpoint_id, isouter=True)
            .where(s.id == session_id, shown_to(actor))
        )
    ).one_or_none()
    return SessionFacts(found[0], found[1], found[2], found[3]) if found is not None else None


async def room_facts(
    tx: Tx, actor: Actor, session_id: int, permission: Permission = Permission.REPORT_VIEW
) -> tuple[list[RoomFacts], dict[int, UnitFacts]]:
    """The session's rooms where the actor holds `permission`, by the unit they had when chosen; and the units
    above."""
    e = SessionEndpoint
    rows = (
        await tx.execute(
            select(
                e.endpoint_id,
                EndpointRow.code,
                EndpointRow.name,
                EndpointRow.sort_key,
                EndpointRow.kind,
                e.unit_id,
                e.is_chair,
                UnitRow.path,
            )
            .join(EndpointRow, EndpointRow.id == e.endpoint_id)
            .join(UnitRow, UnitRow.id == e.unit_id)
            .where(e.session_id == session_id, branch_filter(actor, permission, UnitRow.path))
        )
    ).all()
    wanted = {int(part) for row in rows for part in row.path.split("/") if part}
    units = await unit_facts(tx, sorted(wanted), actor.language)
    return [
        RoomFacts(
            endpoint_id=row.endpoint_id,
            code=row.code,
            name=row.name,
            sort_key=row.sort_key,
            unit=units[row.unit_id],
            is_chair=row.is_chair,
            counted=row.kind != EndpointKind.STUDIO.value,
        )
        for row in rows
    ], units


async def unit_facts(tx: Tx, unit_ids: Sequence[int], language: str) -> dict[int, UnitFacts]:
    """The units with their tiers, the tiers' names in `language`."""
    found: dict[int, UnitFacts] = {}
    for start in range(0, len(unit_ids), _CHUNK):
        u, t = UnitRow, TierRow
        rows = await tx.execute(
            select(u.id, u.parent_id, u.name, u.path, u.sort_key, t.id, t.name, t.name_en, t.rank)
            .join(t, t.id == u.tier_id)
            .where(u.id.in_(unit_ids[start : start + _CHUNK]))
        )
        for unit_id, parent_id, name, path, sort_key, tier_id, tier, tier_en, rank in rows:
            tier_name = tier_en if language == "en" and tier_en else tier
            found[unit_id] = UnitFacts(unit_id, parent_id, name, path, sort_key, tier_id, tier_name, rank)
    return found
