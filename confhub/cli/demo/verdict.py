"""The demo's verdict: the hub's report against the rooms' own diaries, told as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from confhub.attendance.comparison import Difference
from confhub.cli.demo.outcome import Outcome
from confhub.cli.province.people_outcome import figures, totals_table
from confhub.cli.province.settling import attendance_table, differences, live_time, read_report
from confhub.kernel.clock import Clock
from confhub.reports.model import SessionReport

SHOWN_DIFFERENCES = 10


async def settle(
    database_url: str, clock: Clock, session_id: int, diaries: Sequence[Path], outcome: Outcome
) -> tuple[SessionReport, list[Difference]]:
    """The session's report, and how it differs from the rooms' diaries."""
    report = await read_report(database_url, clock, session_id)
    found = differences(report, session_id, diaries, killed=bool(outcome.restarts))
    start, end = live_time(report)
    outcome.live_s = round((end - start).total_seconds(), 1)
    outcome.attendance_rows = len(report.rows)
    outcome.attendance_differences = len(found)
    return report, found


def tell(
    console: Console,
    report: SessionReport,
    outcome: Outcome,
    differences: Sequence[Difference],
    json_file: Path | None,
) -> int:
    """Print the attendance table and the figures; the exit code."""
    console.print(attendance_table(report))
    console.print(figures_table(outcome))
    if outcome.people is not None:
        console.print(totals_table(outcome.people))
        for told in (outcome.people.differences + outcome.people.surprises)[:SHOWN_DIFFERENCES]:
            console.print(f"  {told}", highlight=False, markup=False)
    for difference in differences[:SHOWN_DIFFERENCES]:
        console.print(f"  {difference}", highlight=False)
    if len(differences) > SHOWN_DIFFERENCES:
        console.print(f"  … and {len(differences) - SHOWN_DIFFERENCES} more")
    if json_file is not None:
        outcome.write(json_file)
    shortfalls = outcome.shortfalls()
    for shortfall in shortfalls:
        console.print(f"[bold red]fell short[/bold red]  {shortfall}", highlight=False)
    if not shortfalls:
        console.print("[bold green]Everything held.[/bold green]")
    return 1 if shortfalls else 0


def figures_table(outcome: Outcome) -> Table:
    """What the run measured."""
    of = f"of {outcome.rooms_expected}"
    # Ten rooms that decode all of 720p would take more of the machine than 302 rooms that receive it.
    keyframes = " keyframes" if outcome.picture.startswith("720p") else ""
    join = f"{outcome.join_s:.1f} s after the call" if outcome.join_s is not None else "not all"
    rows = [
        ("picture", outcome.picture),
        ("rooms joined", f"{outcome.rooms_joined} {of}, {join}"),
        ("with picture, with sound", f"{outcome.rooms_with_picture}, {outcome.rooms_with_sound} {of}"),
        (
            f"decoded{keyframes}: colour and tone right",
            f"{outcome.rooms_decoded_ok} of {outcome.rooms_decoded}",
        ),
        ("packets sent, received", f"{outcome.packets_sent:,}, {outcome.packets_received:,}"),
        ("loss", f"{outcome.loss:.4%}"),
        ("attendance rows, differences", f"{outcome.attendance_rows}, {outcome.attendance_differences}"),
        ("CPU of hub, relay, rooms", f"{outcome.hub_cpu_s}, {outcome.relay_cpu_s}, {outcome.fleet_cpu_s} s"),
        ("peak memory of hub, relay", f"{outcome.hub_rss_mb}, {outcome.relay_rss_mb} MB"),
        ("programs restarted", str(outcome.restarts)),
    ]
    if outcome.people is not None:
        rows += figures(outcome.people)
    table = Table(show_header=False, title="Measured", title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table
