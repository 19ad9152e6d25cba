"""Whoever puts the mark of an erased text where a reason stands has hidden it, and verifying says so."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from confhub.audit import marks
from confhub.checkin.corrections import CorrectionService
from confhub.checkin.models import AttendanceSeal, CheckinUndo, Correction
from confhub.cli.attendance import verified_lines
from confhub.cli.words import Words
from confhub.kernel.ids import AttendeeId, EndpointId
from tests.functional.hub_checkin.test_phones_back import ADMIN
from tests.plugins.checkin import ROOM, SESSION, Hall

pytestmark = pytest.mark.both_databases

REASONS: list[tuple[Any, Any, str]] = [
    (Correction, Correction.reason, "corrections"),
    (CheckinUndo, CheckinUndo.reason, "undos"),
    (AttendanceSeal, AttendanceSeal.reopen_reason, "closings"),
]


@pytest.fixture
async def reasoned(over: Hall) -> Hall:
    """Closed attendance that knows a correction, an undoing and a reopening, each with its reason."""
    services, house = over.services, over.house
    house.move_to(2 * 3600)
    corrections = CorrectionService(house.database, house.clock)
    for person in (4, 5):  # who did not come
        await corrections.add(
            ADMIN, SESSION, AttendeeId(person), "add", EndpointId(ROOM), house.at(60), house.at(120),
            f"Quên quét mã, {person}",
        )  # fmt: skip
    (source, *_), _ = await services.undoing.sources(ADMIN, SESSION)
    await services.undoing.undo(ADMIN, SESSION, source.name, "Máy hỏng")
    await services.seals.close(ADMIN, SESSION, even_so=True)
    await services.seals.reopen(ADMIN, SESSION, "Sót người")
    await services.seals.close(ADMIN, SESSION, even_so=True)
    return over


async def hide(hall: Hall, model: Any, column: Any) -> None:
    async with hall.house.database.transaction() as tx:
        reason = await tx.scalar(select(column).where(column.is_not(None)).order_by(model.id.desc()).limit(1))
        await tx.execute(update(model).where(column == reason).values({column: marks.mark(reason)}))


@pytest.mark.parametrize(("model", "column", "part"), REASONS, ids=[one[2] for one in REASONS])
async def test_a_reason_that_went_without_a_person_is_named(
    reasoned: Hall, model: Any, column: Any, part: str
) -> None:
    assert (await reasoned.services.seals.verify(SESSION)).holds
    await hide(reasoned, model, column)
    found = await reasoned.services.seals.verify(SESSION)
    assert not found.holds
    assert [one.name for one, _ in found.changed] == [part]
    (place,) = found.places
    assert (place.part, place.what) == (part, "changed")
    assert verified_lines(found, Words("en"))[-1] == "This attendance no longer matches its seal."


async def test_what_went_with_a_person_goes_on_holding(reasoned: Hall) -> None:
    services = reasoned.services
    name = (await services.people.person(ADMIN, 5)).name
    await services.privacy.erase(ADMIN, 5, "theo yêu cầu", typed_name=name)
    assert (await services.seals.verify(SESSION)).holds
    async with reasoned.house.database.transaction() as tx:  # of somebody else, who is there
        of_other = select(Correction).where(Correction.attendee_id == 4).order_by(Correction.id.desc())
        row = (await tx.scalars(of_other.limit(1))).one()
        row.reason = marks.mark(row.reason)
    found = await services.seals.verify(SESSION)
    assert [one.name for one, _ in found.changed] == ["corrections"]
