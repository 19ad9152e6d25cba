"""What became of a played crowd: the hub's report against the crowd's own truth, in figures and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rich.table import Table

from confhub.reports.people.model import PeopleFigures
from confhub.simulator.truth.people import Compared, Wrong
from confhub.simulator.truth.played import Truth

TOTALS: Final = {
    "expected": "expected",
    "heads": "declared heads",
    "checked_in": "checked in",
    "guests": "guests among them",
    "completed": "completed",
    "with_leave": "absent with leave",
    "without_leave": "absent without leave",
}
ONE_PERSON: Final = (Wrong.STATUS, Wrong.ROOM, Wrong.NOT_THERE)


@dataclass(slots=True)
class PeopleOutcome:
    """The figures of people in --json. `totals`: name → (report, least and most by the truth).

    `not_added_up`: totals that are not the sum of the report's own persons.
    `furthest_s`: how far report and truth are apart at most.
    `lost`, `doubled`, `people_off`: people; `intervals_off`: stretches of presence. `surprises`: answers of
    the hub that no rule explains.
    """

    people: int
    seconds: float = 0.0
    planned: int = 0
    done: dict[str, int] = field(default_factory=dict)
    ways: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    absences: int = 0
    filed: int = 0
    lost: int = 0
    doubled: int = 0
    people_off: int = 0
    intervals_off: int = 0
    furthest_s: float = 0.0
    people_compared: int = 0
    intervals_compared: int = 0
    differences: list[str] = field(default_factory=list)
    totals: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    not_added_up: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    surprised: int = 0
    crowd_cpu_s: float = 0.0
    breaks: int = 0
    seal: str = ""
    sealed_rows: int = 0

    @property
    def check_ins(self) -> int:
        """How often somebody checked in."""
        return sum(self.ways.values())

    @property
    def by_phone(self) -> int:
        """Check-ins that were requests of phones."""
        return self.ways.get("qr", 0) + self.ways.get("code", 0)

    @property
    def totals_off(self) -> list[str]:
        """Totals of the report that the truth does not allow."""
        return [
            f"{TOTALS[name]}: {told:,} instead of {_range(low, high)}"
            for name, (told, low, high) in self.totals.items()
            if not low <= told <= high
        ]

    def surprise(self, text: str) -> None:
        """Something came otherwise than it had to."""
        self.surprised += 1
        self.surprises.append(text)

    def take_status(self, status: dict[str, Any]) -> None:
        """The crowd's own figures."""
        self.planned = int(status.get("planned", 0))
        self.done = dict(status.get("done", {}))
        self.surprises = list(status.get("surprises", []))
        self.surprised = int(status.get("surprised", 0))
        self.crowd_cpu_s = float(status.get("cpu_s", 0.0))

    def take(self, truth: Truth, compared: Compared, told: PeopleFigures, persons: Mapping[str, int]) -> None:
        """The comparison's outcome. `told`: the report's totals; `persons`: what its persons add up to."""
        self.not_added_up = [
            f"{TOTALS[name]}: {getattr(told, name):,}, but {persons.get(name, 0):,} persons"
            for name in TOTALS
            if name != "heads" and getattr(told, name) != persons.get(name, 0)
        ]
        self.ways, self.refused = truth.by_way(), dict(truth.refused)
        self.lost, self.doubled = compared.count(Wrong.LOST), compared.count(Wrong.DOUBLED)
        self.people_off = compared.count(*ONE_PERSON)
        self.intervals_off = compared.intervals
        self.furthest_s = round(compared.furthest_s, 3)
        self.differences = [str(difference) for difference in compared.differences[:50]]
        self.totals = {
            name: (getattr(told, name), compared.totals[name].low, compared.totals[name].high)
            for name in TOTALS
        }

    def shortfalls(self) -> list[str]:
        """Every way in which it fell short; empty: it holds."""
        found = []
        for number, what in (
            (self.lost, "people lost"),
            (self.doubled, "people doubled"),
            (self.people_off, "people otherwise than they were"),
            (self.intervals_off, "intervals of presence off"),
        ):
            if number:
                found.append(f"{what}: {number:,}")
        found += [f"total of {text}" for text in (*self.totals_off, *self.not_added_up)]
        if self.surprised:
            found.append(f"answers to the crowd that no rule explains: {self.surprised:,}")
        if not self.check_ins:
            found.append("nobody checked in")
        return found


def totals_table(outcome: PeopleOutcome) -> Table:
    """The report's totals beside the truth's."""
    table = Table(title="People: the report and the truth", title_justify="left")
    table.add_column("")
    for name in ("report", "truth", "difference"):
        table.add_column(name, justify="right")
    for name, (told, low, high) in outcome.totals.items():
        off = 0 if low <= told <= high else min(abs(told - low), abs(told - high))
        table.add_row(TOTALS[name], f"{told:,}", _range(low, high), str(off))
    table.add_section()
    persons = outcome.lost + outcome.doubled + outcome.people_off
    table.add_row("person by person", f"{outcome.people_compared:,}", "", str(persons))
    furthest = f"at most {outcome.furthest_s:.1f} s apart"
    table.add_row(
        "interval by interval", f"{outcome.intervals_compared:,}", furthest, str(outcome.intervals_off)
    )
    return table


def figures(outcome: PeopleOutcome) -> Iterable[tuple[str, str]]:
    """What the crowd did, as rows of a table."""
    done, ways = outcome.done, outcome.ways
    if outcome.seconds:
        yield "people imported, put on lists", f"{outcome.people:,} in {outcome.seconds:.1f} s"
    shown = ", ".join(f"{name} {number:,}" for name, number in sorted(ways.items()))
    yield "check-ins by way", f"{outcome.check_ins:,}: {shown}"
    yield "check-outs", f"{sum(number for name, number in done.items() if name.startswith('out ')):,}"
    batches = f"{done.get('batches', 0):,}, {done.get('batches sent twice', 0):,} sent twice, "
    yield "tablet batches", batches + f"{done.get('batches repeated', 0):,} repeated unanswered"
    yield "head counts, notices of absence", f"{done.get('head counts', 0):,}, {outcome.absences:,}"
    refused = ", ".join(f"{name} {number}" for name, number in sorted(outcome.refused.items()))
    yield "refused as due", refused or "none"
    yield "breaks, attendance closed", f"{outcome.breaks}, {outcome.sealed_rows:,} rows: {outcome.seal[:16]}…"
    yield "requests, CPU of the crowd", f"{done.get('requests', 0):,}, {outcome.crowd_cpu_s} s"


def _range(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"
