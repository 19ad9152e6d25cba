"""A session's people as tables. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from confhub.files.table import Column, Kind, Table, Value
from confhub.i18n import hours
from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.kernel.rounding import minutes, rounded
from confhub.reports.people.model import (
    PeopleFigures,
    PeopleReport,
    PersonLine,
    RoomFigures,
    TierFigures,
    UnitFigures,
)
from confhub.reports.people.rule_words import lost_sentences, remarks, rule_sentences
from confhub.reports.people.words import ACTION_WORDS, FIGURE_WORDS, STATUS_WORDS, WAY_WORDS
from confhub.reports.session.proof import proof_sentences, undone_sentences


def figure_columns(_: Translate) -> tuple[Column, ...]:
    """The columns that `figure_cells` fills."""
    return (
        *(Column(_(words), Kind.COUNT, 7) for words in FIGURE_WORDS.values()),
        Column(_("Share of the expected who came"), Kind.SHARE),
        Column(_("Share of the expected who completed"), Kind.SHARE),
        Column(_("Person-hours"), Kind.MINUTES),
        Column(_("Person-hours not counted: room not connected"), Kind.MINUTES),
        Column(_("Person-hours not counted: prompts not answered"), Kind.MINUTES),
    )


def figure_cells(one: PeopleFigures) -> list[Value]:
    """All figures, apart and side by side."""
    counts: list[Value] = [getattr(one, name) for name in FIGURE_WORDS]
    spent = float(rounded(one.person_hours, 1)), one.unconnected_hours, one.prompt_hours
    return [*counts, one.attended_share, one.completed_share, *spent]


def session_tables(report: PeopleReport, _: Translate, language: str) -> Iterator[Table]:
    """The overview, one table a tier, the rooms, and the rules. Persons are `people_table`."""
    header = report.header
    title = f"{header.title} · {header.unit_name}"
    yield _overview(report, _, title)
    for tier in sorted({(unit.tier_rank, unit.tier_name) for unit in report.units}):
        units = [unit for unit in report.units if (unit.tier_rank, unit.tier_name) == tier]
        yield unit_table(tier[1], units, report.units, _, title)
    yield rooms_table(report.rooms, _, title)
    silent = [room for room in report.rooms if missing(room)]
    if silent:
        columns = (
            Column(_("Code"), width=14), Column(_("Endpoint"), width=40), Column(_("Unit"), width=32),
            Column(_("Not reported"), width=60),
        )  # fmt: skip
        rows = [
            (room.code, room.name, room.unit_name, "; ".join(_(one) for one in missing(room)))
            for room in silent
        ]
        yield Table(_("Not reported"), columns, rows, title)
    fmt = Formats(language, header.timezone)
    yield Table(
        _("Rules"),
        (Column(_("Closing, and how the figures were reckoned"), width=120),),
        [[one] for one in statement(report, fmt, _)],
    )


def statement(report: PeopleReport, fmt: Formats, _: Translate) -> list[str]:
    """The closing, what was taken back, the rules in force, and what they took away."""
    return [
        *proof_sentences(report.header, fmt, _),
        *undone_sentences(report.undoings, fmt, _),
        *rule_sentences(report.header, fmt, _),
        *lost_sentences(report.totals, fmt, _),
    ]


def missing(room: RoomFigures) -> list[str]:
    """What a room did not report, as message ids."""
    return [
        words
        for words, fact in (
            ("never connected", room.figures.rooms and not room.figures.connected),
            ("no head count", room.heads is None),
            ("nobody checked in", room.figures.expected and not room.figures.checked_in),
        )
        if fact
    ]


def _overview(report: PeopleReport, _: Translate, title: str) -> Table:
    columns = (Column(_("Tier"), width=24), *figure_columns(_))
    rows = [_tier_row(tier) for tier in report.tiers]
    return Table(_("Overview"), columns, [*rows, [_("Total"), *figure_cells(report.totals)]], title)


def _tier_row(tier: TierFigures) -> list[Value]:
    return [tier.name, *figure_cells(tier.figures)]


def unit_table(
    name: str, units: Sequence[UnitFigures], every: Sequence[UnitFigures], _: Translate, title: str
) -> Table:
    """Units of one tier, each with everything below it."""
    names = {unit.unit_id: unit.name for unit in every}
    columns = (Column(_("Unit"), width=36), Column(_("Under"), width=28), *figure_columns(_))
    rows = [[unit.name, names.get(unit.parent_id or 0, ""), *figure_cells(unit.figures)] for unit in units]
    return Table(name, columns, rows, title)


def rooms_table(rooms: Sequence[RoomFigures], _: Translate, title: str) -> Table:
    """All rooms; a head count that was never declared is an empty cell."""
    columns = (
        Column(_("Code"), width=10), Column(_("Endpoint"), width=23), Column(_("Unit"), width=16),
        Column(_("Tier"), width=8), Column(_("Minutes connected"), Kind.MINUTES), *figure_columns(_),
    )  # fmt: skip
    at = list(FIGURE_WORDS).index("heads")
    rows = []
    for room in rooms:
        figures = figure_cells(room.figures)
        figures[at] = room.heads
        rows.append(
            [room.code, room.name, room.unit_name, room.tier_name, minutes(room.room_millis), *figures]
        )
    return Table(_("Rooms"), columns, rows, title)


def people_table(report: PeopleReport, people: Iterable[PersonLine], _: Translate) -> Table:
    """The people, one line each, in the order they come."""
    header = report.header
    day = (header.actual_start or header.starts_at).date()
    rows = (people_cells(number, one, _, day) for number, one in enumerate(people, 1))
    title = f"{header.title} · {header.unit_name}"
    return Table(_("People"), people_columns(_, header.timezone), rows, title)


def people_columns(_: Translate, timezone: str) -> tuple[Column, ...]:
    """The columns of `people_cells`."""
    return (
        Column(_("No."), Kind.COUNT, 5),
        Column(_("Code"), width=10),
        Column(_("Full name"), width=22),
        Column(_("Position"), width=16),
        Column(_("Unit"), width=20),
        Column(_("Room's code"), width=9),
        Column(_("Endpoint"), width=20),
        Column(_("Expected"), width=7),
        Column(_("Status"), width=13),
        Column(_("Ways of check-in"), width=10),
        Column(f"{_('First present')} ({timezone})", Kind.MOMENT, 19),
        Column(f"{_('Last present')} ({timezone})", Kind.MOMENT, 19),
        Column(_("Minutes present"), Kind.MINUTES, 8),
        Column(_("Share of live time"), Kind.SHARE, 8),
        Column(_("Completed"), width=8),
        Column(_("Remarks"), width=20),
        Column(_("Prompts"), Kind.COUNT, 9, printed=False),
        Column(_("Confirmed"), Kind.COUNT, 9, printed=False),
        Column(_("Minutes not counted: room not connected"), Kind.MINUTES, 11, printed=False),
        Column(_("Minutes not counted: prompts not answered"), Kind.MINUTES, 11, printed=False),
        Column(f"{_('Intervals')} ({timezone})", width=40, printed=False),
        Column(_("Corrections"), width=40, printed=False),
    )


def people_cells(number: int, one: PersonLine, _: Translate, day: date | None = None) -> list[Value]:
    """One person's row. `day`: the session's; hours of another one come with their date."""
    return [
        number,
        one.code,
        one.name or _("(erased)"),
        one.position,
        one.unit_name,
        one.room_code,
        one.room_name,
        "x" if one.expected else "",
        _(STATUS_WORDS[one.status]),
        ", ".join(_(WAY_WORDS.get(way, way)) for way in one.ways),
        one.first_at,
        one.last_at,
        one.minutes,
        one.share,
        "x" if one.completed else "",
        "; ".join(remarks(one, _)),
        one.prompts or None,
        one.confirmed if one.prompts else None,
        one.unconnected_minutes or None,
        one.prompt_minutes or None,
        " | ".join(hours.span(start, end, day) for start, end in one.stretches),
        " | ".join(correction_words(one, _, day)),
    ]


def correction_words(one: PersonLine, _: Translate, day: date | None = None) -> list[str]:
    """Each correction in a line: what, from when to when, by whom and when, why."""
    return [
        f"{_(ACTION_WORDS.get(note.action, note.action))}"
        f" {hours.span(note.start, note.end, day)}, {note.author}, {note.at:%d/%m/%Y %H:%M}: {note.reason}"
        + (f" ({_('counts although the room was not connected')})" if note.vouched else "")
        for note in one.corrections
        if note.start is not None and note.end is not None
    ]
