"""How often links were asked for lately: more is refused before anything is looked up."""

from __future__ import annotations

from cachetools import TTLCache

from confhub.calendars.errors import FeedTooOften
from confhub.calendars.limits import ASK_WINDOW_S, ASKS_PER_ADDRESS, ASKS_PER_LINK, LINKS_REMEMBERED
from confhub.kernel.clock import Clock


class Asked:
    """Counts by link and by address, each over the ten minutes that begin with its first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: TTLCache[str, list[float]] = TTLCache(
            LINKS_REMEMBERED, ASK_WINDOW_S, timer=clock.monotonic
        )

    def count(self, link: str, address: str) -> None:
        """One more. FeedTooOften."""
        for key, most in ((f"a {address}", ASKS_PER_ADDRESS), (f"l {link}", ASKS_PER_LINK)):
            now = self._clock.monotonic()
            known = self._counts.get(key)
            if known is None:
                self._counts[key] = [now, 1.0]
            elif known[1] >= most:
                raise FeedTooOften(retry_after_s=max(1, round(known[0] + ASK_WINDOW_S - now)))
            else:
                known[1] += 1
