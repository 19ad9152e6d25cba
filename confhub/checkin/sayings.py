"""What was typed about a session, and not about a person, and may name one: why its attendance was opened
again, why it was cancelled. Inside somebody's transaction."""

from __future__ import annotations

from sqlalchemy import select

from confhub.audit.erasing import redact
from confhub.checkin import reopenings
from confhub.checkin.published import EventColumns
from confhub.db.database import Tx
from confhub.people import mentions
from confhub.people.published import PersonColumns
from confhub.rosters.published import EntryColumns, FrozenNames, ListedColumns
from confhub.sessions import erasing
from confhub.sessions.published import PlaceColumns


async def forget(tx: Tx, attendee_id: int) -> None:
    """Erase the reasons that name the person, here and in the trail: by a whole name, phone or address
    wherever it stands, by a word of the name or the code where the session is one of the person's. Before the
    person's own names go."""
    who, own = await _called(tx, attendee_id), await _sessions(tx, attendee_id)

    def tells(session_id: int, reason: str) -> bool:
        return mentions.names(reason, who, by_a_word=session_id in own)

    await redact(tx, [*await reopenings.forget_reasons(tx, tells), *await erasing.forget_reasons(tx, tells)])


async def _called(tx: Tx, attendee_id: int) -> mentions.Called:
    p, f = PersonColumns, FrozenNames
    row = (await tx.execute(select(p.name, p.code, p.phone, p.email).where(p.id == attendee_id))).one()
    then = (await tx.execute(select(f.name, f.code).where(f.attendee_id == attendee_id))).all()
    return mentions.called(
        [row.name, *(one.name for one in then)],
        [row.code, *(one.code for one in then)],
        [row.phone],
        [row.email],
    )


async def _sessions(tx: Tx, attendee_id: int) -> set[int]:
    """Sessions that the person is or was listed in, came to, or has a room of."""
    listed, event, entry, place = ListedColumns, EventColumns, EntryColumns, PlaceColumns
    rooms = select(entry.endpoint_id).where(entry.attendee_id == attendee_id)
    found: set[int] = set()
    for query in (
        select(listed.session_id).where(listed.attendee_id == attendee_id),
        select(event.session_id).where(event.attendee_id == attendee_id).distinct(),
        select(place.session_id).where(place.endpoint_id.in_(rooms)),
    ):
        found.update(await tx.scalars(query))
    return found
