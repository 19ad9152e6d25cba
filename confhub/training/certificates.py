"""Use cases of certificates: issue, revoke, issue again, find what has lost its basis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from confhub.access.rules import Actor, allows, branch_filter
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.i18n.folding import like_pattern
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import AttendeeId, CourseId
from confhub.kernel.limits import NAME_MAX_CHARS, PAGE_SIZE
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.org.rules import clean_optional
from confhub.people.looks import LookBook
from confhub.people.published import PersonColumns
from confhub.people.rules import new_badge
from confhub.people.store import resolve
from confhub.training import basis, deriving, errors, numbering, printing, store
from confhub.training.limits import (
    CHUNK,
    REASON_MAX_CHARS,
)
from confhub.training.models import CertificateRow, CertificateSeries, CoursePerson, CourseRow
from confhub.training.values import (
    Certificate,
    CertificatePage,
    IssuePreview,
    LostBasis,
    LostCourse,
    LostWhy,
    PersonState,
)


class CertificateService:
    """Certificates of courses: rights by the branch of the course's unit."""

    def __init__(self, db: Database, clock: Clock, timezone: str = "Asia/Ho_Chi_Minh") -> None:
        self._db = db
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._looks = LookBook(db, clock)

    async def preview(self, actor: Actor, course_id: int) -> IssuePreview:
        """What `issue` would do now."""
        await self._fresh(course_id)
        now = self._clock.now()
        async with self._db.reading() as tx:
            row, _, path = await store.found(tx, actor, course_id)
            _require(actor, path)
            course = await store.placed(tx, course_id)
            found = await basis.due(tx, course_id, course)
            due, titles = len(found.people), basis.open_sessions(course)
            year = now.astimezone(self._zone).year
            series = numbering.series(row.number_pattern, year)
            last = await tx.scalar(select(CertificateSeries.last).where(CertificateSeries.series == series))
            first = (last or 0) + 1
            return IssuePreview(
                due=due,
                first_number=numbering.number(row.number_pattern, first, year) if due else "",
                last_number=numbering.number(row.number_pattern, first + due - 1, year) if due else "",
                unsealed=tuple(titles[one] for one in found.open),
                waiting=found.waiting,
                signer_missing=not row.signer_name,
            )

    async def issue(self, actor: Actor, course_id: int, *, expected: int | None = None) -> int:
        """Issue to everybody who has completed by closed attendance and never had one; how many. `expected`:
        the number that the officer was shown; another one raises `CountChanged`. Whoever's was revoked gets
        one by `reissue`."""
        await self._fresh(course_id)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row, agency, path = await store.locked(tx, actor, course_id, Permission.CERTIFICATE_ISSUE)
            await tx.alone("certificate-numbers")
            due = (await basis.due(tx, course_id, await store.placed(tx, course_id))).people
            if expected is not None and expected != len(due):
                raise errors.CountChanged(now_due=len(due), expected=expected)
            if not due:
                return 0
            numbers = await self._numbers(tx, row, len(due), now)
            facts = await printing.facts(tx, row, agency, due, now, self._zone)
            rows = [
                {
                    "course_id": course_id,
                    "attendee_id": person,
                    "number": number,
                    "token": new_badge(),
                    "printed": facts[person],
                    "issued_at": now,
                    "issued_by": actor.name,
                }
                for person, number in zip(due, numbers, strict=True)
            ]
            for start in range(0, len(rows), CHUNK):
                await tx.rows(
                    CertificateRow.__table__.insert(),  # type: ignore[attr-defined]
                    rows[start : start + CHUNK],
                )
            record(
                tx, actor, "training:certificate:issue", "course", course_id, now,
                path=path, count=len(due), first=numbers[0], last=numbers[-1],
            )  # fmt: skip
            return len(due)

    async def revoke(self, actor: Actor, certificate_id: int, reason: str) -> Certificate:
        """Take a certificate back. Raises `ReasonMissing`, `CertificateRevoked`."""
        reason = _reason(reason)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row, path = await self._locked(tx, actor, certificate_id)
            self._revoke(tx, actor, row, path, reason, now)
            return _certificate(row)

    async def reissue(self, actor: Actor, certificate_id: int, reason: str) -> Certificate:
        """A new one, with a new number and the facts of today, in place of this one, which is revoked where
        it still stood. Raises `ReasonMissing`, `NotCompleted`, `BasisOpen`."""
        reason = _reason(reason)
        now = self._clock.now()
        async with self._db.reading() as tx:
            course_id = await tx.scalar(
                select(CertificateRow.course_id).where(CertificateRow.id == certificate_id)
            )
        if course_id is None:
            raise errors.CertificateUnknown()
        await self._fresh(course_id)
        async with self._db.transaction() as tx:
            old, path = await self._locked(tx, actor, certificate_id)
            await tx.alone("certificate-numbers")
            person = (await resolve(tx, [old.attendee_id]))[old.attendee_id]
            standing = await tx.get(CoursePerson, (course_id, person))
            if standing is None or standing.state != PersonState.COMPLETED.value:
                raise errors.NotCompleted()
            still_open = basis.open_sessions(await store.placed(tx, course_id))
            if missing := basis.rests_on(standing.cells, still_open):
                raise errors.BasisOpen(titles="; ".join(still_open[one] for one in sorted(missing)))
            for row in await tx.scalars(
                select(CertificateRow).where(
                    CertificateRow.course_id == course_id,
                    CertificateRow.attendee_id.in_({person, old.attendee_id}),
                    CertificateRow.revoked_at.is_(None),
                )
            ):
                self._revoke(tx, actor, row, path, reason, now)
            course, agency, _ = await store.found(tx, actor, course_id)
            (number,) = await self._numbers(tx, course, 1, now)
            facts = await printing.facts(tx, course, agency, [person], now, self._zone)
            new = CertificateRow(
                course_id=course_id, attendee_id=person, number=number, token=new_badge(),
                printed=facts[person], issued_at=now, issued_by=actor.name,
            )  # fmt: skip
            tx.add(new)
            await tx.flush()
            record(
                tx, actor, "training:certificate:reissue", "certificate", new.id, now,
                path=path, number=number, instead_of=old.number, reason=reason,
            )  # fmt: skip
            return _certificate(new)

    async def lost(self, actor: Actor, course_id: int) -> tuple[LostBasis, ...]:
        """Valid certificates that rest on nothing any more, or on attendance that was opened again, for
        whoever issues: corrected, reopened, merged. Written down as a look at these people."""
        await self._fresh(course_id)
        async with self._db.reading() as tx:
            _, _, path = await store.found(tx, actor, course_id)
            _require(actor, path)
            found = await basis.lost(tx, course_id, await store.placed(tx, course_id))
        shown = [one.attendee_id for one in found]
        await self._looks.told(actor, "certificates", shown, detail=f"course {course_id}")
        return found

    async def told(self, actor: Actor, course_id: int | None = None) -> tuple[LostCourse, ...]:
        """Courses that the actor issues for, with how many valid certificates have lost their completion, by
        the progress as it was last made. `course_id`: this one alone. It tells of no person."""
        c, p = CertificateRow, CoursePerson
        on = (p.course_id == c.course_id) & (p.attendee_id == c.attendee_id)
        query = (
            select(CourseRow.id, CourseRow.title, func.count())
            .join(c, c.course_id == CourseRow.id)
            .join(p, on)
            .join(*UnitColumns.of(CourseRow.unit_id))
            .where(
                c.revoked_at.is_(None),
                p.state != PersonState.COMPLETED.value,
                branch_filter(actor, Permission.CERTIFICATE_ISSUE, UnitColumns.path),
            )
            .group_by(CourseRow.id, CourseRow.title)
            .order_by(CourseRow.id)
        )
        if course_id is not None:
            query = query.where(CourseRow.id == course_id)
        async with self._db.reading() as tx:
            return tuple([LostCourse(CourseId(row[0]), row[1], row[2]) for row in await tx.execute(query)])

    async def revoke_lost(self, actor: Actor, course_id: int, reason: str, *, expected: int) -> int:
        """Take back all certificates whose people have not completed any more, in one go; how many. Those of
        attendance that is open again stay until it is closed. Raises `ReasonMissing`, `CountChanged` where
        there are other than the `expected` ones that the officer was shown."""
        reason = _reason(reason)
        await self._fresh(course_id)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            _, _, path = await store.locked(tx, actor, course_id, Permission.CERTIFICATE_ISSUE)
            found = await basis.lost(tx, course_id, await store.placed(tx, course_id))
            gone = [one.certificate_id for one in found if one.why is LostWhy.NOT_COMPLETED]
            if len(gone) != expected:
                raise errors.CountChanged(now_due=len(gone), expected=expected)
            for certificate_id in gone:
                row = await tx.get_one(CertificateRow, certificate_id, with_for_update=True)
                self._revoke(tx, actor, row, path, reason, now)
        return len(gone)

    async def list(
        self,
        actor: Actor,
        course_id: int,
        *,
        text: str = "",
        revoked: bool | None = None,
        page: int = 1,
        size: int = PAGE_SIZE,
    ) -> CertificatePage:
        """The course's certificates whose people the actor may see, the newest first. `text` is searched in
        the number, and without diacritics in the person's name and code."""
        c = CertificateRow
        async with self._db.reading() as tx:
            _, _, path = await store.found(tx, actor, course_id)
            query = _of_course(actor, course_id, path)
            if revoked is not None:
                query = query.where(c.revoked_at.is_not(None) if revoked else c.revoked_at.is_(None))
            if text.strip():
                pattern = like_pattern(text[:NAME_MAX_CHARS])
                query = query.where(
                    PersonColumns.search_key.like(pattern, escape="\\")
                    | (func.lower(c.number).like(pattern, escape="\\"))
                )
            total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
            start = (max(1, page) - 1) * size
            lines = (await tx.execute(query.order_by(c.id.desc()).offset(start).limit(size))).all()
        shown = [row.attendee_id for row, _ in lines]
        await self._looks.told(actor, "certificates", shown, detail=f"course {course_id}")
        return CertificatePage(tuple(_for_eyes(actor, path, *line) for line in lines), total)

    async def papers(
        self, actor: Actor, course_id: int, *, only: int | None = None
    ) -> tuple[Certificate, ...]:
        """Valid certificates to be printed, by number; `only`: this one, revoked or not. Written down as a
        look at these people. The date of birth stands on those whom the actor keeps or issues to."""
        c = CertificateRow
        async with self._db.reading() as tx:
            _, _, path = await store.found(tx, actor, course_id)
            query = _of_course(actor, course_id, path).order_by(c.id)
            query = query.where(c.id == only) if only is not None else query.where(c.revoked_at.is_(None))
            lines = (await tx.execute(query)).all()
        if only is not None and not lines:
            raise errors.CertificateUnknown()
        shown = [row.attendee_id for row, _ in lines]
        await self._looks.told(actor, "certificate", shown, detail=f"course {course_id}")
        return tuple(_for_eyes(actor, path, *line) for line in lines)

    async def get(self, actor: Actor, certificate_id: int) -> Certificate:
        """One certificate."""
        async with self._db.reading() as tx:
            row = await tx.get(CertificateRow, certificate_id)
            if row is None:
                raise errors.CertificateUnknown()
            try:
                _, _, path = await store.found(tx, actor, row.course_id)
            except errors.CourseUnknown:
                raise errors.CertificateUnknown() from None
            seen = (
                select(UnitColumns.path)
                .join(*PersonColumns.on(PersonColumns.unit_id == UnitColumns.id))
                .where(PersonColumns.id == row.attendee_id, store.people_condition(actor, path))
            )
            home = await tx.scalar(seen)
            if home is None:
                raise errors.CertificateUnknown()
        await self._looks.told(actor, "certificate", [row.attendee_id], detail=f"course {row.course_id}")
        return _for_eyes(actor, path, row, home)

    async def forget_erased(self) -> int:
        """The clock's servant: empty what is printed of erased people; certificates stay as numbers."""
        async with self._db.transaction() as tx:
            query = (
                select(CertificateRow)
                .join(*PersonColumns.of(CertificateRow.attendee_id))
                .where(PersonColumns.erased_at.is_not(None), CertificateRow.printed["name"].as_string() != "")
                .limit(CHUNK)
            )
            rows = (await tx.scalars(query)).all()
            for row in rows:
                row.printed = printing.without_person(row.printed)
            return len(rows)

    # -- inside -----------------------------------------------------------------------------------------

    async def _fresh(self, course_id: int) -> None:
        async with self._db.reading() as tx:
            row = await tx.get(CourseRow, course_id)
            if row is None:
                raise errors.CourseUnknown()
            if await deriving.current(tx, row):
                return
        await deriving.refresh(self._db, course_id, self._clock.now())

    async def _numbers(self, tx: Tx, row: CourseRow, count: int, now: datetime) -> Sequence[str]:
        """The next free numbers of the course's series; the caller holds `certificate-numbers`."""
        year = now.astimezone(self._zone).year
        series = numbering.series(row.number_pattern, year)
        counter = await tx.get(CertificateSeries, series, populate_existing=True)
        if counter is None:
            counter = CertificateSeries(series=series, last=0)
            tx.add(counter)
        found: list[str] = []
        while len(found) < count:
            missing = count - len(found)
            wanted = [
                numbering.number(row.number_pattern, counter.last + one, year)
                for one in range(1, missing + 1)
            ]
            counter.last += missing
            taken: set[str] = set()
            for start in range(0, missing, CHUNK):
                part = wanted[start : start + CHUNK]
                query = select(CertificateRow.number).where(CertificateRow.number.in_(part))
                taken |= set(await tx.scalars(query))
            found += [number for number in wanted if number not in taken]
        return found

    async def _locked(self, tx: Tx, actor: Actor, certificate_id: int) -> tuple[CertificateRow, str]:
        row = await tx.get(CertificateRow, certificate_id, with_for_update=True)
        if row is None:
            raise errors.CertificateUnknown()
        try:
            _, _, path = await store.found(tx, actor, row.course_id)
        except errors.CourseUnknown:
            raise errors.CertificateUnknown() from None
        _require(actor, path)
        return row, path

    def _revoke(
        self, tx: Tx, actor: Actor, row: CertificateRow, path: str, reason: str, now: datetime
    ) -> None:
        if row.revoked_at is not None:
            raise errors.CertificateRevoked()
        row.revoked_at, row.revoked_by, row.revoke_reason = now, actor.name, reason
        record(
            tx, actor, "training:certificate:revoke", "certificate", row.id, now,
            path=path, number=row.number, reason=reason,
        )  # fmt: skip


