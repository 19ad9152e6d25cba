"""The demo's verdict: the hub's report against the rooms' own diaries, told as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from confhub.kernel.clock import Clock
from confhub.reports.rooms.model import SessionReport
from confhub.simulator.demo.outcome import Outcome
from confhub.simulator.province.settling import attendance_table, differences, live_time, read_report
from confhub.simulator.province.telling import measured, tell_differences
from confhub.simulator.truth.rooms import Difference


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
    tell_differences(console, outcome.people, differences)
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
    return measured(rows, outcome.people)
