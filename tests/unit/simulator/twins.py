"""Both twins of the packet reading, for tests that hold for either."""

from __future__ import annotations

import pytest

from confhub.simulator.native import ReceiverMissing, Twin, choose


def twin(name: str) -> Twin:
    """Skips where the compiled one was not built."""
    try:
        return choose(name)
    except ReceiverMissing as error:
        pytest.skip(f"not compiled here: {error}")


BOTH = pytest.mark.parametrize("name", ["python", "compiled"])
