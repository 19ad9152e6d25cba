"""`python -m fuzz [TARGET…] [--inputs N] [--seconds S] [--list]`: from the corpus on, to a table."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from fuzz import compiled, corpus
from fuzz.catalogue import TARGETS, Target
from fuzz.run import Outcome, Place, python_command, run

DEFAULT_INPUTS = 1_000_000
"""Two or three minutes on one core."""
NO_ATHERIS = "atheris is not installed: .venv/bin/pip install atheris (wheels for Linux on x86-64)"


def main(arguments: list[str] | None = None) -> int:
    """0: nothing found; 1: something found; 2: wrongly called, or targets had to be left out."""
    args = _arguments(arguments)
    console = Console()
    if args.list:
        console.print(_list())
        return 0
    unknown = [name for name in args.targets if name not in TARGETS]
    if unknown:
        console.print(f"unknown target: {', '.join(unknown)}. `python -m fuzz --list` names them.")
        return 2
    chosen = [TARGETS[name] for name in args.targets] or list(TARGETS.values())
    place = Place(Path(args.out))
    if args.input:
        return _reproduce(chosen, place, Path(args.input), console)
    commands, left_out = _commands(chosen, place, console)
    if args.minimise:
        return corpus.minimise({t: commands[t] for t in chosen if t in commands}, place, console)
    outcomes = _run_all(commands, place, args.inputs, args.seconds, console)
    console.print(_table(outcomes, place))
    return _verdict(outcomes, left_out, console)


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Feeds every parser broken input.")
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help="names of targets; all where none is given"
    )
    parser.add_argument("--inputs", type=int, default=DEFAULT_INPUTS, metavar="N", help="inputs in all")
    parser.add_argument("--seconds", type=int, default=0, metavar="S", help="at most this long in all")
    parser.add_argument("--list", action="store_true", help="name the targets and stop")
    parser.add_argument(
        "--out", default=".fuzz", metavar="DIR", help="findings, grown corpus, programs (.fuzz)"
    )
    parser.add_argument("--input", metavar="FILE", help="give one saved input to one target")
    parser.add_argument(
        "--minimise", action="store_true", help="take what grew into the committed corpus, small"
    )
    return parser.parse_args(arguments)


def _list() -> Table:
    table = Table("target", "what it reads", "committed inputs")
    for target in TARGETS.values():
        known = sum(1 for _ in target.corpus.glob("*")) if target.corpus.exists() else 0
        table.add_row(target.name, target.tells, str(known))
    return table


def _commands(
    chosen: list[Target], place: Place, console: Console
) -> tuple[dict[Target, list[str]], dict[Target, str]]:
    """How each target is started, and why others are not."""
    clang = compiled.find_clang() if any(target.is_compiled for target in chosen) else None
    has_atheris = importlib.util.find_spec("atheris") is not None
    commands: dict[Target, list[str]] = {}
    left_out: dict[Target, str] = {}
    for target in chosen:
        if not target.is_compiled:
            if has_atheris:
                commands[target] = python_command(target)
            else:
                left_out[target] = NO_ATHERIS
        elif clang is None:
            left_out[target] = compiled.MISSING
        else:
            try:
                commands[target] = [str(compiled.build(target, clang, place.compiled))]
            except compiled.BuildError as error:
                left_out[target] = "clang refuses its source"
                console.print(f"[bold]{target.name}[/]: {error}", markup=True)
    return commands, left_out


def _run_all(
    commands: dict[Target, list[str]], place: Place, inputs: int, seconds: int, console: Console
) -> list[Outcome]:
    """One after the other, on one core; inputs are shared out by pace."""
    pace = sum(target.pace for target in commands)
    outcomes: list[Outcome] = []
    columns = (TextColumn("{task.description:12}"), BarColumn(), TextColumn("{task.fields[tells]}"))
    with Progress(*columns, console=console, refresh_per_second=2) as progress:
        for target, command in commands.items():
            share = max(1, round(inputs * target.pace / pace))
            limit_s = max(1, seconds // len(commands)) if seconds else 0
            task = progress.add_task(target.name, total=share, tells="starts")

            def tell(outcome: Outcome, task: int = task) -> None:
                words = f"{outcome.inputs:,} inputs, {outcome.edges} edges"
                progress.update(task, completed=outcome.inputs, tells=words)  # type: ignore[arg-type]

            outcome = run(target, command, place, share, limit_s, tell)
            outcomes.append(outcome)
            place.note(outcome)
            tell(outcome)
            if outcome.is_stopped:
                break
    return outcomes


def _table(outcomes: list[Outcome], place: Place) -> Table:
    tally = place.tally()
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("target", "inputs", "in all", "edges", "s", "crashes", "hangs", "sanitizer"):
        table.add_column(heading, no_wrap=True, justify="left" if heading == "target" else "right")
    for o in outcomes:
        table.add_row(
            o.target.name, f"{o.inputs:,}", f"{tally[o.target.name]:,}", str(o.edges), f"{o.spent_s:.0f}",
            str(o.crashes), str(o.hangs), str(o.sanitizer),
        )  # fmt: skip
    return table


def _verdict(outcomes: list[Outcome], left_out: dict[Target, str], console: Console) -> int:
    for outcome in outcomes:
        if outcome.broken:
            console.print(f"{outcome.target.name} did not run: {outcome.broken}", markup=False)
        for finding in outcome.findings:
            command = f"python -m fuzz {outcome.target.name} --input {finding}"
            console.print(f"found: {finding}\n  again: {command}", markup=False, soft_wrap=True)
    for reason in dict.fromkeys(left_out.values()):
        names = ", ".join(target.name for target, why in left_out.items() if why == reason)
        console.print(f"left out: {names}. {reason}", markup=False)
    inputs = sum(outcome.inputs for outcome in outcomes)
    crashes, hangs = sum(o.crashes for o in outcomes), sum(o.hangs for o in outcomes)
    sanitizer = sum(o.sanitizer for o in outcomes)
    words = f"{inputs:,} inputs, {crashes} crashes, {hangs} hangs, {sanitizer} sanitizer findings"
    if not all(outcome.is_clean for outcome in outcomes):
        console.print(f"FAILED: {words}")
        return 1
    if outcomes and outcomes[-1].is_stopped:
        console.print(f"STOPPED: {words}")
        return 130
    if left_out:
        console.print(f"INCOMPLETE: {words}; {len(left_out)} targets were left out")
        return 2
    console.print(f"OK: {words}")
    return 0


def _reproduce(chosen: list[Target], place: Place, file: Path, console: Console) -> int:
    """One saved input, in this process for Python targets, with the whole traceback."""
    if len(chosen) != 1 or not file.exists():
        console.print("--input FILE needs the name of one target and a file that is there")
        return 2
    if chosen[0].is_compiled:
        commands, left_out = _commands(chosen, place, console)
        if left_out:
            return 2
        outcome = corpus.replay_compiled(commands[chosen[0]], [file])
        console.print(outcome.text, markup=False)
        return 1 if outcome.failed else 0
    corpus.replay_python(chosen[0], [file])
    console.print("nothing was raised")
    return 0


if __name__ == "__main__":
    sys.exit(main())
