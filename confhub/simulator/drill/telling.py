"""The drill's table, its bounds, and the verdict as the last line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from confhub.simulator.drill.outcome import DrillOutcome, percentile
from confhub.simulator.province.telling import SHOWN, measured, tell_differences
from confhub.simulator.truth.rooms import Difference

LATE_S = 0.25
"""A fleet that read nothing for so long was the machine's problem, not the relay's."""


def tell(console: Console, outcome: DrillOutcome, differences: Sequence[Difference]) -> int:
    """Print everything; the exit code."""
    console.print(figures_table(outcome))
    tell_differences(console, outcome.people, differences)
    for refusal in outcome.refusals[:SHOWN]:
        console.print(f"  the hub refused a floor change: {refusal}", highlight=False, markup=False)
    console.print(bounds_table(outcome))
    if outcome.rooms_socket_drops or outcome.rooms_longest_round_s > LATE_S:
        console.print(
            f"The rooms' side of this machine was the narrow place: it read nothing for up to "
            f"{outcome.rooms_longest_round_s:.2f} s, and {outcome.rooms_socket_drops:,} packets found its "
            "sockets full. The relay's own figures above stand.",
            highlight=False,
        )
    if outcome.burn:
        console.print(
            f"{outcome.burn} busy programs ran beside it: bounds on timing are void. "
            "Who was lost, doubled or moved is not.",
            highlight=False,
        )
    missed = [bound.name for bound in outcome.bounds() if bound.missed]
    if missed:
        console.print(f"[bold red]MISSED[/bold red]: {'; '.join(missed)}", highlight=False, soft_wrap=True)
    else:
        console.print("[bold green]HELD[/bold green]: every bound of this drill.", highlight=False)
    return 1 if missed else 0


def figures_table(outcome: DrillOutcome) -> Table:
    """What was measured."""
    of = f"of {outcome.rooms}"
    joins = outcome.join_s
    rows = [
        ("picture", outcome.picture + (f" ({outcome.picture_reason})" if outcome.picture_reason else "")),
        ("fan-out, rooms' receiver", f"{outcome.fan_out}, {outcome.receiver or '–'}"),
        ("faults", ", ".join(outcome.faults) or "none"),
        ("busy programs beside it", str(outcome.burn)),
        ("live", f"{outcome.live_s:.0f} s"),
        ("rooms joined", f"{outcome.rooms_joined} {of}"),
    ]
    if joins:
        spread = (percentile(joins, 50), percentile(joins, 95), max(joins))
        rows.append(("join: p50, p95, longest", ", ".join(f"{value:.1f} s" for value in spread)))
    rows += [
        ("with picture, with sound", f"{outcome.rooms_with_picture}, {outcome.rooms_with_sound} {of}"),
        ("packets received", f"{outcome.packets_received:,} ({outcome.packets_per_s:,.0f}/s when calm)"),
        ("packets lost", f"{outcome.packets_lost:,} ({outcome.loss:.4%})"),
        (
            "dropped by full sockets",
            f"rooms {outcome.rooms_socket_drops:,}, relay {outcome.relay_socket_drops:,}",
        ),
    ]
    rows += [(f"{fault}: loss really made", f"{share:.2%}") for fault, share in outcome.applied.items()]
    if outcome.switch_ms:
        spread = (
            percentile(outcome.switch_ms, 50),
            percentile(outcome.switch_ms, 95),
            max(outcome.switch_ms),
        )
        rows.append(("switch: p50, p95, longest", ", ".join(f"{value:.0f} ms" for value in spread)))
    rows.append(("freezes over 1 s", f"{outcome.freezes}, {outcome.freeze_s:.1f} s in all rooms"))
    rows += [(f"after {fault}", coming.told()) for fault, coming in outcome.back.items()]
    rows += [
        ("CPU of hub, relay, rooms", f"{outcome.hub_cpu_s}, {outcome.relay_cpu_s}, {outcome.fleet_cpu_s} s"),
        ("relay when calm", f"{outcome.relay_core:.1%} of a core"),
        ("peak memory of hub, relay", f"{outcome.hub_rss_mb}, {outcome.relay_rss_mb} MB"),
        ("programs restarted", str(outcome.restarts)),
        ("attendance rows, differences", f"{outcome.attendance_rows}, {outcome.attendance_differences}"),
    ]
    return measured(rows, outcome.people)


def bounds_table(outcome: DrillOutcome) -> Table:
    """Each bound, held or missed."""
    table = Table(title="Bounds", title_justify="left")
    for name in ("", "bound", "measured"):
        table.add_column(name)
    for bound in outcome.bounds():
        sign = "[green]held[/green]" if bound.held else "[bold red]missed[/bold red]"
        table.add_row("[dim]void[/dim]" if bound.void else sign, bound.name, bound.value)
    return table
