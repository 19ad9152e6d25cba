"""What every test in a real browser has in common."""

from __future__ import annotations

from playwright.async_api import expect

# As long as a page's own actions wait: a busy machine is slow, and no test asks how slow.
expect.set_options(timeout=30_000)
