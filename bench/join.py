"""`python -m bench join`: the joining wave alone, as `bench.relay` measures it."""

from __future__ import annotations

from pathlib import Path

from bench import relay


def run(out: Path | None, *, quick: bool) -> int:
    """See bench.relay."""
    return relay.compare("join", out, quick=quick)
