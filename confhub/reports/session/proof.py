"""What a report says of itself: closed, by whom, with which seal; opened again; or provisional.

Alike on every page and in every file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from confhub.checkin.figures import SealView
from confhub.checkin.undone import ACCOUNT, CODE, DEVICE, PHONE, TABLET, Undone
from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats


class Proven(Protocol):
    """A report's header, as far as it is of this."""

    @property
    def seal(self) -> SealView | None: ...

    @property
    def names_at(self) -> datetime | None: ...


def is_closed(header: Proven) -> bool:
    """Whether the figures are final: sealed, and not opened again."""
    return header.seal is not None and header.seal.stands and bool(header.seal.head)


def proof_sentences(header: Proven, fmt: Formats, _: Translate) -> list[str]:
    """The seal or that there is none, then the trace."""
    seal = header.seal
    if seal is None or not is_closed(header):
        words = _(
            "Provisional: the attendance of this session is not closed, and the figures may still change."
        )
        return [words, *trace_sentences(header, fmt, _)]
    words = _("Attendance closed by {name} at {time}; hash of the seal (SHA-256): {head}")
    closed = words.format(name=seal.sealed_by, time=fmt.datetime(seal.sealed_at), head=seal.head)
    return [closed, *trace_sentences(header, fmt, _)]


_UNDONE: Final = {
    TABLET: "{name} took back at {time} all that one tablet had told (check-ins: {events}, people: {people},"
    " head counts: {heads}): {reason}",
    ACCOUNT: "{name} took back at {time} all that one account had told (check-ins: {events}, people:"
    " {people}, head counts: {heads}): {reason}",
    DEVICE: "{name} took back at {time} all that one phone had told (check-ins: {events}, people: {people},"
    " head counts: {heads}): {reason}",
    PHONE: "{name} took back one phone at {time}; what it had told counts on: {reason}",
    CODE: "{name} took back at {time} all that was told by one code (check-ins: {events}, people: {people},"
    " head counts: {heads}): {reason}",
}
"""What became of everything of one device: without its name, which a closed report would have to keep."""


def undone_sentences(undoings: Iterable[Undone], fmt: Formats, _: Translate) -> list[str]:
    """Each undoing in a line, oldest first: by whom, when, of what, why."""
    told = sorted(undoings, key=lambda one: one.id)
    return [
        _(_UNDONE[one.source.partition(":")[0]]).format(
            name=one.author, time=fmt.datetime(one.at), events=fmt.number(one.events),
            people=fmt.number(one.people), heads=fmt.number(one.heads), reason=one.reason or _("(erased)"),
        )
        for one in told
    ]  # fmt: skip


def trace_sentences(header: Proven, fmt: Formats, _: Translate) -> list[str]:
    """Earlier closings with what became of them, and since when the names stand where they came later."""
    words = _(
        "Closed by {name} at {time} with the seal {head}; opened again by {opener} at {opened}: {reason}"
    )
    found = [
        words.format(
            name=one.sealed_by,
            time=fmt.datetime(one.sealed_at),
            head=one.head,
            opener=one.reopened_by,
            opened=fmt.datetime(one.reopened_at),
            reason=one.reason or _("(erased)"),
        )
        for one in (header.seal.former if header.seal is not None else ())
    ]
    if header.names_at is not None:
        words = _("Names, positions and units are those of {time}; those of the session's day were not kept.")
        found.append(words.format(time=fmt.datetime(header.names_at)))
    return found
