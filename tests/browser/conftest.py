"""What every test in a real browser has in common."""

from __future__ import annotations

import asyncio

import pytest


@pytest.fixture
def _function_scoped_runner(one_loop: asyncio.Runner) -> asyncio.Runner:
    """Where pytest-asyncio runs a test and its fixtures: on the loop that the browser is asked on."""
    return one_loop
