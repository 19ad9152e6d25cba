"""What hub, relay and disk tell a room: messages, answers, pairing, journal, credentials, clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from confhub.simulator.fleet import credentials, faults
from confhub.simulator.rtc import signal
from endpoints import pairing, state
from endpoints.agent import journal, protocol
from endpoints.clip import container
from fuzz.law import Feed
from fuzz.source import Source


@contextmanager
def ready() -> Iterator[Feed]:
    """First byte: which reader; then its text."""
    yield feed


def feed(data: bytes) -> None:
    """A value, or the reader's own error."""
    source = Source(data)
    reader = source.pick(_READERS)
    with suppress(*_ERRORS):
        reader(source.rest())


def _text(reader: Callable[[str], Any]) -> Callable[[bytes], Any]:
    return lambda data: reader(data.decode(errors="replace"))


def _ask(plan: faults.Plan) -> None:
    """What a plan is asked by every room's line."""
    for room in (0, 301):
        for loss, jitter_s, _ in plan.of(room, 1.5).values():
            assert 0 <= loss <= 1
            assert 0 <= jitter_s <= faults.MAX_JITTER_MS / 1000
        assert 0 <= faults.line_seed(plan.seed, room) < 2**64
    assert plan.next_change(1.5) > 1.5


_READERS: tuple[Callable[[bytes], Any], ...] = (
    _text(protocol.parse),
    _text(protocol.media_grant),
    _text(protocol.ticket),
    _text(protocol.error_code),
    _text(pairing.parse_answer),
    _text(pairing.clean_code),
    journal.parse_line,
    credentials.parse,
    state.parse,
    container.parse,
    signal.parse_response,
    lambda data: _ask(faults.parse(data)),
)
_ERRORS = (
    protocol.ProtocolError,
    credentials.CredentialsError,
    faults.PlanError,
    state.StateBroken,
    container.ClipError,
    signal.SignalError,
)
