"""What rooms tell the hub: messages of a room's WebSocket, their logs, and diaries compared with a report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from confhub.http.rooms.messages import Heartbeat, Hello, MessageUnreadable, parse, parse_log
from confhub.kernel.limits import ENDPOINT_LOG_BATCH
from confhub.simulator.truth.errors import DiaryUnreadable
from confhub.simulator.truth.rooms import compare, read_diary
from fuzz.law import Feed

_LIVE = (datetime(2026, 3, 2, 1, tzinfo=UTC), datetime(2026, 3, 2, 3, tzinfo=UTC))


@contextmanager
def ready() -> Iterator[Feed]:
    """The input is one text message, and a diary."""
    yield feed


def feed(data: bytes) -> None:
    """A message, or MessageUnreadable; each entry of a log is kept or counted."""
    text = data.decode(errors="replace")
    with suppress(DiaryUnreadable):
        for difference in compare(read_diary(text.split("\n"), 7), {"A": [_LIVE]}, _LIVE):
            assert str(difference)
    with suppress(MessageUnreadable):
        message = parse(text)
        if isinstance(message, Hello | Heartbeat):
            entries, through, unreadable = parse_log(message.log)
            assert len(entries) + unreadable == min(len(message.log), ENDPOINT_LOG_BATCH)
            assert through >= max((entry.seq for entry in entries), default=0)
