"""Use cases of the learning record store: what it is told, with retry and without doubles."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from confhub.access.rules import Actor, branch_filter, require_anywhere
from confhub.audit.service import record
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.people.published import PersonColumns
from confhub.post import outbox
from confhub.post.published import ParcelColumns
from confhub.post.worker import Post
from confhub.training import deriving, stating, store
from confhub.training.models import CourseRow, LearningMark, LearningStatement
from confhub.training.stating import LEARNING

SHOWN = 50
"""Statements in trouble that are listed."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A statement that was not taken yet, or never will be."""

    id: str
    verb: str
    subject: str
    attempts: int
    error: str
    refused: bool
    next_at: datetime


@dataclass(frozen=True, slots=True)
class LearningState:
    """What the store was told. `url` None: there is none."""

    url: str | None
    sent: int
    waiting: int
    refused: int
    last_sent_at: datetime | None
    troubles: tuple[Trouble, ...]
    """Those of the asker's branches."""


class LearningService:
    """xAPI statements on their way to a learning record store, where one is configured."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        post: Post,
        url: str | None = None,
        home: str = "http://127.0.0.1:8080",
    ) -> None:
        """`post`: carries `LEARNING` where `url`, the store's address, is set. `home`: the hub's public
        address, which names its accounts, courses and sessions."""
        self._db, self._clock, self._post = db, clock, post
        self._url = url
        self._home = home.rstrip("/")

    async def state(self, actor: Actor) -> LearningState:
        """Counts, and what is in trouble; for those who keep courses."""
        require_anywhere(actor, Permission.COURSE_EDIT)
        p, row = ParcelColumns, LearningStatement
        counts = select(
            func.count(p.done_at), func.max(p.done_at), func.count(p.due_at), func.count(p.given_up_at)
        ).where(p.kind == LEARNING)
        query = (
            select(
                row.id, row.verb, row.subject, p.attempts, p.last_error,
                p.given_up_at.is_not(None), func.coalesce(p.due_at, p.given_up_at),
            )
            .join(*p.on((p.kind == LEARNING) & (p.key == row.id)))
            .join(*PersonColumns.of(row.attendee_id))
            .join(*UnitColumns.of(PersonColumns.unit_id))
            .where(
                p.done_at.is_(None),
                p.last_error != "",
                branch_filter(actor, Permission.COURSE_EDIT, UnitColumns.path),
            )
            .order_by(p.given_up_at.is_(None), p.due_at, row.id)
            .limit(SHOWN)
        )  # fmt: skip
        async with self._db.reading() as tx:
            sent, last, due, refused = (await tx.execute(counts)).one()
            troubles = tuple(Trouble(*one) for one in await tx.execute(query))
        return LearningState(self._url, sent, due, refused, last, troubles)

    async def retry(self, actor: Actor) -> int:
        """Try again at once whatever waits or was refused, in the actor's branches; how many."""
        require_anywhere(actor, Permission.COURSE_EDIT)
        now, p = self._clock.now(), ParcelColumns
        theirs = (
            select(LearningStatement.id)
            .join(*PersonColumns.of(LearningStatement.attendee_id))
            .join(*UnitColumns.of(PersonColumns.unit_id))
            .where(branch_filter(actor, Permission.COURSE_EDIT, UnitColumns.path))
        )
        async with self._db.transaction() as tx:
            count = await outbox.send_again(
                tx, now, p.kind == LEARNING, (p.last_error != "") | (p.due_at > now), p.key.in_(theirs)
            )
            if count:
                record(tx, actor, "training:learning:retry", "learning", "store", now, count=count)
        return count

    async def send_due(self) -> int:
        """The clock's servant: state what became true, send what is due; how many were taken."""
        if self._url is None:
            return 0
        await self._state_due()
        return await self._post.send_due(LEARNING)

    async def _state_due(self) -> None:
        """Sessions and courses whose statements do not stand yet, each in its own transaction."""
        while True:
            async with self._db.reading() as tx:
                session_id = await stating.session_due(tx)
            if session_id is None:
                break
            async with self._db.transaction() as tx:
                said = await stating.of_session(tx, session_id, self._home)
                if said is not None:
                    await stating.write(tx, said, self._home, self._clock.now())
        async with self._db.reading() as tx:
            courses = (await tx.scalars(select(CourseRow.id))).all()
        for course_id in courses:
            await self._state_course(course_id)

    async def _state_course(self, course_id: int) -> None:
        async with self._db.reading() as tx:
            row = await tx.get(CourseRow, course_id)
            if row is None:
                return
            course = await store.placed(tx, course_id)
            if not any(one.session.sealed_at for one in course):
                return
            mark = await store.fingerprint(tx, row, course, sealed_only=True)
            stated = await tx.get(LearningMark, f"course:{course_id}")
            if stated is not None and stated.mark == mark:
                return
            facts = await deriving.read(tx, row, sealed_only=True)
        judged = await asyncio.to_thread(deriving.judged, facts)
        async with self._db.transaction() as tx:
            row = await tx.get(CourseRow, course_id)
            if row is not None:
                said = await stating.of_course(tx, row, judged, mark, self._home)
                await stating.write(tx, said, self._home, self._clock.now())
