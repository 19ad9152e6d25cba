"""Which layers of a track anybody wants: told upwards at once, downwards after a while (dynacast)."""

from __future__ import annotations

from confhub.relay.forward.specs import Quality

LOWER_AFTER_S = 4.0
"""A layer that nobody takes any more is turned off after this: a page that changes its layout, or a line that
is tried out, must not have an encoder stopped and started again. (LiveKit waits 5 s.)"""


class Wanted:
    """Hysteresis over `wanted_quality` of one track."""

    __slots__ = ("_falls_s", "told")

    def __init__(self) -> None:
        self.told: Quality | None = None  # what the publisher was told last; None: nobody watches
        self._falls_s: float | None = None

    def changed(self, wanted: Quality | None, now_s: float) -> bool:
        """Is `told` another one now? `wanted`: the highest quality somebody takes, None for nobody."""
        if _rank(wanted) >= _rank(self.told):
            self._falls_s = None
            is_new, self.told = wanted != self.told, wanted
            return is_new
        if self._falls_s is None:
            self._falls_s = now_s + LOWER_AFTER_S
        if now_s < self._falls_s:
            return False
        self._falls_s = None
        self.told = wanted
        return True


def _rank(quality: Quality | None) -> int:
    return -1 if quality is None else int(quality)
