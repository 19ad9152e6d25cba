"""What rooms tell the hub: messages of a room's WebSocket and their logs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from confhub.http.room_messages import Heartbeat, Hello, MessageUnreadable, parse, parse_log
from confhub.kernel.limits import ENDPOINT_LOG_BATCH
from fuzz.law import Feed


@contextmanager
def ready() -> Iterator[Feed]:
    """The input is one text message."""
    yield feed


def feed(data: bytes) -> None:
    """A message, or MessageUnreadable; each entry of a log is kept or counted."""
    with suppress(MessageUnreadable):
        message = parse(data.decode(errors="replace"))
        if isinstance(message, Hello | Heartbeat):
            entries, through, unreadable = parse_log(message.log)
            assert len(entries) + unreadable == min(len(message.log), ENDPOINT_LOG_BATCH)
            assert through >= max((entry.seq for entry in entries), default=0)
