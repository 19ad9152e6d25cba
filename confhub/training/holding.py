"""What training holds of a person: shown on the record, exported, erased by `people.holding.Holder`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update

from confhub.audit.erasing import ERASED, redact
from confhub.db.database import Tx
from confhub.people.holding import lines
from confhub.post import outbox
from confhub.post.published import ParcelColumns
from confhub.training import printing
from confhub.training.models import CertificateRow, CoursePerson, CourseRow, LearningStatement
from confhub.training.stating import LEARNING

CERTIFICATES_SHOWN: Final = 50
"""Certificates on a person's record, newest first; all of them stand in the export."""


@dataclass(frozen=True, slots=True)
class HeldCertificate:
    """A certificate of a person."""

    id: int
    number: str
    course_id: int
    course_title: str
    issued_at: datetime
    revoked: bool


async def certificates_of(tx: Tx, ids: list[int]) -> tuple[HeldCertificate, ...]:
    """The newest certificates of a person with these entries."""
    one = CertificateRow
    query = (
        select(one.id, one.number, one.course_id, CourseRow.title, one.issued_at, one.revoked_at)
        .join(CourseRow, CourseRow.id == one.course_id)
        .where(one.attendee_id.in_(ids))
        .order_by(one.id.desc())
        .limit(CERTIFICATES_SHOWN)
    )
    return tuple(
        HeldCertificate(number_id, number, course, title, at, revoked is not None)
        for number_id, number, course, title, at, revoked in await tx.execute(query)
    )


class TrainingHolder:
    """Courses, certificates, and statements that wait for the learning record store."""

    async def export(self, tx: Tx, attendee_id: int) -> dict[str, list[dict[str, Any]]]:
        """Progress by course, certificates as printed, statements as sent."""
        person, paper, said, sent = CoursePerson, CertificateRow, LearningStatement, ParcelColumns
        queries: dict[str, Any] = {
            "courses": select(
                person.course_id, CourseRow.title, person.state, person.millis, person.share
            )
            .join(CourseRow, CourseRow.id == person.course_id)
            .where(person.attendee_id == attendee_id),
            "certificates": select(
                paper.course_id, paper.number, paper.printed, paper.issued_at, paper.issued_by,
                paper.revoked_at, paper.revoke_reason,
            )
            .where(paper.attendee_id == attendee_id)
            .order_by(paper.id),
            "learning_statements": select(said.id, said.verb, said.body, sent.done_at.label("sent_at"))
            .outerjoin(*sent.on((sent.kind == LEARNING) & (sent.key == said.id)))
            .where(said.attendee_id == attendee_id)
            .order_by(said.created_at),
        }  # fmt: skip
        return {subject: await lines(tx, query) for subject, query in queries.items()}

    async def called(self, tx: Tx, attendee_ids: Collection[int]) -> list[str]:
        """Names as they were printed on certificates."""
        printed = CertificateRow.printed["name"].as_string()
        return list(await tx.scalars(select(printed).where(CertificateRow.attendee_id.in_(attendee_ids))))

    async def erase(self, tx: Tx, attendee_id: int, now: datetime) -> None:
        """Certificates stay as numbers; statements that have not left are never sent."""
        for row in await tx.scalars(select(CertificateRow).where(CertificateRow.attendee_id == attendee_id)):
            row.printed = printing.without_person(row.printed)
            if row.revoke_reason:
                await redact(tx, [row.revoke_reason])
                row.revoke_reason = ERASED
        said, parcel = LearningStatement, ParcelColumns
        theirs = select(said.id).where(said.attendee_id == attendee_id)
        of_them = (parcel.kind == LEARNING) & parcel.key.in_(theirs)
        unsent = list(await tx.scalars(select(parcel.key).where(of_them, parcel.done_at.is_(None))))
        await outbox.forget(tx, parcel.kind == LEARNING, parcel.key.in_(unsent))
        await outbox.hush(tx, of_them)
        await tx.execute(delete(said).where(said.id.in_(unsent)).execution_options(synchronize_session=False))
        await tx.execute(
            update(said)
            .where(said.attendee_id == attendee_id)
            .values(body={})
            .execution_options(synchronize_session=False)
        )
        await tx.flush()
