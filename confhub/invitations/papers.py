"""InvitationPaperService: a session's printed invitation, with the list of those it goes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

from sqlalchemy import Row, select

from confhub.access.rules import Actor, require
from confhub.db.database import Database, Tx
from confhub.i18n.catalogue import Catalogue, Translate
from confhub.i18n.formats import Formats
from confhub.invitations import paper_pdf
from confhub.invitations.errors import NobodyInvited, TooManyLines
from confhub.invitations.limits import COPIES_MAX, PART_LINES_MAX, PART_MAX_CHARS
from confhub.invitations.paper_pdf import Paper, Recipient
from confhub.invitations.rules import clean_line
from confhub.kernel.limits import CODE_MAX_CHARS, NAME_MAX_CHARS
from confhub.kernel.permissions import Permission
from confhub.org.paper_service import letterhead_of
from confhub.org.published import UnitColumns
from confhub.org.rules import Checks
from confhub.registry.published import RoomColumns
from confhub.sessions.errors import SessionCancelled
from confhub.sessions.published import PlaceColumns
from confhub.sessions.store import visible_view
from confhub.sessions.values import SessionState, SessionView

FIELDS: Final = {"number": CODE_MAX_CHARS, "chair": NAME_MAX_CHARS, "signer": NAME_MAX_CHARS}
"""One line each, with its longest."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the letter says beside what the session says itself; empty is left to be filled in by hand.

    `number`: without its symbol. `chair`: who presides. `agenda`, `notes`: some lines. `copies`: who gets a
    copy, a line each. `signer`: in place of the unit's own."""

    number: str = ""
    day: date | None = None
    chair: str = ""
    agenda: str = ""
    notes: str = ""
    copies: str = ""
    signer: str = ""


class InvitationPaperService:
    """Printing asks for the right to edit the session."""

    def __init__(self, db: Database, catalogue: Catalogue, timezone: str) -> None:
        """`timezone`: of the hours on paper."""
        self._db, self._catalogue, self._timezone = db, catalogue, timezone

    async def view(self, actor: Actor, session_id: int) -> SessionView:
        """The session, for the page that asks what to print. SessionUnknown, Forbidden, SessionCancelled."""
        async with self._db.reading() as tx:
            return await _printable(tx, actor, session_id)

    async def pdf(self, actor: Actor, session_id: int, wish: Wish, language: str) -> bytes:
        """The letter. As `view`; NobodyInvited, and what is wrong with a text of the wish."""
        said = _cleaned(wish)
        async with self._db.reading() as tx:
            session = await _printable(tx, actor, session_id)
            recipients = await _recipients(tx, session_id)
            if not recipients:
                raise NobodyInvited
            head = await letterhead_of(tx, session.unit_path)
        words = Words(self._catalogue.into(language), Formats(language, self._timezone))
        paper = Paper(
            agency=head.agency,
            parent=head.parent,
            number=said["number"],
            symbol=head.symbol,
            place=head.place,
            day=wish.day.isoformat() if wish.day else "",
            office=head.office,
            signer=said["signer"] or head.signer,
            parts=words.parts(session, said, len(recipients)),
            recipients=recipients,
            copies=tuple(f"{line};" for line in said["copies"].splitlines()),
            words=words.fixed(head.agency, len(recipients)),
        )
        return await paper_pdf.pdf(paper)