def _require(actor: Actor, path: str) -> None:
    if not allows(actor, Permission.CERTIFICATE_ISSUE, path):
        raise Forbidden(permission=Permission.CERTIFICATE_ISSUE.value)


def _reason(text: str) -> str:
    cleaned = clean_optional(text, "reason", REASON_MAX_CHARS)
    if cleaned is None:
        raise errors.ReasonMissing(field="reason")
    return cleaned


def _certificate(row: CertificateRow) -> Certificate:
    return Certificate(
        row.id,
        CourseId(row.course_id),
        AttendeeId(row.attendee_id),
        row.number,
        row.token,
        row.printed,
        row.issued_at,
        row.issued_by,
        row.revoked_at,
        row.revoked_by,
        row.revoke_reason,
    )


def _of_course(actor: Actor, course_id: int, path: str) -> Select[CertificateRow, str]:
    """Selects (certificate, path of its person's unit) of those whose people the actor may see; `path`: of
    the course's unit."""
    return (
        select(CertificateRow, UnitColumns.path)
        .join(*PersonColumns.of(CertificateRow.attendee_id))
        .join(*UnitColumns.of(PersonColumns.unit_id))
        .where(CertificateRow.course_id == course_id, store.people_condition(actor, path))
    )


def _for_eyes(actor: Actor, course_path: str, row: CertificateRow, home: str) -> Certificate:
    """The certificate as the actor may see it. `home`: the path of the person's unit."""
    shown = _certificate(row)
    issues = any(allows(actor, Permission.CERTIFICATE_ISSUE, path) for path in (course_path, home))
    if issues or allows(actor, Permission.PERSON_EDIT, home):
        return shown
    return replace(shown, printed={**shown.printed, "born": ""})
