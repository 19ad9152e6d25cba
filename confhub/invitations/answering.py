"""AnswerService: what an invited unit sees and answers by its link, without an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, insert, select

from confhub.access.rules import SYSTEM
from confhub.audit.service import record
from confhub.calendars.asking import Asked as Asking
from confhub.db.database import Database, Tx
from confhub.i18n.catalogue import Translate
from confhub.i18n.identity import identity_key
from confhub.invitations import store
from confhub.invitations.errors import (
    ComesWhen,
    RegistrationTooOften,
    RegistrationUnknown,
    RoomNotYours,
    SaidMissing,
    TooManyAnswers,
)
from confhub.invitations.limits import ANSWERS_MAX, ASKS_PER_ADDRESS, ASKS_PER_LINK, TEXT_MAX_CHARS
from confhub.invitations.models import RegistrationAnswer, RegistrationDelegate, RegistrationLink
from confhub.invitations.rules import clean_line, read_delegates
from confhub.invitations.values import Asked, Choice, Delegate, Wish
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.org.published import UnitColumns
from confhub.org.rules import Checks
from confhub.registry.published import RoomColumns
from confhub.rosters.announcing import announce, take_back

_COMING = (Choice.COMES, Choice.LATER, Choice.REPRESENTED)


class AnswerService:
    """Whoever has the link answers for its unit, and for nobody else. How often a link and an address ask is
    counted before anything is looked up."""

    def __init__(self, db: Database, clock: Clock, translate: Translate) -> None:
        """`translate`: into the house's language, for what is kept on record."""
        self._db, self._clock, self._translate = db, clock, translate
        self._asking = Asking(clock, ASKS_PER_LINK, ASKS_PER_ADDRESS, RegistrationTooOften)

    def count(self, token: str, address: str) -> None:
        """One more request; before its body is read. RegistrationTooOften."""
        self._asking.count(store.hash_of(token), address)

    async def asked(self, token: str) -> Asked:
        """What the unit is asked, and what it answered last. RegistrationUnknown, SessionOff,
        RegistrationOver."""
        async with self._db.reading() as tx:
            return (await self._asked(tx, token))[0]

    async def answer(self, token: str, wish: Wish) -> Asked:
        """The unit's answer from now on; all are kept. As `asked`, TooManyAnswers, and what is wrong with the
        answer."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            _, session_id, unit_id = await self._asked(tx, token)
            await tx.alone(f"invitations.{session_id}.{unit_id}")
            asked, _, _ = await self._asked(tx, token)
            before = (await store.newest(tx, session_id, [unit_id])).get(unit_id)
            cleaned, delegates = _cleaned(wish, asked)
            if not delegates and before is not None and not wish.without and wish.choice in _COMING:
                delegates = await store.delegates_of(tx, before.id)
            room = cleaned.endpoint_id or (before.endpoint_id if before else None)
            await _check_count(tx, session_id, unit_id)
            row = RegistrationAnswer(
                session_id=session_id, unit_id=unit_id, at=now, choice=wish.choice.value,
                comes_at=cleaned.comes_at, said=cleaned.said, by_name=cleaned.by_name,
                endpoint_id=room if room in dict(asked.rooms) else asked.rooms[0][0], people=len(delegates),
            )  # fmt: skip
            tx.add(row)
            await tx.flush()
            await _name(tx, row.id, delegates)
            by = self._announced_by(asked.unit_name)
            await take_back(tx, session_id, by, now)
            absences = 0
            if wish.choice is Choice.ABSENT:
                rooms = [one for one, _ in asked.rooms]
                absences = await announce(tx, session_id, rooms, cleaned.said, by, now)
            path = await tx.scalar(select(UnitColumns.path).where(UnitColumns.id == unit_id)) or "/"
            record(
                tx, replace(SYSTEM, name=by[:NAME_MAX_CHARS]), "invitations:registration:answer", "session",
                session_id, now, path=path, unit_id=unit_id, choice=wish.choice.value, people=len(delegates),
                absences=absences,
            )  # fmt: skip
            await tx.flush()
            return (await self._asked(tx, token))[0]

    def _announced_by(self, unit_name: str) -> str:
        """Who entered it, as lists of notices say."""
        text = self._translate("{unit}, by its registration link")
        return text.format(unit=unit_name[: NAME_MAX_CHARS - 60])

    async def _asked(self, tx: Tx, token: str) -> tuple[Asked, int, int]:
        """With the session and the unit."""
        link = RegistrationLink
        query = select(link.session_id, link.unit_id, UnitColumns.name).join(*UnitColumns.of(link.unit_id))
        row = (await tx.execute(query.where(link.token_hash == store.hash_of(token)))).one_or_none()
        if row is None:
            raise RegistrationUnknown
        session_id, unit_id, unit_name = row
        facts = await store.facts_of(tx, session_id)
        if facts is None:
            raise RegistrationUnknown
        facts.require_open(self._clock.now())
        rooms = await store.rooms_of(tx, session_id, unit_id)
        if not rooms:
            raise RegistrationUnknown
        chair = await tx.scalar(select(RoomColumns.name).where(RoomColumns.id == facts.chair_id))
        last = (await store.newest(tx, session_id, [unit_id])).get(unit_id)
        asked = Asked(
            SessionId(session_id), facts.title, facts.starts_at, facts.ends_at, facts.organizer, chair or "",
            unit_name, tuple((EndpointId(one), name) for one, name in rooms), facts.closes_at,
            None if last is None else store.given(last),
        )  # fmt: skip
        return asked, session_id, unit_id


def _cleaned(wish: Wish, asked: Asked) -> tuple[Wish, tuple[Delegate, ...]]:
    """What of it belongs to its choice, in one form; raises every field's error."""
    checks, choice = Checks(), wish.choice
    said = checks.take(lambda: clean_line(wish.said, "said", TEXT_MAX_CHARS), "-")
    by_name = checks.take(lambda: clean_line(wish.by_name, "by_name", NAME_MAX_CHARS), "")
    comes_at: datetime | None = None
    if choice is Choice.LATER:
        comes_at = wish.comes_at
        if comes_at is None or not asked.starts_at < comes_at < asked.ends_at:
            checks.errors.append(ComesWhen(field="comes_at"))
    if choice in (Choice.ABSENT, Choice.REPRESENTED):
        if not said:
            checks.errors.append(SaidMissing(field="said"))
    else:
        said = ""
    delegates: tuple[Delegate, ...] = ()
    if choice in _COMING and not wish.without:
        delegates = checks.take(lambda: read_delegates(wish.delegates), ())
    if wish.endpoint_id is not None and wish.endpoint_id not in dict(asked.rooms):
        checks.errors.append(RoomNotYours(field="endpoint_id"))
    checks.finish()
    return replace(wish, said=said, by_name=by_name, comes_at=comes_at), delegates


async def _check_count(tx: Tx, session_id: int, unit_id: int) -> None:
    a = RegistrationAnswer
    query = select(func.count()).select_from(a).where(a.session_id == session_id, a.unit_id == unit_id)
    if (await tx.scalar(query) or 0) >= ANSWERS_MAX:
        raise TooManyAnswers(limit=ANSWERS_MAX)


async def _name(tx: Tx, answer_id: int, delegates: tuple[Delegate, ...]) -> None:
    rows = [
        {
            "answer_id": answer_id, "place": place, "name": one.name, "position": one.position,
            "unit": one.unit, "name_key": identity_key(one.name),
        }
        for place, one in enumerate(delegates)
    ]  # fmt: skip
    if rows:
        await tx.execute(insert(RegistrationDelegate), rows)
