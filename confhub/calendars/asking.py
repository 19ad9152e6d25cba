"""How often links were asked for lately: more is refused before anything is looked up."""

from __future__ import annotations

from cachetools import TTLCache

from confhub.calendars.errors import FeedTooOften
from confhub.calendars.limits import ASK_WINDOW_S, ASKS_PER_ADDRESS, ASKS_PER_LINK, LINKS_REMEMBERED
from confhub.kernel.clock import Clock
from confhub.kernel.errors import TooMany


class Asked:
    """Counts by link and by address, each over the ten minutes that begin with its first."""

    def __init__(
        self,
        clock: Clock,
        per_link: int = ASKS_PER_LINK,
        per_address: int = ASKS_PER_ADDRESS,
        refused: type[TooMany] = FeedTooOften,
    ) -> None:
        """`refused`: what is raised where one of both is exceeded."""
        self._clock, self._per_link, self._per_address = clock, per_link, per_address
        self._refused = refused
        self._counts: TTLCache[str, list[float]] = TTLCache(
            LINKS_REMEMBERED, ASK_WINDOW_S, timer=clock.monotonic
        )

    def count(self, link: str, address: str) -> None:
        """One more. What `refused` says."""
        for key, most in ((f"a {address}", self._per_address), (f"l {link}", self._per_link)):
            now = self._clock.monotonic()
            known = self._counts.get(key)
            if known is None:
                self._counts[key] = [now, 1.0]
            elif known[1] >= most:
                raise self._refused(retry_after_s=max(1, round(known[0] + ASK_WINDOW_S - now)))
            else:
                known[1] += 1
