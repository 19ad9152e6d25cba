"""How long to wait before the next try: at once almost, then longer, never longer than the situation
allows."""

from __future__ import annotations

import random

FIRST_MIN_S, FIRST_MAX_S = 0.2, 1.0
SESSION_CAP_S = 2.0  # a room that is missing from a session comes back within seconds
IDLE_CAP_S = 30.0  # an idle room does not trouble a hub that is being repaired


class Backoff:
    """First 0.2–1 s, then doubling to 2 s in a session or 30 s when idle; each delay with jitter, so that 302
    rooms do not come back in the same instant. `reset` after a success."""

    def __init__(self, dice: random.Random | None = None) -> None:
        self._dice = dice or random.Random()
        self._last_s = 0.0

    def reset(self) -> None:
        """The next delay is a first one again."""
        self._last_s = 0.0

    def next_s(self, in_session: bool) -> float:
        """The next delay in seconds."""
        if not self._last_s:
            self._last_s = self._dice.uniform(FIRST_MIN_S, FIRST_MAX_S)
            return self._last_s
        cap = SESSION_CAP_S if in_session else IDLE_CAP_S
        self._last_s = min(2 * self._last_s, cap)
        return self._last_s * self._dice.uniform(0.75, 1.0)
