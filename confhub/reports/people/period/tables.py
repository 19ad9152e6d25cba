"""A unit over a period as tables. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from confhub.files.table import Column, Kind, Table, Value
from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.reports.people.period.model import PeriodReport, PeriodUnit
from confhub.reports.people.period.words import before, period_sentences
from confhub.reports.people.tables import figure_cells, figure_columns


def period_tables(report: PeriodReport, _: Translate, language: str) -> Iterator[Table]:
    """Months, units by tier, sessions, rooms that did not report, and the rule."""
    name = report.unit_name or _("All my branches")
    title = f"{name} · {report.first:%d/%m/%Y}–{report.last:%d/%m/%Y}"
    held = Column(_("Sessions"), Kind.COUNT)
    months: list[Sequence[Value]] = [
        [f"{one.first:%m/%Y}", one.sessions, *figure_cells(one.figures)] for one in report.months
    ]
    total: list[Value] = [_("Total"), report.sessions_held, *figure_cells(report.totals)]
    yield Table(_("By month"), (Column(_("Month")), held, *figure_columns(_)), [*months, total], title)
    columns = (
        Column(_("Unit"), width=36), Column(_("Under"), width=28), held, *figure_columns(_),
        Column(_("Remarks"), width=40),
    )  # fmt: skip
    names = {one.unit.unit_id: one.unit.name for one in report.units}
    for tier in sorted({(one.unit.tier_rank, one.unit.tier_name) for one in report.units}):
        units = [one for one in report.units if (one.unit.tier_rank, one.unit.tier_name) == tier]
        yield Table(tier[1], columns, [_period_row(one, names, _) for one in units], title)
    sessions: list[Sequence[Value]] = [
        [one.started_at, one.title, *figure_cells(one.figures)] for one in report.sessions
    ]
    began = Column(f"{_('Started')} ({report.timezone})", Kind.MOMENT, 19)
    yield Table(_("Sessions"), (began, Column(_("Session"), width=48), *figure_columns(_)), sessions, title)
    silent: list[Sequence[Value]] = [
        [one.code, one.name, one.unit_name, one.sessions, one.without_connection, one.without_heads,
         one.without_check_ins]
        for one in report.silent
    ]  # fmt: skip
    yield Table(
        _("Not reported"),
        (
            Column(_("Code"), width=14), Column(_("Endpoint"), width=40), Column(_("Unit"), width=32), held,
            Column(_("never connected"), Kind.COUNT), Column(_("no head count"), Kind.COUNT),
            Column(_("nobody checked in"), Kind.COUNT),
        ),
        silent,
        title,
    )  # fmt: skip
    said = period_sentences(report, Formats(language, report.timezone), _)
    yield Table(_("Rules"), (Column(_("How units are counted"), width=120),), [[one] for one in said])


def _period_row(one: PeriodUnit, names: Mapping[int, str], _: Translate, *more: Value) -> list[Value]:
    above = names.get(one.unit.parent_id or 0, "")
    return [one.unit.name, *more, above, one.sessions, *figure_cells(one.unit.figures), before(one, _)]


def period_units(report: PeriodReport, _: Translate) -> Table:
    """All units in one table, as the tree is read, with their tier."""
    columns = (
        Column(_("Unit")), Column(_("Tier")), Column(_("Under")), Column(_("Sessions"), Kind.COUNT),
        *figure_columns(_), Column(_("Remarks")),
    )  # fmt: skip
    names = {one.unit.unit_id: one.unit.name for one in report.units}
    rows = [_period_row(one, names, _, one.unit.tier_name) for one in report.units]
    return Table(_("Units"), columns, rows)
