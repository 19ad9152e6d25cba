"""Unit tests: what blocks a running loop fails its test, and so does a socket of the network."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

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


_cut_off = False


def _look(event: str, words: tuple[Any, ...]) -> None:
    if _cut_off and event in ("socket.bind", "socket.connect") and words[0].family != socket.AF_UNIX:
        raise AssertionError(f"{event} {words[1]}: a unit test without the mark `sockets` has none")


sys.addaudithook(_look)


@pytest.fixture(scope="module", autouse=True)
def no_sockets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Those of the network, for the modules that do not say that they need them."""
    global _cut_off
    _cut_off = request.node.get_closest_marker("sockets") is None
    yield
    _cut_off = False
