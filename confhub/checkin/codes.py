"""Use cases of the rooms' codes: what a screen shows, and what a phone hands in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, NamedTuple

from cachetools import FIFOCache
from sqlalchemy import bindparam, func, select

from confhub.access.rules import Actor
from confhub.audit.refusals import Refusals
from confhub.checkin import bounds, limits, store, tokens
from confhub.checkin.errors import (
    CodeExpired,
    CodeWrong,
    PersonUnknown,
    RoomUnknown,
    SearchTooShort,
    TooManyPhonesAtOnce,
    TooManySearches,
    VisitExpired,
    WayClosed,
)
from confhub.checkin.guessing import Guessing
from confhub.checkin.models import CheckinDevice, CheckinKey
from confhub.checkin.standing import Standing, Standings
from confhub.checkin.values import (
    FoundPerson,
    KnownPerson,
    Likeness,
    PersonKind,
    RoomCode,
    Visit,
    VisitOpened,
    Way,
)
from confhub.db.database import Database
from confhub.i18n.folding import fold
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, SessionId
from confhub.org.published import UnitColumns
from confhub.people.looks import LookBook
from confhub.people.published import PersonColumns
from confhub.rosters import store as rosters
from confhub.rosters.published import FrozenColumns, ListedColumns
from confhub.sessions.errors import RoomNotInSession

PHONES: Final = Actor(None, "phones", "vi")
"""Who searches a room's list by the code on its screen: nobody whom the hub knows."""


_KNOWN: Final = (
    select(PersonColumns.id, PersonColumns.name, ListedColumns.state)
    .join(CheckinDevice, CheckinDevice.attendee_id == PersonColumns.id)
    .join(
        *ListedColumns.on(
            (ListedColumns.session_id == CheckinDevice.session_id)
            & (ListedColumns.attendee_id == CheckinDevice.attendee_id),
        )
    )
    .where(CheckinDevice.session_id == bindparam("session"), CheckinDevice.device == bindparam("device"))
)
_ROOM: Final = select(
    select(FrozenColumns.session_id).where(FrozenColumns.session_id == bindparam("session")).exists(),
    *bounds.OF_ROOM,
    select(func.coalesce(func.sum(ListedColumns.attendee_id), 0))
    .where(ListedColumns.session_id == bindparam("session"), ListedColumns.endpoint_id == bindparam("room"))
    .where(ListedColumns.removed_at.is_(None))
    .scalar_subquery(),
)
"""Whether the list is frozen; what `bounds.expects` is told; who is listed, as a sum of their numbers."""
_LIST: Final = (
    select(PersonColumns.id, PersonColumns.name, PersonColumns.position, UnitColumns.name)
    .join(*ListedColumns.on(ListedColumns.attendee_id == PersonColumns.id))
    .join(*UnitColumns.of(ListedColumns.unit_id))
    .where(ListedColumns.session_id == bindparam("session"), ListedColumns.endpoint_id == bindparam("room"))
    .where(ListedColumns.removed_at.is_(None), PersonColumns.erased_at.is_(None))
    .order_by(PersonColumns.sort_key, PersonColumns.id)
)


class RoomList(NamedTuple):
    """A room's people as phones find them. `read_at`: when it was looked whether they are still those of
    `who`, how many and the sum of their numbers; `named_at`: when their names were read; both monotonic.
    `expected`: how many the room expects, as its bounds see it; `named`: by `_words` of their names, in
    Vietnamese order; `words`: of each name."""

    read_at: float
    named_at: float
    who: tuple[int, int]
    expected: int
    people: list[int]
    named: Mapping[str, list[FoundPerson]]
    words: Mapping[str, str]


