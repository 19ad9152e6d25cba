"""A call of ours that blocks a running loop fails the test that makes it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

try:
    from blockbuster import blockbuster_ctx as watched
except ImportError:
    if os.environ.get("CI"):
        raise
    watched = nullcontext  # set up before it was asked for; `make setup` gets it


MAY_BLOCK = (
    ("confhub/db/migrate.py", "_connected"),  # it and the four below: a loop of their own, in a thread
    ("confhub/db/migrate.py", "_upgrade"),
    ("confhub/db/migrate.py", "compare"),
    ("confhub/db/migrate.py", "load_models"),
    ("confhub/db/migrations/env.py", "run"),
    ("confhub/kernel/ports.py", "_outgoing_from"),  # a line of /proc
    ("confhub/cli/tls.py", "init"),  # a command by itself
    ("asyncpg/connect_utils.py", "_read_password_file"),  # once a connection
    ("endpoints/agent/journal.py", "__init__"),  # at a program's start, as the two below
    ("confhub/simulator/fleet/faults.py", "seed_of"),
    ("confhub/simulator/crowd/truth.py", "__init__"),
)


@pytest.fixture(scope="module", autouse=True)
def nothing_blocks_a_loop() -> Iterator[None]:
    """Sleeps, files, sockets that wait, SQLite, locks that are held: wherever our code is on the stack."""
    with watched(["confhub", "endpoints"]) as detector:
        if detector is not None:
            detector.functions["os.path.abspath"].deactivate()  # makes a name, and asks no disk for it
            for function in detector.functions.values():
                for file, name in MAY_BLOCK:
                    function.can_block_in(file, name)
        yield
