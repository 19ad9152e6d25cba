"""The fixtures of the tests in this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.engines import engine, house

__all__ = ["engine", "house"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The SDK complains from a finalizer when the server dropped a handle before it did; not ours to mend."""
    theirs = pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <function FfiHandle:pytest.PytestUnraisableExceptionWarning"
    )
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(theirs)