class CodeService:
    """QR codes and six digits of rooms; visits of phones, which are counted in memory."""

    def __init__(self, db: Database, clock: Clock, refusals: Refusals | None = None) -> None:
        """`refusals`: the hub's own."""
        self._refusals = refusals or Refusals(db, clock)
        self._db = db
        self._clock = clock
        self._standings = Standings(db, clock)
        self._key_bytes: bytes | None = None
        self._rooms: FIFOCache[str, RoomList] = FIFOCache(limits.ROOMS_MAX)
        self._guessing = Guessing(db)
        self._visits: FIFOCache[str, int] = FIFOCache(limits.DEVICES_MAX)
        self._searches: FIFOCache[str, int] = FIFOCache(limits.DEVICES_MAX)
        self._looks = LookBook(db, clock)

    # -- the room's screen -------------------------------------------------------------------------

    async def code(self, endpoint_id: EndpointId, session_id: SessionId, base_url: str) -> RoomCode:
        """What the room's screen shows now. Raises RoomNotInSession (or the session is not open)."""
        standing = await self._standing(session_id)
        if standing is None or endpoint_id not in standing.rooms:
            raise RoomNotInSession(field="session")
        now, secret = self._clock.now(), standing.policy.secret
        prompt = standing.prompt_at(now)
        token = tokens.qr_token(secret, session_id, endpoint_id, now, prompt)
        url = f"{base_url.rstrip('/')}/c/{token}"
        ends = [tokens.period_end(now, limits.QR_PERIOD_S)]
        ends += [p.closes_at for p in standing.prompts if p.opens_at <= now < p.closes_at]
        until = min(ends)
        return RoomCode(
            url,
            tokens.six_digits(secret, endpoint_id, now, prompt),
            limits.QR_PERIOD_S,
            until,
            max(1, int((until - now) / timedelta(milliseconds=1)) + 1),
            prompt,
            now,
        )

    # -- phones ------------------------------------------------------------------------------------

    async def new_device(self) -> str:
        """The cookie of a phone that was never here."""
        return tokens.new_device(await self._key())

    async def device_of(self, cookie: str) -> str | None:
        """What the phone behind a cookie is called here, or None."""
        return tokens.device_of(await self._key(), cookie) if len(cookie) <= 60 else None

    async def visit_by_token(self, device: str, token: str, *, fresh: bool = False) -> VisitOpened:
        """A phone scanned a room's QR code; `fresh`: one that was never here and can have told nothing.

        Raises CodeWrong, CodeExpired, RoomUnknown, WayClosed.
        """
        named = tokens.named_in(token)
        if named is None:
            raise CodeWrong(field="token")
        session_id, endpoint_id = named
        standing = await self._standing(session_id)
        if standing is None or endpoint_id not in standing.rooms:
            raise RoomUnknown(field="token")
        if Way.QR not in standing.policy.ways:
            raise WayClosed(field="token")
        policy, now = standing.policy, self._clock.now()
        period = tokens.qr_period(
            token, policy.secret, endpoint_id, now, policy.scan_margin_s, standing.prompts
        )
        if period is None:
            self._note(endpoint_id, device, CodeExpired.code)
            raise CodeExpired(field="token")
        return await self._open(standing, endpoint_id, device, Way.QR, period, fresh=fresh)

    async def visit_by_digits(
        self, device: str, room: str, six: str, network: str = "", *, fresh: bool = False
    ) -> VisitOpened:
        """Somebody typed a room's number and its six digits; `network`: the mark of their address; `fresh` as
        in `visit_by_token`.

        Raises RoomUnknown, CodeWrong, WayClosed; TooManyCodes after five failures of the phone; CodeOnceMore
        while somebody guesses at the room's digits. The room itself is never closed.
        """
        now = self._clock.now()
        endpoint_id = (
            await self._standings.room_called(room) if len(room) <= limits.CLIENT_KEY_MAX_CHARS else None
        )
        who = await self._guessing.typist(device, network, endpoint_id, now)
        if endpoint_id is None:
            await self._guessing.wrong(who, now)
            raise RoomUnknown(field="room")
        typed = tokens.plain_six(six) or ""
        closed = False
        for open_one in await self._standings.in_room(endpoint_id):
            standing = await self._standing(open_one.session_id)
            if standing is None:
                continue
            policy = standing.policy
            if Way.CODE not in policy.ways:
                closed = True
                continue
            period = typed and tokens.six_period(
                typed, policy.secret, endpoint_id, now, policy.scan_margin_s, standing.prompts
            )
            if isinstance(period, int):
                people = (await self._room(standing.session_id, endpoint_id)).expected
                await self._guessing.right(who, period, people)
                return await self._open(
                    standing, EndpointId(endpoint_id), device, Way.CODE, period, fresh=fresh
                )
        if closed:
            raise WayClosed(field="six")
        await self._guessing.wrong(who, now)
        self._note(endpoint_id, device, CodeWrong.code)
        raise CodeWrong(field="six")

    async def visit_of(self, device: str, ticket: str) -> Visit:
        """The visit behind a ticket. Raises VisitExpired: over, made for another phone, or not made here."""
        visit = tokens.visit_of(await self._key(), ticket, device)
        if visit is None or self._clock.now() > visit.until:
            raise VisitExpired(field="visit")
        return visit

    async def visit_again(self, device: str, ticket: str) -> VisitOpened:
        """What `visit_by_token` or `visit_by_digits` gave with this ticket, as it stands now, for a page that
        is drawn again. Raises VisitExpired; RoomUnknown where the room's check-in has been closed since."""
        visit = await self.visit_of(device, ticket)
        standing = await self._standing(visit.session_id)
        if standing is None or visit.endpoint_id not in standing.rooms:
            raise RoomUnknown(field="visit")
        known = await self._known(visit)
        return _opened(standing, visit, ticket, known)

    async def pick(self, visit: Visit, attendee_id: int) -> str:
        """What stands for a person in this visit's answers and forms."""
        return tokens.pick_of(await self._key(), visit, attendee_id)

    async def picked(self, visit: Visit, pick: str) -> int:
        """The person whom this visit was told of. Raises PersonUnknown: of another visit, or made up."""
        found = tokens.picked(await self._key(), visit, pick)
        if found is None:
            self._note(visit.endpoint_id, visit.device, PersonUnknown.code, "checkin:person:refuse")
            raise PersonUnknown(field="attendee")
        return found

    async def likeness(self, address: str, browser: str) -> Likeness:
        """The marks of a phone's address and browser."""
        key = await self._key()
        return Likeness(tokens.likeness(key, address), tokens.likeness(key, browser))

    async def search(self, visit: Visit, words: str) -> list[FoundPerson]:
        """People of the visit's room who have the whole name that was typed, in any order of its words and
        with or without accents, eight at the most: a phone reads no name that its owner did not know.

        Raises SearchTooShort, TooManySearches.
        """
        wanted = _words(words[:200])
        if len(wanted.replace(" ", "")) < limits.SEARCH_MIN_CHARS:
            raise SearchTooShort(field="q", min=limits.SEARCH_MIN_CHARS)
        searches = (self._searches.get(visit.nonce) or 0) + 1
        self._searches[visit.nonce] = searches
        if searches > limits.SEARCHES_A_VISIT_MAX:
            raise TooManySearches(retry_after_s=1)
        room = await self._room(visit.session_id, visit.endpoint_id)
        found = room.named.get(wanted, [])[: limits.SEARCH_HITS_MAX]
        if found:  # one look at the whole list stands for all phones of the room
            about = f"room {visit.endpoint_id}; session {visit.session_id}"
            await self._looks.told_more(PHONES, "phone", room.people, detail=about)
        key = await self._key()
        if len(found) == 1:
            found = [replace(found[0], position=None, unit="")]
        return [replace(one, pick=tokens.pick_of(key, visit, one.id)) for one in found]

    # -- inside ------------------------------------------------------------------------------------

    async def _standing(self, session_id: int) -> Standing | None:
        standing = await self._standings.of(session_id)
        if standing is not None and not standing.policy.secret:
            async with self._db.transaction() as tx:
                await store.secret_of(tx, session_id)
            self._standings.forget()
            standing = await self._standings.of(session_id)
        return standing

    async def _open(
        self,
        standing: Standing,
        endpoint_id: EndpointId,
        device: str,
        way: Way,
        period: int,
        *,
        fresh: bool,
    ) -> VisitOpened:
        """A visit by this code. Raises TooManyPhonesAtOnce where it has opened more than its room needs."""
        now = self._clock.now()
        visit = Visit(
            standing.session_id,
            endpoint_id,
            device,
            way,
            PersonKind.IN,
            (now + limits.VISIT_TTL).replace(microsecond=0),
            tokens.new_nonce(),
            period,
        )
        code = f"{visit.session_id}.{endpoint_id}.{visit.code}"
        visits = (self._visits.get(code) or 0) + 1
        people = max(limits.PHONES_LEAST, (await self._room(visit.session_id, endpoint_id)).expected)
        if visits > limits.VISITS_A_PERSON * people:
            self._note(endpoint_id, device, TooManyPhonesAtOnce.code)
            raise TooManyPhonesAtOnce(retry_after_s=limits.SIX_PERIOD_S)
        self._visits[code] = visits
        known = None if fresh else await self._known(visit)
        if standing.prompt_at(now) is not None and known is not None and known.state == "in":
            visit = replace(visit, does=PersonKind.CONFIRM)
        return _opened(standing, visit, tokens.ticket_of(await self._key(), visit), known)

    def _note(self, endpoint_id: int, device: str, reason: str, action: str = "checkin:code:fail") -> None:
        who = f"phone {device[:8]}"
        self._refusals.note(action, "endpoint", endpoint_id, who=who, reason=reason)

    async def _known(self, visit: Visit) -> KnownPerson | None:
        asked = {"session": visit.session_id, "device": visit.device}
        found = await self._db.ask(_KNOWN, asked)
        if not found:
            return None
        person, name, state = tuple(found[0])
        return KnownPerson(person, name, state, await self.pick(visit, person))

    async def _room(self, session_id: int, endpoint_id: int) -> RoomList:
        """The room's people, fresh within `limits.ROOM_LIST_FOR_S`, their names within `ROOM_NAMES_FOR_S`."""
        key, now = f"{session_id}.{endpoint_id}", self._clock.monotonic()
        kept = self._rooms.get(key)
        if kept is not None and now - kept.read_at <= limits.ROOM_LIST_FOR_S:
            return kept
        asked = {"session": session_id, "room": endpoint_id}
        frozen, listed, declared, total = tuple((await self._db.ask(_ROOM, asked))[0])
        if not frozen:  # the lobby opened this very moment
            async with self._db.transaction() as tx:
                await rosters.freeze(tx, session_id, self._clock.now())
            _, listed, declared, total = tuple((await self._db.ask(_ROOM, asked))[0])
        who, expected = (int(listed), int(total)), bounds.expects(listed, declared)
        if kept is not None and kept.who == who and now - kept.named_at <= limits.ROOM_NAMES_FOR_S:
            found = kept._replace(read_at=now, expected=expected)
        else:
            rows = await self._db.ask(_LIST, asked)
            found = _named(rows, who, expected, kept.words if kept is not None else {}, now)
        self._rooms[key] = found
        return found

    async def _key(self) -> bytes:
        if self._key_bytes is None:
            async with self._db.transaction() as tx:
                fresh = tokens.new_key()
                await tx.execute(tx.upsert(CheckinKey).values(id=1, secret=fresh).on_conflict_do_nothing())
                secret = await tx.scalar(select(CheckinKey.secret).where(CheckinKey.id == 1))
            self._key_bytes = bytes.fromhex(secret or fresh)
        return self._key_bytes


def _named(
    rows: Sequence[Any], who: tuple[int, int], expected: int, words: Mapping[str, str], now: float
) -> RoomList:
    """`words`: of names, as found before."""
    folded = {row[1]: words.get(row[1]) or _words(row[1]) for row in rows}
    named: defaultdict[str, list[FoundPerson]] = defaultdict(list)
    for row in rows:
        named[folded[row[1]]].append(FoundPerson(*row))
    return RoomList(now, now, who, expected, [row[0] for row in rows], dict(named), folded)


def _words(name: str) -> str:
    """The words of a name, with which it is found whatever their order and accents."""
    return " ".join(sorted(fold(name).split()))


def _opened(standing: Standing, visit: Visit, ticket: str, known: KnownPerson | None) -> VisitOpened:
    room = standing.rooms[visit.endpoint_id]
    return VisitOpened(ticket, visit, standing.title, room.name, known, standing.policy.guests)
