"""RegistrationLetters: the letters that bring an invited unit its link, and remind it.

The link's secret is made when the letter leaves, and kept nowhere: the outbox knows session and unit alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import select

from confhub.calendars.contacts import unit_addresses
from confhub.db.database import Database, Tx
from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.invitations import store
from confhub.invitations.limits import TELL_AT_ONCE
from confhub.invitations.models import RegistrationRow, RegistrationUnit
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError
from confhub.org.published import UnitColumns
from confhub.post import outbox
from confhub.post.allowed import RecipientForbidden, check_allowed
from confhub.post.mailer import Mailer, MailFailed, MailServerAway
from confhub.post.published import ParcelColumns
from confhub.post.values import Draft, Fate, Outcome, Parcel
from confhub.post.worker import Post
from confhub.sessions.published import SessionColumns
from confhub.sessions.values import SessionView

REGISTRATION: Final = "registration"
"""The kind of parcel."""
FIRST: Final = "first"

log = structlog.get_logger(__name__)


async def put(
    tx: Tx, session: SessionView | store.Facts, units: Sequence[int], why: str, now: datetime
) -> int:
    """A letter to each of these units that has an address, unless the same (`why`) was put in before; how
    many."""
    session_id = session.session_id if isinstance(session, store.Facts) else session.id
    addresses = await unit_addresses(tx, session_id)
    keys = {f"{session_id}:{unit}:{why}": unit for unit in units if unit in addresses}
    p = ParcelColumns
    about = f"session:{session_id}"
    before = set(await tx.scalars(select(p.key).where(p.kind == REGISTRATION, p.about == about)))
    new = {key: unit for key, unit in keys.items() if key not in before}
    drafts = [
        Draft(
            key=key,
            about=about,
            unit_id=session.unit_id,
            address=(addresses[unit],),
            title=session.title[:200],
            payload={"session_id": session_id, "unit_id": unit, "first": why == FIRST},
        )
        for key, unit in new.items()
    ]
    await outbox.put(tx, REGISTRATION, drafts, now)
    return len(drafts)


class RegistrationLetters:
    """The clock's servant, and the post's."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        post: Post,
        mailer: Mailer | None,
        translate: Translate,
        formats: Formats,
        *,
        allowed: Sequence[str] = (),
        home: str = "",
    ) -> None:
        """`translate`, `formats`: of all letters. `allowed`: domains and addresses that letters may go to.
        `home`: the hub's address."""
        self._db, self._clock, self._post, self._mailer = db, clock, post, mailer
        self._translate, self._formats = translate, formats
        self._allowed, self._home = tuple(allowed), home.rstrip("/")

    async def send_due(self) -> int:
        """Tell units that were not told yet, then send what waits; gives how many letters went out."""
        if self._mailer is None:
            return 0
        await self.note_due()
        return await self._post.send_due(REGISTRATION)

    async def note_due(self) -> None:
        """Put into the outbox the first letter of each invited unit that has an address and had none."""
        now, s, r, t = self._clock.now(), SessionColumns, RegistrationRow, RegistrationUnit
        coming = (
            select(r.session_id)
            .join(*s.of(r.session_id))
            .where(r.closes_at > now, s.starts_at > now, s.state.in_(store.OPEN_STATES))
            .order_by(r.session_id)
        )
        async with self._db.reading() as tx:
            due: list[tuple[int, list[int]]] = []
            for session_id in await tx.scalars(coming):
                told = set(await tx.scalars(select(t.unit_id).where(t.session_id == session_id)))
                units = sorted((await unit_addresses(tx, session_id)).keys() - told)
                due += [(session_id, units)] if units else []
        for session_id, units in due:
            async with self._db.transaction() as tx:
                facts = await store.facts_of(tx, session_id)
                if facts is None:
                    continue
                some = units[:TELL_AT_ONCE]
                await put(tx, facts, some, FIRST, now)
                rows = [{"session_id": session_id, "unit_id": unit, "told_at": now} for unit in some]
                await tx.rows(tx.only_new(RegistrationUnit), rows)

    async def send(self, parcels: Sequence[Parcel]) -> Mapping[int, Outcome]:
        """The post's sender."""
        assert self._mailer is not None, "without a mail server nobody carries letters"
        return {parcel.id: await self._sent(parcel, self._mailer) for parcel in parcels}

    async def _sent(self, parcel: Parcel, mailer: Mailer) -> Outcome:
        said, token = parcel.payload, ""
        session_id, unit_id = int(said["session_id"]), int(said["unit_id"])
        try:
            check_allowed(parcel.addresses, self._allowed)
            async with self._db.transaction() as tx:
                facts = await store.facts_of(tx, session_id)
                if facts is None or not await store.rooms_of(tx, session_id, unit_id):
                    return Outcome(Fate.REFUSED, self._translate("The unit is not invited any more."))
                facts.require_open(self._clock.now())
                unit = await tx.scalar(select(UnitColumns.name).where(UnitColumns.id == unit_id)) or ""
                token = await store.make_link(tx, session_id, unit_id, self._clock.now())
            subject, text = self._words(facts, unit, f"{self._home}/r/{token}", first=bool(said["first"]))
            await mailer.send(parcel.addresses, subject, text, (), name=parcel.name)
        except RecipientForbidden as forbidden:
            return Outcome(Fate.REFUSED, str(forbidden))
        except DomainError as over:
            return Outcome(Fate.REFUSED, self._translate(over.message))
        except MailFailed as failure:
            log.warning("letter not sent", about=parcel.about, error=str(failure))
            async with self._db.transaction() as tx:
                await store.void_link(tx, token)  # it reached nobody, and takes no other one's place
            return Outcome(Fate.AWAY if isinstance(failure, MailServerAway) else Fate.LATER, str(failure))
        async with self._db.transaction() as tx:
            await store.keep_newest(tx, session_id, unit_id)
        return Outcome(Fate.SENT, title=subject[:200])

    def _words(self, facts: store.Facts, unit: str, link: str, *, first: bool) -> tuple[str, str]:
        _, fmt = self._translate, self._formats
        subject = _("Please register: {title}") if first else _("Reminder, please register: {title}")
        lines = [
            _("{organizer} invites {unit} to this session, and asks who will come:").format(
                organizer=facts.organizer, unit=unit
            ),
            "",
            facts.title,
            f"{fmt.long_date(facts.starts_at)}, {fmt.time(facts.starts_at)}–{fmt.time(facts.ends_at)}",
            "",
            _("Answer by this link until {closes_at}; no account is needed:").format(
                closes_at=fmt.datetime(facts.closes_at)
            ),
            link,
            "",
            _("The link is for your unit alone: whoever has it answers for it."),
        ]
        return subject.format(title=facts.title), "\n".join(lines) + "\n"
