"""Runs targets one after the other, each in a process of its own, and reads what libFuzzer tells."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fuzz.catalogue import Target

TIMEOUT_S = 20
"""By the clock, for one input; `law.CPU_PER_INPUT_S` is stricter where the input ends."""
MEMORY_MB = 2048
_GRACE_S = 30.0
_NICENESS = 19
_LINE = re.compile(r"^#(\d+)\s+(?:[A-Z]+|pulse)\s+cov: (\d+)(?: ft: (\d+))?")
_KEPT_LINES = 60
_HANGS = ("timeout-", "slow-unit-")
_TOO_LONG = ("TooSlow", "ALARM: working on the last Unit")
_SANITIZERS = ("AddressSanitizer", "runtime error:", "LeakSanitizer", "UndefinedBehaviorSanitizer")


@dataclass
class Outcome:
    """What one target's run came to. `edges`: libFuzzer's `cov`; `wanted`: inputs asked for."""

    target: Target
    wanted: int
    inputs: int = 0
    edges: int = 0
    features: int = 0
    spent_s: float = 0.0
    crashes: int = 0
    hangs: int = 0
    sanitizer: int = 0
    broken: str = ""
    is_stopped: bool = False
    findings: list[Path] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Nothing was found and the target ran."""
        return not self.crashes and not self.hangs and not self.sanitizer and not self.broken


@dataclass(frozen=True)
class Place:
    """Where a run writes: the grown corpus, findings, compiled targets."""

    folder: Path

    def corpus(self, target: Target) -> Path:
        """What grew beyond the committed corpus."""
        return self._made(self.folder / "corpus" / target.name)

    def findings(self, target: Target) -> Path:
        """Inputs that broke the law, and what was printed then."""
        return self._made(self.folder / "findings" / target.name)

    def note(self, outcome: Outcome) -> None:
        """Add a target's run to the tally."""
        figures = {
            "target": outcome.target.name, "inputs": outcome.inputs, "edges": outcome.edges,
            "seconds": round(outcome.spent_s), "crashes": outcome.crashes, "hangs": outcome.hangs,
            "sanitizer": outcome.sanitizer,
        }  # fmt: skip
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "tally.jsonl").open("a") as file:
            file.write(json.dumps(figures) + "\n")

    def tally(self) -> Counter[str]:
        """Inputs of each target over all runs here."""
        file = self.folder / "tally.jsonl"
        counts: Counter[str] = Counter()
        for line in file.read_text().splitlines() if file.exists() else ():
            figures = json.loads(line)
            counts[figures["target"]] += figures["inputs"]
        return counts

    @property
    def compiled(self) -> Path:
        """Programs built of the C harnesses."""
        return self._made(self.folder / "compiled")

    @staticmethod
    def _made(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def run(
    target: Target,
    command: list[str],
    place: Place,
    inputs: int,
    seconds: int,
    tell: Callable[[Outcome], None],
) -> Outcome:
    """Run one target until its inputs or seconds are used up, or something is found."""
    outcome = Outcome(target, inputs)
    (place.findings(target) / "last.txt").unlink(missing_ok=True)
    known = set(place.findings(target).iterdir())
    begun_s = time.monotonic()
    options = _options(target, place, inputs, seconds)
    environment = dict(
        os.environ, PYTHONUNBUFFERED="1", ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1"
    )
    process = subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
        preexec_fn=_be_nice,
    )
    guard = threading.Timer(seconds + _GRACE_S + TIMEOUT_S, process.kill) if seconds else None
    if guard is not None:
        guard.start()
    try:
        assert process.stdout is not None, "asked for above"
        for line in process.stdout:
            _read(outcome, line.rstrip("\n"))
            outcome.spent_s = time.monotonic() - begun_s
            tell(outcome)
        code = process.wait()
    except KeyboardInterrupt:
        process.kill()
        process.wait()
        outcome.is_stopped = True
        return outcome
    finally:
        if guard is not None:
            guard.cancel()
    _judge(outcome, code, sorted(set(place.findings(target).iterdir()) - known))
    _keep(outcome, place)
    return outcome


def _be_nice() -> None:
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)


def _options(target: Target, place: Place, inputs: int, seconds: int) -> list[str]:
    """libFuzzer's; the first folder grows, the second is only read."""
    target.corpus.mkdir(parents=True, exist_ok=True)
    options = [
        f"-runs={inputs}",
        f"-max_len={target.max_bytes}",
        f"-timeout={TIMEOUT_S}",
        f"-report_slow_units={TIMEOUT_S // 2}",
        f"-rss_limit_mb={MEMORY_MB}",
        "-len_control=20",
        f"-use_value_profile={int(not target.is_compiled)}",
        "-print_final_stats=1",
        f"-artifact_prefix={place.findings(target)}/",
    ]
    if seconds:
        options.append(f"-max_total_time={seconds}")
    dictionary = target.corpus.parent.parent / "dictionaries" / f"{target.name}.dict"
    if dictionary.exists():
        options.append(f"-dict={dictionary}")
    return [*options, str(place.corpus(target)), str(target.corpus)]


def _read(outcome: Outcome, line: str) -> None:
    found = _LINE.match(line)
    if found is not None:
        outcome.inputs = max(outcome.inputs, int(found[1]))
        outcome.edges = max(outcome.edges, int(found[2]))
        outcome.features = max(outcome.features, int(found[3] or 0))
        return
    if line.startswith("stat::number_of_executed_units:"):
        outcome.inputs = int(line.rpartition(":")[2])
    if line.startswith("INFO: Instrumenting"):
        return
    outcome.tail.append(line)
    del outcome.tail[:-_KEPT_LINES]


def _judge(outcome: Outcome, code: int, findings: list[Path]) -> None:
    text = "\n".join(outcome.tail)
    outcome.findings = findings
    for finding in findings:
        if finding.name.startswith(_HANGS) or any(mark in text for mark in _TOO_LONG):
            outcome.hangs += 1
        elif any(mark in text for mark in _SANITIZERS):
            outcome.sanitizer += 1
        else:
            outcome.crashes += 1
    if code != 0 and not findings:
        last = next((line for line in reversed(outcome.tail) if line.strip()), "")
        outcome.broken = f"ended with {code}: {last[:120]}"


def _keep(outcome: Outcome, place: Place) -> None:
    """What was printed stands next to what was found."""
    if not outcome.is_clean:
        report = place.findings(outcome.target) / "last.txt"
        report.write_text("\n".join(outcome.tail) + "\n")


def python_command(target: Target) -> list[str]:
    """How a Python target is started."""
    return [sys.executable, "-m", "fuzz.worker", target.name]
