"""What every test may have: a clock that is moved by hand, passwords and helpers that cost little."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import hypothesis
import pytest
from argon2 import PasswordHasher

from confhub.accounts import passwords
from confhub.files import drawing
from confhub.kernel.clock import ManualClock
from tests.programs import ROOT, Sys

# How long one example takes says more of the machine's other work than of ours.
hypothesis.settings.register_profile("confhub", deadline=None)
hypothesis.settings.load_profile("confhub")


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at a Monday morning until a test moves it."""
    return ManualClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Argon2 with little to do, in this process: the same code, without a core for 50 ms at each password."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = partial(PasswordHasher, time_cost=1, memory_cost=64, parallelism=1)
        patch.setattr(passwords, "PasswordHasher", cheap)
        yield


@pytest.fixture(scope="session", autouse=True)
def forked_drawing() -> Iterator[None]:
    """What draws a file is a process of its own here as well, without 0.7 s of imports for each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "sys", Sys())
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with a loop of their own are looked at last, when all their fixtures have ended."""
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function):
            item.fixturenames.insert(0, "no_task_is_left")


@pytest.fixture
async def no_task_is_left() -> AsyncIterator[None]:
    """A task of ours that nobody waits for and nobody ends fails the test that began it."""
    yield
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and _is_ours(task)]
    assert not left, f"still going on: {left}"


def _is_ours(task: asyncio.Task[object]) -> bool:
    file = Path(getattr(task.get_coro(), "cr_code", _is_ours.__code__).co_filename)
    return file.is_relative_to(ROOT) and file.relative_to(ROOT).parts[0] in ("confhub", "endpoints", "tests")