@dataclass(frozen=True, slots=True)
class Words:
    """A letter's sentences, in one language."""

    translate: Translate
    formats: Formats

    def parts(self, session: SessionView, said: Mapping[str, str], rooms: int) -> tuple[tuple[str, str], ...]:
        """What the letter tells of the session, in its order."""
        _ = self.translate
        hall = session.chair_name
        place = _("Online, at {count} rooms").format(count=rooms)
        if hall:
            place = _("Online, at {count} rooms; chaired from {room}").format(count=rooms, room=hall)
        lobby_at = _("Rooms are connected and tested {minutes} minutes before the start.")
        notes = [lobby_at.format(minutes=session.lobby_min)] if session.lobby_min else []
        found = [
            (_("To attend"), session.title),
            (_("Time"), self._when(session.starts_at, session.ends_at)),
            (_("Where"), place),
            (_("Chaired by"), said["chair"]),
        ]
        if said["agenda"]:
            found.append((_("Content"), said["agenda"]))
        notes += said["notes"].splitlines()
        if notes:
            found.append((_("Please note"), "\n".join(notes)))
        return tuple(found)

    def fixed(self, agency: str, rooms: int) -> dict[str, str]:
        """The others, by their key."""
        _ = self.translate
        return {
            "title": _("Letter of invitation"),
            "invites": _("{agency} respectfully invites:").format(agency=agency),
            "listed": _("{count} rooms, by the list that is attached").format(count=rooms),
            "closing": _("Your presence will be an honour, and contributes to the success of the session./."),
            "as_above": _("As above;"),
            "as_listed": _("As in the list attached;"),
            "archive": _("Archive: VT."),
            "appendix": _("Appendix"),
            "list": _("List of the rooms that are invited"),
            "belongs": _("(Attached to the letter of invitation No. {number}, {day}, of {agency})"),
            "no": _("No."),
            "unit": _("Unit"),
            "room": _("Endpoint"),
            "code": _("Code"),
            "total": _("The list has {count} rooms.").format(count=rooms),
        }

    def _when(self, start: datetime, end: datetime) -> str:
        _, fmt = self.translate, self.formats
        same = start.astimezone(fmt.zone).date() == end.astimezone(fmt.zone).date()
        until = fmt.time(end) if same else fmt.datetime(end)
        return _("from {start} to {end}, {day}").format(
            start=fmt.time(start), end=until, day=fmt.long_date(start)
        )


def _cleaned(wish: Wish) -> dict[str, str]:
    """Every text in one form, its lines apart; raises every field's error."""
    checks = Checks()
    found = {}
    for name, limit in FIELDS.items():
        found[name] = checks.take(partial(clean_line, getattr(wish, name), name, limit), "")
    for name, most in (("agenda", PART_LINES_MAX), ("notes", PART_LINES_MAX), ("copies", COPIES_MAX)):
        limit = NAME_MAX_CHARS if name == "copies" else PART_MAX_CHARS
        lines = [one for one in getattr(wish, name).splitlines() if one.strip()]
        kept = [checks.take(partial(clean_line, one, name, limit), "") for one in lines[: most + 1]]
        if len(lines) > most:
            checks.errors.append(TooManyLines(field=name, limit=most))
        found[name] = "\n".join(one for one in kept if one)
    checks.finish()
    return found


async def _printable(tx: Tx, actor: Actor, session_id: int) -> SessionView:
    session = await visible_view(tx, actor, session_id)
    require(actor, Permission.SESSION_EDIT, session.unit_path)
    if session.state is SessionState.CANCELLED:
        raise SessionCancelled
    return session


async def _recipients(tx: Tx, session_id: int) -> tuple[Recipient, ...]:
    """The rooms that take part, those of a branch together, in the tree's order."""
    p, u = PlaceColumns, UnitColumns
    rows = (
        await tx.execute(
            select(u.path, u.name, u.sort_key, RoomColumns.name, RoomColumns.code, RoomColumns.sort_key)
            .select_from(p.rows())
            .join(*RoomColumns.of(p.endpoint_id))
            .join(*u.of(RoomColumns.unit_id))
            .where(p.session_id == session_id, p.expected_until.is_(None), p.removed_at.is_(None))
        )
    ).all()
    tops = {_branch(row[0]) for row in rows}
    named = await tx.execute(select(u.id, u.name, u.sort_key).where(u.id.in_(tops)))
    branches = {row[0]: (row[1], row[2]) for row in named}

    def order(row: Row[str, str, str, str, str, str]) -> tuple[int, str, int, str, str]:
        path, _, unit_key, _, _, room_key = row
        deep = path.count("/")
        return deep > ROOT_DEPTH, branches[_branch(path)][1], deep, unit_key, room_key

    ordered = sorted(rows, key=order)
    return tuple(
        Recipient(unit, room, code, branches[_branch(path)][0] if path.count("/") > ROOT_DEPTH else "")
        for path, unit, _, room, code, _ in ordered
    )


ROOT_DEPTH: Final = 2
"""Strokes in the root's path, `/1/`."""


def _branch(path: str) -> int:
    """The unit right below the root that a path leads through; of the root itself."""
    parts = path.strip("/").split("/")
    return int(parts[1] if len(parts) > 1 else parts[0])
