"""LetterService: sessions and series told to who takes part in them, by letters that calendars understand.

What was told to an address is stored; what holds is read anew for each session that was marked; the
difference is letters, put into the outbox in the transaction that notes them. So nothing is lost where a hub
stops, and the same is never told twice, whoever changed what, and however often.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, TypeVar, cast
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Table, bindparam, delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from confhub.calendars.changes import Change, changes
from confhub.calendars.letter_words import LetterWords, Matter
from confhub.calendars.limits import FORGET_AFTER, MARKS_AT_ONCE
from confhub.calendars.marking import MARK
from confhub.calendars.models import InvitationRow, LetterMark
from confhub.calendars.pictures import Held, Marks, Picture, as_json, few, from_json, repeated, single
from confhub.calendars.reading import (
    SeriesFacts,
    Words,
    addressed,
    series_facts,
    session_uid,
    sessions_query,
)
from confhub.db.database import Database, Tx
from confhub.i18n.catalogue import Catalogue
from confhub.i18n.formats import Formats
from confhub.ical.values import Party
from confhub.ical.writing import calendar
from confhub.kernel.clock import Clock
from confhub.post import outbox
from confhub.post.allowed import RecipientForbidden, check_allowed
from confhub.post.mailer import CalendarPart, Mailer, MailFailed, MailServerAway
from confhub.post.published import ParcelColumns
from confhub.post.values import Draft, Fate, Outcome, Parcel
from confhub.post.worker import Post
from confhub.scheduling.published import OccurrenceColumns, SeriesColumns
from confhub.scheduling.words import sentence
from confhub.sessions.published import SessionColumns

_Row = TypeVar("_Row")

LETTER: Final = "invitation"
"""The kind of parcel that a letter is."""
TURNS: Final = 20
"""Of marks, in one run; the next one goes on."""
AT_ONCE: Final = 10
"""Letters written, or rooms reckoned, before others have the loop."""
_INVITATION = cast(Table, InvitationRow.__table__)
_TOLD = (
    update(_INVITATION)
    .where(_INVITATION.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in ("sequence", "told", "over_at")})
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Subject:
    """A session, or a series, as its letters need it. `holds`: the dates by the rule on which somebody takes
    part; of a session itself. `known`: what was told, by address."""

    kind: str
    id: int
    uid: str
    unit_id: int
    matter: Matter
    pictures: Mapping[str, Picture]
    holds: frozenset[datetime]
    known: Mapping[str, InvitationRow]


@dataclass(slots=True)
class _Turn:
    """What one turn writes."""

    marks: list[int]
    rows: list[dict[str, Any]] = field(default_factory=list)
    new_rows: list[dict[str, Any]] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)


class LetterService:
    """The clock's servant, and the post's. Without a mail server nothing is marked, and nothing sent."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        post: Post,
        mailer: Mailer | None,
        catalogue: Catalogue,
        *,
        sender: str = "",
        allowed: Sequence[str] = (),
        home: str = "",
        timezone: str = "Asia/Ho_Chi_Minh",
        language: str = "vi",
    ) -> None:
        """`sender`: the organizer's address in calendars. `allowed`: domains and addresses that letters may
        go to. `home`: the hub's address. `language`: of all letters."""
        self._db, self._clock, self._post, self._mailer = db, clock, post, mailer
        self._sender, self._allowed = sender, tuple(allowed)
        self._home, self._timezone = home.rstrip("/"), timezone
        self._zone = ZoneInfo(timezone)
        translate = catalogue.into(language)
        self._words = Words(translate)
        self._said = LetterWords(translate, Formats(language, timezone))

    async def send_due(self) -> int:
        """Note what is to be told, then send what waits; gives how many letters went out."""
        if self._mailer is None:
            return 0
        await self.note_due()
        return await self._post.send_due(LETTER)

    async def note_due(self) -> None:
        """Put into the outbox what is to be told of the sessions that were marked."""
        for _ in range(TURNS):
            if not await self._turn():
                return

    async def send(self, parcels: Sequence[Parcel]) -> dict[int, Outcome]:
        """The post's sender."""
        assert self._mailer is not None, "without a mail server nobody carries letters"
        return {parcel.id: await self._sent(parcel, self._mailer) for parcel in parcels}

    async def forget_over(self) -> None:
        """What was told of things that are long over, and letters that arrived long ago."""
        until = self._clock.now() - FORGET_AFTER
        async with self._db.transaction() as tx:
            await tx.rows(delete(_INVITATION).where(_INVITATION.c.over_at < until))
            p = ParcelColumns
            await outbox.forget(tx, p.kind == LETTER, p.done_at < until)

    async def _sent(self, parcel: Parcel, mailer: Mailer) -> Outcome:
        said = parcel.payload
        part = CalendarPart(said["method"], said["ics"].encode())
        try:
            check_allowed(parcel.addresses, self._allowed)
            await mailer.send(
                parcel.addresses, said["subject"], said["text"], (), name=parcel.name, calendar=part
            )
        except RecipientForbidden as forbidden:
            return Outcome(Fate.REFUSED, str(forbidden))
        except MailFailed as failure:
            log.warning("letter not sent", about=parcel.about, error=str(failure))
            return Outcome(Fate.AWAY if isinstance(failure, MailServerAway) else Fate.LATER, str(failure))
        return Outcome(Fate.SENT)

    async def _turn(self) -> bool:
        """Read without holding up who writes, then write what came of it in one transaction."""
        now = self._clock.now()
        async with self._db.reading() as tx:
            m = LetterMark
            marked = (await tx.execute(select(m.id, m.session_id).order_by(m.id).limit(MARKS_AT_ONCE))).all()
            subjects, early = await self._subjects(tx, sorted({one.session_id for one in marked}), now)
            turn = _Turn([one.id for one in marked if one.session_id not in early])
            for one in subjects:
                await self._compare(turn, one, now)
        if not turn.marks and not turn.rows:
            return False
        async with self._db.transaction() as tx:
            await tx.alone(LETTER)
            mine = MARK.c.id.in_(turn.marks)
            if await tx.scalar(select(func.count()).select_from(MARK).where(mine)) != len(turn.marks):
                return True  # another hub was first: what it told has to be read anew
            for some in _portions(turn.drafts):
                await outbox.put(tx, LETTER, some, now)
            for new in _portions(turn.new_rows):
                await tx.rows(tx.only_new(InvitationRow), new)
            for changed in _portions(turn.rows):
                await tx.rows(_TOLD, changed)
            await tx.rows(delete(MARK).where(mine))
        return bool(turn.marks)

    async def _subjects(
        self, tx: Tx, session_ids: Sequence[int], now: datetime
    ) -> tuple[list[_Subject], set[int]]:
        """The series and the single sessions behind these; the series that others go on with, or that
        somebody ended; and those of the sessions whose series has dates that are just being made."""
        o, i, s = OccurrenceColumns, InvitationRow, SeriesColumns
        found = select(o.session_id, o.series_id).where(o.session_id.in_(session_ids))
        dates = {row.session_id: row.series_id for row in await tx.execute(found)}
        ended = (
            select(i.series_id)
            .join(*s.of(i.series_id))
            .where(s.ended_at.is_not(None), i.over_at.is_(None))
            .distinct()
        )
        wanted = {*dates.values(), *(await tx.scalars(ended))}
        facts = await series_facts(tx, wanted, self._words)
        before = {one.previous_id for one in facts.values() if one.previous_id is not None} - facts.keys()
        facts |= await series_facts(tx, before, self._words)
        today = now.astimezone(self._zone).date()
        making = {key for key, one in facts.items() if one.looked_at is not None and one.looked_at <= today}
        singles = [key for key in session_ids if key not in dates]
        subjects = [
            *(await self._singles(tx, singles)),
            *[await self._series(tx, facts[key]) for key in sorted(facts) if key not in making],
        ]
        return subjects, {key for key, series_id in dates.items() if series_id in making}

    async def _singles(self, tx: Tx, ids: Sequence[int]) -> list[_Subject]:
        s = SessionColumns
        held = {row.id: row for row in await tx.execute(sessions_query().where(s.id.in_(ids)))}
        told = select(s.id, s.unit_id, s.created_at).where(s.id.in_(ids))
        places = await addressed(tx, list(held))
        found = []
        for key, unit_id, created_at in (await tx.execute(told)).all():
            row = held.get(key)
            pictures = {}
            if row is not None:
                text = self._words.text(row.unit, row.chair or "")
                for address, rooms in places.get(key, {}).items():
                    one = Held(row.starts_at, row.length_min, row.title, self._words.rooms(rooms), text)
                    pictures[address] = single(self._timezone, one)
            matter = Matter("" if row is None else row.unit, f"{self._home}/sessions/{key}", "")
            holds = frozenset() if row is None else frozenset([row.starts_at])
            uid, known = session_uid(key, created_at), await _known(tx, InvitationRow.session_id, key)
            found.append(_Subject("session", key, uid, unit_id, matter, pictures, holds, known))
        return found

    async def _series(self, tx: Tx, facts: SeriesFacts) -> _Subject:
        rows = (await tx.execute(sessions_query().where(OccurrenceColumns.series_id == facts.id))).all()
        places = await addressed(tx, [row.id for row in rows])
        known = await _known(tx, InvitationRow.series_id, facts.id)
        dates: defaultdict[str, dict[date, Held]] = defaultdict(dict)
        for row in rows:
            text = self._words.text(row.unit, row.chair or "")
            for address, rooms in places.get(row.id, {}).items():
                dates[address][row.day] = Held(
                    row.starts_at, row.length_min, row.title, self._words.rooms(rooms), text
                )
            await asyncio.sleep(0)
        pictures = {}
        for number, (address, mine) in enumerate(dates.items()):
            place = Counter(one.place for one in mine.values()).most_common(1)[0][0]
            frame = replace(facts.frame, plain=replace(facts.frame.plain, place=place))
            whole = 2 * len(mine) >= len(rows) or _had_whole(known.get(address))
            pictures[address] = repeated(frame, mine) if whole else few(frame, mine)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)  # a long series with hundreds of rooms is a long reckoning
        repeats = sentence(facts.frame.rule, facts.on_days_off, self._said.translate, self._said.formats)
        matter = Matter(facts.unit, f"{self._home}/series/{facts.id}", repeats)
        holds = frozenset(facts.frame.starts_on(row.day) for row in rows)
        return _Subject("series", facts.id, facts.uid, facts.unit_id, matter, pictures, holds, known)

    async def _compare(self, turn: _Turn, subject: _Subject, now: datetime) -> None:
        """What is to be told to each address, and noted."""
        known = subject.known
        for number, address in enumerate(sorted({*known, *subject.pictures})):
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
            row, now_is = known.get(address), subject.pictures.get(address)
            told = from_json(row.told) if row is not None and row.told is not None else None
            sequence = row.sequence if row is not None else -1
            for change in changes(told, now_is, now):
                sequence += 1
                turn.drafts.append(self._draft(subject, address, change, sequence, now))
            kept = None if now_is is None else as_json(now_is)
            over_at = now if now_is is None else now_is.ends_at()
            values = {"sequence": sequence, "told": kept, "over_at": over_at}
            if row is None and sequence >= 0:
                ids = {"session_id": None, "series_id": None, f"{subject.kind}_id": subject.id}
                turn.new_rows.append({**ids, "address": address, **values})
            elif row is not None and (row.sequence, row.told) != (sequence, kept):
                turn.rows.append({"key": row.id, **values})

    def _draft(self, subject: _Subject, address: str, change: Change, sequence: int, now: datetime) -> Draft:
        marks = Marks(
            subject.uid, now, sequence, subject.matter.link, Party(self._sender, subject.matter.unit),
            (Party(address),),
        )  # fmt: skip
        still_held = bool(set(change.days) & subject.holds if change.days else subject.holds)
        title = self._said.subject(change, still_held=still_held)
        written = calendar(change.events(marks), method=change.method)
        return Draft(
            key=f"{subject.kind}:{subject.id}:{hashlib.sha256(address.encode()).hexdigest()[:24]}:{sequence}",
            about=f"{subject.kind}:{subject.id}",
            unit_id=subject.unit_id,
            address=(address,),
            title=title[:200],
            payload={
                "method": change.method.value,
                "subject": title,
                "text": self._said.text(change, subject.matter, still_held=still_held),
                "ics": written.decode(),
            },
        )


async def _known(tx: Tx, column: InstrumentedAttribute[int | None], key: int) -> dict[str, InvitationRow]:
    """By address."""
    return {row.address: row for row in await tx.scalars(select(InvitationRow).where(column == key))}


def _had_whole(row: InvitationRow | None) -> bool:
    return row is not None and row.told is not None and row.told["whole"] is not None


def _portions(rows: list[_Row]) -> list[list[_Row]]:
    return [rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE)]
