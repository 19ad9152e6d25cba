"""Shared by all tests: the plug-ins, and a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import hypothesis
import pytest
from argon2 import PasswordHasher

from confhub.accounts import passwords
from confhub.kernel.clock import ManualClock

pytest_plugins = ["tests.databases"]

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
