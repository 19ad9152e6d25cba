"""`python -m bench idle`: the silent rooms alone, as `bench.relay` measures it."""

from __future__ import annotations

from pathlib import Path

from bench import relay


def run(out: Path | None, *, quick: bool) -> int:
    """See bench.relay."""
    return relay.compare("idle", out, quick=quick)
