"""What every test may have: a clock that is moved by hand, passwords and helpers that cost little."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import hypothesis
import pytest
from argon2 import PasswordHasher

from confhub.accounts import passwords
from confhub.files import drawing
from confhub.kernel.clock import ManualClock
from tests.programs import Sys

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
