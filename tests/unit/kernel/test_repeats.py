"""Log lines of one kind: a few a minute, then a count."""

from __future__ import annotations

import logging

from confhub.kernel import repeats
from confhub.kernel.repeats import Repeats

FULL = "socket.accept() out of system resource %s"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def line(message: object, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error is not None else None
    return logging.LogRecord("asyncio", logging.ERROR, __file__, 1, message, args, info)


def test_the_same_line_a_hundred_thousand_times_is_written_a_few_times_and_counted() -> None:
    clock = Clock()
    held = Repeats(clock)
    written = sum(held.filter(line(FULL, number)) for number in range(100_000))
    assert written == repeats.A_MINUTE
    clock.now = 61.0
    after = line(FULL, 1)
    assert held.filter(after)
    assert "and 99980 more like it" in after.getMessage()
    assert held.filter(line("another line"))


def test_events_are_alike_by_their_words_and_their_error_s_place() -> None:
    held = Repeats(Clock())
    written = [held.filter(line({"event": "request failed", "path": f"/{number}"})) for number in range(50)]
    assert sum(written) == repeats.A_MINUTE
    assert held.filter(line({"event": "request failed", "path": "/", "traceback": "another error"}))


def test_errors_from_two_places_are_two_kinds() -> None:
    held = Repeats(Clock())
    caught: list[BaseException] = []
    for text in ("a", "b"):
        try:
            raise ValueError(text) if text == "a" else KeyError(text)
        except (ValueError, KeyError) as error:
            caught.append(error)
    written = [held.filter(line("failed", error=caught[0])) for _ in range(repeats.A_MINUTE + 1)]
    assert written[-1] is False
    assert held.filter(line("failed", error=caught[1]))


def test_endless_new_kinds_do_not_fill_memory() -> None:
    held = Repeats(Clock())
    for number in range(10_000):
        held.filter(line(f"message {number}"))
    assert len(held._kinds) <= repeats.KINDS_MAX + 1
