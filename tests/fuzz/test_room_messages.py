"""Whatever a room sends, reading it gives a message or `MessageUnreadable`, and nothing else."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from confhub.http.rooms.messages import Heartbeat, Hello, MessageUnreadable, Pong, parse, parse_log
from confhub.kernel.limits import ENDPOINT_LOG_BATCH

KEYS = (
    "type",
    "state",
    "session",
    "log",
    "version",
    "mode",
    "sent_at",
    "seq",
    "at",
    "event",
    "connection",
    "media",
)
WORDS = (
    "hello",
    "heartbeat",
    "pong",
    "idle",
    "joined",
    "kiosk",
    "present",
    "2026-03-02T01:00:00.000Z",
    "own-1",
    "\x00",
)

leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-1, 2**70), st.floats(), st.sampled_from(WORDS),
    st.text(max_size=9),
)  # fmt: skip
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=20,
)
hello = {"type": "hello", "version": "1", "mode": "kiosk", "state": "idle", "session": None, "log": []}


def read(text: str) -> None:
    with suppress(MessageUnreadable):
        message = parse(text)
        assert isinstance(message, Hello | Heartbeat | Pong)
        if not isinstance(message, Pong):
            parse_log(message.log)


@given(st.text())
def test_any_text(text: str) -> None:
    read(text)


@given(values)
def test_any_json(value: object) -> None:
    read(json.dumps(value))


@given(st.dictionaries(st.sampled_from(KEYS), values), st.sampled_from(["hello", "heartbeat"]))
def test_a_message_with_any_fields(changed: dict[str, object], kind: str) -> None:
    read(json.dumps({**hello, **changed, "type": kind}))


@given(st.lists(values, max_size=8))
def test_any_log_is_counted_and_acknowledged(log: list[object]) -> None:
    entries, through, unreadable = parse_log(log)
    assert len(entries) + unreadable == min(len(log), ENDPOINT_LOG_BATCH)
    assert through >= max((entry.seq for entry in entries), default=0)


def test_a_deep_nest_is_refused() -> None:
    read("[" * 100_000)
    read('{"type":' * 50_000)
