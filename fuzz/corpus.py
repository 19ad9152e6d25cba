"""The committed corpus: replayed in seconds, grown by runs, kept small."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from fuzz.catalogue import Target
from fuzz.law import lawful
from fuzz.run import Place

MAX_BYTES_PER_TARGET = 9 * 1024
"""What the repository keeps for one target: the smallest inputs that reach the most."""
MAX_INPUT_BYTES = 2048


@dataclass(frozen=True)
class Replay:
    """What a compiled target printed."""

    failed: bool
    text: str


def replay_python(target: Target, files: Iterable[Path]) -> int:
    """Give each file to the target, under the law; how many there were. Raises what the target raises."""
    count = 0
    with target.ready() as feed:
        watched = lawful(feed)
        for file in files:
            try:
                watched(file.read_bytes())
            except BaseException as error:
                error.add_note(f"input: {file}")
                raise
            count += 1
    return count


def replay_compiled(command: list[str], files: Iterable[Path]) -> Replay:
    """The same for a libFuzzer program, which would begin to fuzz if it were given no file."""
    chosen = [str(file) for file in files]
    assert chosen, "nothing to replay"
    done = subprocess.run(
        [*command, "-timeout=20", *chosen],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return Replay(done.returncode != 0, done.stderr[-6000:])


def minimise(commands: dict[Target, list[str]], place: Place, console: Console) -> int:
    """Merge what grew with what is committed; keep the smallest inputs that together reach everything,
    smallest first, up to MAX_BYTES_PER_TARGET."""
    for target, command in commands.items():
        with tempfile.TemporaryDirectory() as merged:
            sources = [str(target.corpus), str(place.corpus(target))]
            options = ["-merge=1", "-timeout=20", "-rss_limit_mb=2048", f"-max_len={MAX_INPUT_BYTES}"]
            done = subprocess.run(
                [*command, *options, merged, *sources],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
            if done.returncode != 0:
                console.print(f"{target.name}: merging failed\n{done.stderr[-1500:]}", markup=False)
                return 1
            kept = [(file.name[:12], file.read_bytes()) for file in _choose(Path(merged))]
        if not kept:
            console.print(f"{target.name}: merging left nothing\n{done.stderr[-1500:]}", markup=False)
            return 1
        shutil.rmtree(target.corpus, ignore_errors=True)
        target.corpus.mkdir(parents=True)
        for name, data in kept:
            (target.corpus / name).write_bytes(data)
        console.print(f"{target.name}: {len(kept)} inputs, {sum(len(data) for _, data in kept):,} bytes")
    return 0


def _choose(folder: Path) -> list[Path]:
    kept: list[Path] = []
    room = MAX_BYTES_PER_TARGET
    for file in sorted(folder.iterdir(), key=lambda each: (each.stat().st_size, each.name)):
        room -= file.stat().st_size
        if room < 0:
            break
        kept.append(file)
    return kept
