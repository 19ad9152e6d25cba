"""What hub and relay say at the end, to be held against the rooms' own diaries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from rich.table import Table

from confhub.access.rules import SYSTEM
from confhub.db.database import Database
from confhub.engine import relay_file
from confhub.engine.engine import MediaEngine
from confhub.engine.types import EngineStats
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import ROOM_PREFIX, SessionId
from confhub.reports.rooms.model import SessionReport
from confhub.reports.rooms.service import ReportService
from confhub.simulator.truth.rooms import AFTER_KILL_S, TOLERANCE_S, Difference, compare, read_diary


async def relay_stats(data: Path, clock: Clock) -> EngineStats | None:
    """The relay's own figures, its packets those for the rooms that are there; None where it is away."""
    relay = relay_file.load(data / "relay.json")
    engine = MediaEngine(f"http://127.0.0.1:{relay.port}", relay.key, relay.secret, clock)
    try:
        await engine.start()
        return await engine.stats(ROOM_PREFIX)
    except DomainError:
        return None
    finally:
        await engine.close()


async def packets_sent(data: Path, clock: Clock) -> int:
    """RTP packets that the relay has handed to the kernel for the rooms; 0 where it does not answer."""
    stats = await relay_stats(data, clock)
    return (stats.packets_out or 0) if stats is not None else 0


async def read_report(database_url: str, clock: Clock, session_id: int) -> SessionReport:
    """The session's report, read as its page reads it."""
    database = Database(database_url)
    try:
        return await ReportService(database, clock).session_report(SYSTEM, SessionId(session_id))
    finally:
        await database.close()


def live_time(report: SessionReport) -> tuple[datetime, datetime]:
    """From going live to the end; the session is over."""
    header = report.header
    assert header.actual_start is not None, "a session that ended was live"
    assert header.actual_end is not None, "the report is read after the end"
    return header.actual_start, header.actual_end


def differences(
    report: SessionReport, session_id: int, diaries: Iterable[Path], *, killed: bool
) -> list[Difference]:
    """How the report differs from the rooms' diaries, by the tolerance of a run with or without kills."""
    lines = [line for path in diaries if path.exists() for line in path.read_text().splitlines()]
    return compare(
        read_diary(lines, session_id),
        {row.code: [(span.start, span.end) for span in row.intervals] for row in report.rows},
        live_time(report),
        tolerance_s=AFTER_KILL_S if killed else TOLERANCE_S,
    )


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
