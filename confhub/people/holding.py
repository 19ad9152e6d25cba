"""Whoever holds data of a person: the seam by which export and erasure reach every layer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Select, delete, or_, select, update

from confhub.db.database import Tx
from confhub.people.limits import EXPORT_LOOKS_MAX
from confhub.people.looks import of_person
from confhub.people.models import AttendeeMerge, AttendeeRow, PeopleDraftRow, PersonLook
from confhub.people.rules import new_badge
from confhub.people.store import person_of, person_query

CONTACT = ("phone", "email", "birth_date", "birth_year")
"""What a retention limit may take away while the person stays."""


class Holder(Protocol):
    """A layer that holds data of people. It is asked entry by entry: a person merged from two has two."""

    async def export(self, tx: Tx, attendee_id: int) -> dict[str, list[dict[str, Any]]]:
        """What is held of this entry: subject → lines. Moments and dates as they are."""
        ...

    async def called(self, tx: Tx, attendee_ids: Collection[int]) -> list[str]:
        """Texts that name these entries wherever they stand in the audit trail: names, now and before,
        numbers, addresses. Of a few hundred entries at once."""
        ...

    async def erase(self, tx: Tx, attendee_id: int, now: datetime) -> None:
        """Take the person out of what is held; ids and figures stay."""
        ...


class PeopleHolder:
    """The register itself."""

    async def export(self, tx: Tx, attendee_id: int) -> dict[str, list[dict[str, Any]]]:
        """The record, and who looked at it."""
        found = (await tx.execute(person_query().where(AttendeeRow.id == attendee_id))).first()
        if found is None:
            return {}
        person = person_of(found)
        fields = (
            "code", "name", "unit_name", "position", "birth_date", "birth_year", "phone", "email", "badge",
            "created_at", "retired_at",
        )  # fmt: skip
        looks = await of_person(tx, [attendee_id], EXPORT_LOOKS_MAX)
        return {
            "records": [{"id": person.id, **{field: getattr(person, field) for field in fields}}],
            "looks": [
                {
                    "at": look.at,
                    "by": look.actor_name,
                    "what": look.what,
                    "detail": look.detail,
                    "people": look.people,
                }
                for look in looks
            ],
        }

    async def called(self, tx: Tx, attendee_ids: Collection[int]) -> list[str]:
        """Name, telephone, e-mail."""
        names = await tx.scalars(select(AttendeeRow.name).where(AttendeeRow.id.in_(attendee_ids)))
        return [*names, *await reached_by(tx, attendee_ids)]

    async def erase(self, tx: Tx, attendee_id: int, now: datetime) -> None:
        """The row stays as a number, with an empty name; its old badge works no more. Uploaded lists that
        wait for their application may hold anybody: they go, and are uploaded again."""
        row = await tx.get_one(AttendeeRow, attendee_id)
        await tx.execute(delete(PeopleDraftRow))
        row.name, row.code, row.position = "", None, None
        row.birth_date = row.birth_year = row.phone = row.email = None
        row.badge = new_badge()
        row.sort_key, row.search_key, row.name_key = "~", "", ""
        row.erased_at = now
        row.retired_at = row.retired_at or now
        await tx.execute(
            update(AttendeeMerge)
            .where(or_(AttendeeMerge.kept_id == attendee_id, AttendeeMerge.dropped_id == attendee_id))
            .values(before={})
            .execution_options(synchronize_session=False)
        )
        await tx.execute(
            update(PersonLook)
            .where(PersonLook.attendee_id == attendee_id)
            .values(detail="")
            .execution_options(synchronize_session=False)
        )
        await tx.flush()


async def lines(tx: Tx, query: Select[*tuple[Any, ...]]) -> list[dict[str, Any]]:
    """What a statement finds, as an export has it."""
    return [dict(row) for row in (await tx.execute(query)).mappings()]


async def entries_of(tx: Tx, attendee_id: int) -> list[int]:
    """The person's own id, and those of the entries merged into it."""
    return await entries_of_all(tx, [attendee_id])


async def entries_of_all(tx: Tx, attendee_ids: Collection[int]) -> list[int]:
    """As `entries_of`, of a few hundred people."""
    merged = await tx.scalars(
        select(AttendeeRow.id).where(AttendeeRow.merged_into_id.in_(attendee_ids)).order_by(AttendeeRow.id)
    )
    return [*attendee_ids, *merged]


async def reached_by(tx: Tx, attendee_ids: Collection[int]) -> list[str]:
    """Telephone and e-mail of these entries."""
    query = select(AttendeeRow.phone, AttendeeRow.email).where(AttendeeRow.id.in_(attendee_ids))
    return [text for row in await tx.execute(query) for text in row if text]


async def forget_contact(tx: Tx, attendee_ids: Iterable[int]) -> None:
    """Take telephone, e-mail and date of birth from these entries and from what their merges remember."""
    ids = list(attendee_ids)
    await tx.execute(
        update(AttendeeRow)
        .where(AttendeeRow.id.in_(ids))
        .values(dict.fromkeys(CONTACT))
        .execution_options(synchronize_session=False)
    )
    remembered = await tx.scalars(
        select(AttendeeMerge).where(or_(AttendeeMerge.kept_id.in_(ids), AttendeeMerge.dropped_id.in_(ids)))
    )
    for row in remembered:
        if row.before:
            row.before = {
                **row.before,
                **{side: {**row.before[side], **dict.fromkeys(CONTACT)} for side in ("kept", "dropped")},
                "filled": [name for name in row.before["filled"] if name not in CONTACT],
            }
    await tx.flush()
