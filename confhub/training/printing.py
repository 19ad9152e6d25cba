"""The facts on a certificate, as they are kept for good when it is issued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from confhub.db.database import Tx
from confhub.org.published import UnitColumns
from confhub.org.store import name_above
from confhub.people.published import PersonColumns
from confhub.training import basis, rules, store
from confhub.training.limits import CHUNK
from confhub.training.models import CoursePerson, CourseRow

PERSONAL = ("name", "unit", "position", "born")
"""Facts that go when a person is erased."""


async def facts(
    tx: Tx, row: CourseRow, agency: str, people: Sequence[int], now: datetime, zone: ZoneInfo
) -> dict[int, dict[str, Any]]:
    """Person → what is printed. Dates are ISO 8601, in the house's zone:

    name, unit, position, born (or ""); course, sessions (those counted), minutes, first_day, last_day;
    agency, agency_above, place, day, signer_name, signer_position.
    """
    course = await store.placed(tx, row.id)
    starts = {one.session.id: one.session.actual_start or one.session.starts_at for one in course}
    common = {
        "course": row.title,
        "agency": agency,
        "agency_above": await name_above(tx, row.unit_id),
        "place": row.issue_place,
        "day": now.astimezone(zone).date().isoformat(),
        "signer_name": row.signer_name,
        "signer_position": row.signer_position,
    }
    found: dict[int, dict[str, Any]] = {}
    a = PersonColumns
    for start in range(0, len(people), CHUNK):
        part = people[start : start + CHUNK]
        query = (
            select(a.id, a.name, a.position, a.birth_date, a.birth_year, UnitColumns.name, CoursePerson.cells)
            .join(*UnitColumns.of(a.unit_id))
            .join(CoursePerson, CoursePerson.attendee_id == a.id)
            .where(a.id.in_(part), CoursePerson.course_id == row.id)
        )
        for person, name, position, born, year, unit, cells in await tx.execute(query):
            counted = [cell for cell in rules.read_cells(cells) if cell[0] in basis.COUNTED]
            days = sorted(starts[cell[3]].astimezone(zone).date() for cell in counted if cell[3] in starts)
            found[person] = {
                **common,
                "name": name,
                "unit": unit,
                "position": position or "",
                "born": born.isoformat() if born else str(year or ""),
                "sessions": len(counted),
                "minutes": sum(cell[1] for cell in counted) // rules.MINUTE,
                "first_day": days[0].isoformat() if days else "",
                "last_day": days[-1].isoformat() if days else "",
            }
    return found


def without_person(printed: Mapping[str, Any]) -> dict[str, Any]:
    """The facts without the person."""
    return {name: "" if name in PERSONAL else value for name, value in printed.items()}
