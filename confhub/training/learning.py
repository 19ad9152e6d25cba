"""Use cases of the learning record store: what it is told, with retry and without doubles."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import structlog
from sqlalchemy import func, select, update

from confhub.access.rules import Actor, branch_filter, require_anywhere
from confhub.audit.service import record
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.people.published import PersonColumns
from confhub.training import deriving, outbox, store
from confhub.training.limits import BATCH, LRS_TIMEOUT_S, RETRY_FIRST_S, RETRY_LONGEST_S
from confhub.training.models import CourseRow, LearningMark, LearningStatement

log = structlog.get_logger(__name__)

RUN_S = 8.0
"""How long one run of the servant sends; the next one goes on."""
SHOWN = 50
"""Statements in trouble that are listed."""
VERSION = "1.0.3"

Line = tuple[str, dict[str, Any], int]
"""A statement's id, body, and attempts so far."""


class StoreDown(Exception):
    """The store does not answer, or not so that it could be understood. `wait_s`: what it asked for."""

    def __init__(self, reason: str, wait_s: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.wait_s = reason, wait_s


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
        url: str | None = None,
        key: str = "",
        secret: str = "",
        home: str = "http://127.0.0.1:8080",
    ) -> None:
        """`home`: the hub's public address, which names its accounts, courses and sessions."""
        self._db = db
        self._clock = clock
        self._url, self._key, self._secret = url, key, secret
        self._home = home.rstrip("/")

    async def state(self, actor: Actor) -> LearningState:
        """Counts, and what is in trouble; for those who keep courses."""
        require_anywhere(actor, Permission.COURSE_EDIT)
        row = LearningStatement
        waiting = (row.sent_at.is_(None)) & (row.is_refused.is_(False))
        async with self._db.reading() as tx:
            sent, last = (
                await tx.execute(select(func.count(), func.max(row.sent_at)).where(row.sent_at.is_not(None)))
            ).one()
            due = await tx.scalar(select(func.count()).where(waiting)) or 0
            refused = await tx.scalar(select(func.count()).where(row.is_refused.is_(True))) or 0
            query = (
                select(row)
                .join(*PersonColumns.of(row.attendee_id))
                .join(*UnitColumns.of(PersonColumns.unit_id))
                .where(
                    row.sent_at.is_(None),
                    row.error != "",
                    branch_filter(actor, Permission.COURSE_EDIT, UnitColumns.path),
                )
                .order_by(row.is_refused.desc(), row.next_at, row.id)
                .limit(SHOWN)
            )
            rows = (await tx.scalars(query)).all()
        troubles = tuple(
            Trouble(r.id, r.verb, r.subject, r.attempts, r.error, r.is_refused, r.next_at) for r in rows
        )
        return LearningState(self._url, sent, due, refused, last, troubles)

    async def retry(self, actor: Actor) -> int:
        """Try again at once whatever waits or was refused, in the actor's branches; how many."""
        require_anywhere(actor, Permission.COURSE_EDIT)
        now = self._clock.now()
        row = LearningStatement
        people = (
            select(PersonColumns.id)
            .join(*UnitColumns.of(PersonColumns.unit_id))
            .where(branch_filter(actor, Permission.COURSE_EDIT, UnitColumns.path))
        )
        async with self._db.transaction() as tx:
            done = await tx.execute(
                update(row)
                .where(
                    row.sent_at.is_(None),
                    (row.error != "") | (row.next_at > now),
                    row.attendee_id.in_(people),
                )
                .values(next_at=now, is_refused=False, error="")
                .execution_options(synchronize_session=False)
            )
            count = int(done.rowcount)  # type: ignore[attr-defined]
            if count:
                record(tx, actor, "training:learning:retry", "learning", "store", now, count=count)
        return count

    async def send_due(self) -> int:
        """The clock's servant: state what became true, send what is due; how many were taken."""
        if self._url is None:
            return 0
        await self._state_due()
        timeout = aiohttp.ClientTimeout(total=LRS_TIMEOUT_S)
        taken = 0
        until = self._clock.monotonic() + RUN_S
        async with aiohttp.ClientSession(
            timeout=timeout,
            headers={
                "Authorization": aiohttp.encode_basic_auth(self._key, self._secret, encoding="utf-8"),
                "X-Experience-API-Version": VERSION,
            },
        ) as client:
            while self._clock.monotonic() < until:
                batch = await self._due()
                if not batch:
                    break
                try:
                    taken += await self._send(client, batch)
                except StoreDown as down:
                    log.warning("learning record store does not take statements", reason=down.reason)
                    break
        return taken

    async def _state_due(self) -> None:
        """Sessions and courses whose statements do not stand yet, each in its own transaction."""
        while True:
            async with self._db.reading() as tx:
                session_id = await outbox.session_due(tx)
            if session_id is None:
                break
            async with self._db.transaction() as tx:
                said = await outbox.of_session(tx, session_id, self._home)
                if said is not None:
                    await outbox.write(tx, said, self._home, self._clock.now())
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
                said = await outbox.of_course(tx, row, judged, mark, self._home)
                await outbox.write(tx, said, self._home, self._clock.now())

    async def _due(self) -> list[Line]:
        row = LearningStatement
        async with self._db.reading() as tx:
            query = (
                select(row.id, row.body, row.attempts)
                .where(row.sent_at.is_(None), row.is_refused.is_(False), row.next_at <= self._clock.now())
                .order_by(row.created_at, row.id)
                .limit(BATCH)
            )
            return [(line[0], line[1], line[2]) for line in await tx.execute(query)]

    async def _send(self, client: aiohttp.ClientSession, lines: Sequence[Line]) -> int:
        """Hand in these statements; how many the store has now. A batch that it refuses is halved until the
        bad one stands alone. Raises `StoreDown` after having put them off."""
        try:
            status, reason = await self._post(client, [body for _, body, _ in lines])
        except StoreDown as down:
            await self._put_off(lines, down)
            raise
        if status in (200, 204):
            await self._sent(lines)
            return len(lines)
        if len(lines) > 1:
            middle = len(lines) // 2
            return await self._send(client, lines[:middle]) + await self._send(client, lines[middle:])
        if status == 409:  # the store has this id already: it was told before, and its answer got lost
            await self._sent(lines)
            return 1
        await self._refused(lines[0], f"{status} {reason}")
        return 0

    async def _post(self, client: aiohttp.ClientSession, bodies: list[dict[str, Any]]) -> tuple[int, str]:
        """(status, what it says); 200, 204, 400, 409 or 413. Everything else is `StoreDown`."""
        try:
            async with client.post(
                f"{self._url}/statements",
                json=bodies,
                allow_redirects=False,
            ) as answer:
                text = (await answer.content.read(2_000)).decode("utf-8", "replace")
                reason = " ".join(text.split())[:200]
                if answer.status in (200, 204, 400, 409, 413):
                    return answer.status, reason
                asked = answer.headers.get("Retry-After", "")
                wait = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
                raise StoreDown(f"{answer.status} {reason}".strip(), wait)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise StoreDown(f"{type(error).__name__}: {error}"[:250]) from error

    async def _sent(self, lines: Sequence[Line]) -> None:
        await self._note(lines, sent_at=self._clock.now(), error="")

    async def _refused(self, line: Line, reason: str) -> None:
        log.warning("learning record store refuses a statement", statement=line[0], reason=reason)
        await self._note([line], is_refused=True, error=reason[:300])

    async def _put_off(self, lines: Sequence[Line], down: StoreDown) -> None:
        tried = max(attempts for _, _, attempts in lines)
        wait = max(min(RETRY_FIRST_S << min(tried, 20), RETRY_LONGEST_S), min(down.wait_s, RETRY_LONGEST_S))
        next_at = self._clock.now() + timedelta(seconds=wait)
        row = LearningStatement
        async with self._db.transaction() as tx:
            # Everything that waits is put off with them: the store is down, not these statements.
            await tx.execute(
                update(row)
                .where(row.sent_at.is_(None), row.is_refused.is_(False), row.next_at < next_at)
                .values(next_at=next_at)
                .execution_options(synchronize_session=False)
            )
        await self._note(lines, error=down.reason[:300], next_at=next_at)

    async def _note(self, lines: Sequence[Line], **values: Any) -> None:
        row = LearningStatement
        async with self._db.transaction() as tx:
            await tx.execute(
                update(row)
                .where(row.id.in_([name for name, _, _ in lines]))
                .values(attempts=row.attempts + 1, **values)
                .execution_options(synchronize_session=False)
            )
