"""Shared by all tests: the plug-ins, and a clock that is moved by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import hypothesis
import pytest

from confhub.kernel.clock import ManualClock

pytest_plugins = ["tests.databases"]

# How long one example takes says more of the machine's other work than of ours.
hypothesis.settings.register_profile("confhub", deadline=None)
hypothesis.settings.load_profile("confhub")


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at a Monday morning until a test moves it."""
    return ManualClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))
