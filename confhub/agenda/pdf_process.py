"""The process that looks through one document: bytes on standard input, what was found as JSON on standard
output: {"pages": n} or {"refused": a class of `errors`, "params": {…}}.

It takes its own limits before the first byte. Exit codes: 0 looked through; 3 out of memory.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any, Final

from confhub.agenda.errors import DocumentRefused
from confhub.agenda.pdf import check

MEMORY_MAX_BYTES: Final = 1024 * 2**20
"""20 MB of compressed text take about a third of it."""

CPU_MAX_S: Final = 20
"""A report of 2,000 pages takes about four seconds."""

OUT_OF_MEMORY: Final = 3


def main() -> int:
    """Look through what comes in."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_MAX_S, CPU_MAX_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sys.stdout.write(json.dumps(found(sys.stdin.buffer.read())))
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


def found(content: bytes) -> dict[str, Any]:
    """What is written."""
    try:
        return {"pages": check(content)}
    except DocumentRefused as error:
        return {"refused": type(error).__name__, "params": error.params}


if __name__ == "__main__":
    sys.exit(main())
