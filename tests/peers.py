"""Other makers' programs that a test needs: without one it skips with the reason; with CI set it fails."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.peers import Missing


def required(find: Callable[[], Path]) -> Path:
    """Where `find`, one of bench.peers, found it."""
    try:
        return find()
    except Missing as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
