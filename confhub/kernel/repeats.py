"""Repeats: log lines of one kind are written a few times a minute; the rest is counted and told."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

A_MINUTE = 20
"""Lines of one kind: enough to see what happens; with tracebacks below 100 kB."""

WINDOW_S = 60.0

KINDS_MAX = 500
"""Kinds counted at a time; more are one kind together."""


class Repeats(logging.Filter):
    """A filter for a handler. What is held back is told by the next line that passes after its minute."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._kinds: dict[Any, tuple[float, int]] = {}  # when its minute began, and the lines in it

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is written."""
        now = self._now()
        kind = kind_of(record)
        if kind not in self._kinds and len(self._kinds) >= KINDS_MAX:
            self._forget(now)
            if len(self._kinds) >= KINDS_MAX:
                kind = ("others",)
        began, count = self._kinds.get(kind, (now, 0))
        if now - began >= WINDOW_S:
            _tell(record, count - A_MINUTE)
            began, count = now, 0
        self._kinds[kind] = (began, count + 1)
        return count < A_MINUTE

    def _forget(self, now: float) -> None:
        for kind in [kind for kind, (began, _) in self._kinds.items() if now - began >= WINDOW_S]:
            del self._kinds[kind]


def _tell(record: logging.LogRecord, held_back: int) -> None:
    if held_back <= 0:
        return
    if isinstance(record.msg, dict):
        record.msg = {**record.msg, "held_back_before": held_back}
    else:
        record.msg = f"{record.msg} (and {held_back} more like it before)"


def kind_of(record: logging.LogRecord) -> Any:
    """What makes two lines alike: logger, words before their values are filled in, and the error's place."""
    if isinstance(record.msg, dict):
        words = str(record.msg.get("event", ""))
        error = str(record.msg.get("traceback", record.msg.get("exception", "")))[-200:]
    else:
        words, error = str(record.msg)[:200], ""
    found = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    place = found.__traceback__ if found is not None else None
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = (place.tb_frame.f_code.co_filename, place.tb_lineno) if place is not None else None
    return (record.name, record.levelno, words, error, type(found).__name__, where)


def limit() -> None:
    """Let the root logger's handlers hold repeats back."""
    for handler in logging.getLogger().handlers:
        if not any(isinstance(one, Repeats) for one in handler.filters):
            handler.addFilter(Repeats())
