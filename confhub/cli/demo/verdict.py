"""The demo's verdict: the hub's report against the rooms' own diaries, told as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from confhub.access.rules import SYSTEM
from confhub.attendance.comparison import AFTER_KILL_S, TOLERANCE_S, Difference, compare, read_diary
from confhub.cli.demo.outcome import Outcome
from confhub.db.database import Database
from confhub.engine import relay_file
from confhub.engine.engine import MediaEngine
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import ROOM_PREFIX, SessionId
from confhub.reports.model import SessionReport
from confhub.reports.service import ReportService

SHOWN_DIFFERENCES = 10


async def packets_sent(data: Path, clock: Clock) -> int:
    """RTP packets that the relay has handed to the kernel for the rooms; 0 where it does not answer."""
    relay = relay_file.load(data / "relay.json")
    engine = MediaEngine(f"http://127.0.0.1:{relay.port}", relay.key, relay.secret, clock)
    try:
        await engine.start()
        return (await engine.stats(ROOM_PREFIX)).packets_out or 0
    except DomainError:
        return 0
    finally:
        await engine.close()


async def settle(
    database_url: str, clock: Clock, session_id: int, diaries: Sequence[Path], outcome: Outcome
) -> tuple[SessionReport, list[Difference]]:
    """The session's report, read as its page reads it, and how it differs from the rooms' diaries."""
    database = Database(database_url)
    try:
        report = await ReportService(database, clock).session_report(SYSTEM, SessionId(session_id))
    finally:
        await database.close()
    header = report.header
    assert header.actual_start is not None, "a session that ended was live"
    assert header.actual_end is not None, "the report is read after the end"
    lines = [line for path in diaries if path.exists() for line in path.read_text().splitlines()]
    differences = compare(
        read_diary(lines, session_id),
        {row.code: [(span.start, span.end) for span in row.intervals] for row in report.rows},
        (header.actual_start, header.actual_end),
        tolerance_s=AFTER_KILL_S if outcome.restarts else TOLERANCE_S,
    )
    outcome.live_s = round((header.actual_end - header.actual_start).total_seconds(), 1)
    outcome.attendance_rows = len(report.rows)
    outcome.attendance_differences = len(differences)
    return report, differences


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


def attendance_table(report: SessionReport) -> Table:
    """The report's roll-up by tier, as its page shows it."""
    header = report.header
    start = f"{header.actual_start:%H:%M:%S}" if header.actual_start else "–"
    end = f"{header.actual_end:%H:%M:%S}" if header.actual_end else "–"
    title = f"{header.title}: live {start}–{end} {header.timezone}, late after {header.late_min} min"
    table = Table(title=title, title_justify="left", expand=True)
    table.add_column("Tier", ratio=1, overflow="ellipsis", no_wrap=True)
    for name in ("expected", "came", "late", "left early", "never", "minutes", "% of live"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, totals in [*((tier.tier_name, tier.totals) for tier in report.tiers), ("Total", report.totals)]:
        if name == "Total":
            table.add_section()
        counts = (totals.expected, totals.connected, totals.late, totals.left_early, totals.never_came)
        table.add_row(name, *map(str, counts), f"{totals.minutes:.1f}", f"{totals.percent:.1f}")
    return table


def figures_table(outcome: Outcome) -> Table:
    """What the run measured."""
    of = f"of {outcome.rooms_expected}"
    join = f"{outcome.join_s:.1f} s after the call" if outcome.join_s is not None else "not all"
    rows = [
        ("rooms joined", f"{outcome.rooms_joined} {of}, {join}"),
        ("with picture, with sound", f"{outcome.rooms_with_picture}, {outcome.rooms_with_sound} {of}"),
        ("decoded: colour and tone right", f"{outcome.rooms_decoded_ok} of {outcome.rooms_decoded}"),
        ("packets sent, received", f"{outcome.packets_sent:,}, {outcome.packets_received:,}"),
        ("loss", f"{outcome.loss:.4%}"),
        ("attendance rows, differences", f"{outcome.attendance_rows}, {outcome.attendance_differences}"),
        ("CPU of hub, relay, rooms", f"{outcome.hub_cpu_s}, {outcome.relay_cpu_s}, {outcome.fleet_cpu_s} s"),
        ("peak memory of hub, relay", f"{outcome.hub_rss_mb}, {outcome.relay_rss_mb} MB"),
        ("programs restarted", str(outcome.restarts)),
    ]
    table = Table(show_header=False, title="Measured", title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table
