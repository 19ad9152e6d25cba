"""How a run over a whole province is told: what differed, and what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from confhub.simulator.province.people_outcome import PeopleOutcome, figures, totals_table
from confhub.simulator.truth.rooms import Difference

SHOWN = 10
"""Differences that are named; of more their number."""


def tell_differences(
    console: Console, people: PeopleOutcome | None, differences: Sequence[Difference]
) -> None:
    """Print people's totals, where people took part, and what differed of people and of rooms."""
    if people is not None:
        console.print(totals_table(people))
        for told in (people.differences + people.surprises)[:SHOWN]:
            console.print(f"  {told}", highlight=False, markup=False)
    for difference in differences[:SHOWN]:
        console.print(f"  {difference}", highlight=False)
    if len(differences) > SHOWN:
        console.print(f"  … and {len(differences) - SHOWN} more")


def measured(rows: Iterable[tuple[str, str]], people: PeopleOutcome | None) -> Table:
    """The table of what a run measured, people's figures last."""
    table = Table(show_header=False, title="Measured", title_justify="left")
    for row in (*rows, *(figures(people) if people is not None else ())):
        table.add_row(*row)
    return table
