"""What all tests share is in plug-ins; the name of a folder's own fixtures is in its `conftest.py`."""

from __future__ import annotations

pytest_plugins = ["tests.plugins.basics", "tests.plugins.databases", "tests.plugins.browsers"]
