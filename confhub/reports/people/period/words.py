"""What a report over a period says of its units: by which tree they count, and what they were before."""

from __future__ import annotations

from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.reports.people.period.model import PeriodReport, PeriodUnit


def period_sentences(report: PeriodReport, fmt: Formats, _: Translate) -> list[str]:
    """The rule, alike on every page and in every file."""
    said = [
        _(
            "Each session is counted by the tree of units of its own day. A unit stands with the newest name"
            " and in the newest place of these days; what it was before is said beside it."
        )
    ]
    if any(one.under for one in report.units):
        said.append(
            _(
                "A unit that was moved counts where it lay on each session's day, so that what it lay in may"
                " have more or less than the units listed below it."
            )
        )
    if report.named_later:
        words = _("Sessions whose names and units were written down only after they were over: {count}.")
        said.append(words.format(count=fmt.number(report.named_later)))
    return said


def before(one: PeriodUnit, _: Translate) -> str:
    """What else the unit was called, and where else it stood; "" for nothing else."""
    said = []
    if one.formerly:
        said.append(_("formerly {names}").format(names=", ".join(one.formerly)))
    if one.under:
        said.append(_("before in {units}").format(units=", ".join(one.under)))
    return "; ".join(said)
