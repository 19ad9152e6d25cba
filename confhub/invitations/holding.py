"""What answers hold of a person: exported, erased by `people.holding.Holder`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select, update

from confhub.db.database import Tx
from confhub.invitations.models import RegistrationAnswer, RegistrationDelegate
from confhub.people.holding import lines
from confhub.people.published import PersonColumns


class InvitationHolder:
    """Delegates whom the person's unit named. They are no entries of the register: whoever is called alike in
    the same unit is taken for the person."""

    async def export(self, tx: Tx, attendee_id: int) -> dict[str, list[dict[str, Any]]]:
        """Each time that the unit named somebody of that name."""
        found = await _called(tx, attendee_id)
        if found is None:
            return {}
        a, d = RegistrationAnswer, RegistrationDelegate
        query = (
            select(a.session_id, a.at, d.name, d.position, d.unit)
            .join(d, d.answer_id == a.id)
            .where(a.unit_id == found[2], d.name_key == found[1])
            .order_by(a.id)
        )
        return {"named_as_delegate": await lines(tx, query)}

    async def called(self, tx: Tx, attendee_ids: Collection[int]) -> list[str]:
        """Nothing that the register does not say."""
        return []

    async def erase(self, tx: Tx, attendee_id: int, now: datetime) -> None:
        """The names go; that somebody was named stays. So do free texts of the unit that name the person."""
        found = await _called(tx, attendee_id)
        if found is None:
            return
        name, key, unit_id = found
        a, d = RegistrationAnswer, RegistrationDelegate
        of_unit = exists().where(a.id == d.answer_id, a.unit_id == unit_id)
        await _blank(tx, d, and_(d.name_key == key, of_unit), name="", position="", unit="", name_key="")
        for column in (a.said, a.by_name):
            texts = select(a.id, column).where(a.unit_id == unit_id, column != "")
            naming = [row[0] for row in await tx.execute(texts) if name.casefold() in row[1].casefold()]
            for at in range(0, len(naming), 500):
                await _blank(tx, a, a.id.in_(naming[at : at + 500]), **{column.key: ""})


async def _called(tx: Tx, attendee_id: int) -> tuple[str, str, int] | None:
    """(name, name as an identity, unit); None for one who was erased."""
    p = PersonColumns
    row = (await tx.execute(select(p.name, p.name_key, p.unit_id).where(p.id == attendee_id))).one_or_none()
    return None if row is None or not row[0] else (row[0], row[1], row[2])


async def _blank(tx: Tx, table: type[Any], which: ColumnElement[bool], **values: str) -> None:
    await tx.execute(update(table).where(which).values(**values).execution_options(synchronize_session=False))
