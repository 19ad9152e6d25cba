"""Builds the C targets with clang, libFuzzer and the sanitizers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from fuzz.catalogue import HERE, Target

ROOT = HERE.parent
MISSING = "clang with its sanitizers is not installed: apt-get install clang (Debian, Ubuntu)"
_FLAGS = (
    "-std=gnu11", "-g", "-O1", "-fno-omit-frame-pointer", "-fsanitize=fuzzer,address,undefined",
    "-fno-sanitize-recover=all", "-Wall", "-Wextra", "-Wno-unused-function", "-D_GNU_SOURCE",
)  # fmt: skip


class BuildError(Exception):
    """clang refused; the text is what it printed."""


def find_clang() -> str | None:
    """The compiler, where it can build a libFuzzer program."""
    clang = shutil.which("clang")
    if clang is None:
        return None
    probe = subprocess.run([clang, "-print-runtime-dir"], capture_output=True, text=True, check=False)
    folder = Path(probe.stdout.strip() or "/nonexistent")
    known = [folder, *folder.parent.glob("linux")]
    return clang if any(list(each.glob("libclang_rt.fuzzer*")) for each in known) else None


def build(target: Target, clang: str, folder: Path) -> Path:
    """The program of a target. Raises BuildError."""
    program = folder / target.name
    source = HERE / "c" / target.source
    command = [clang, *_FLAGS, f"-I{ROOT}", str(source), "-o", str(program)]
    made = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if made.returncode != 0:
        raise BuildError(made.stderr[-2000:])
    return program
