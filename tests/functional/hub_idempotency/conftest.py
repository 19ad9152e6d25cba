"""The fixtures of the tests in this folder."""

from __future__ import annotations

from tests.plugins.scheduling import desk
from tests.plugins.website import (
    admin,
    hub_database,
    province,
    reader,
    server,
    services,
    settings,
    setup_code,
)

__all__ = [
    "admin", "desk", "hub_database", "province", "reader", "server", "services", "settings", "setup_code",
]  # fmt: skip
