"""The transition table and what the clock does with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.sessions.errors import WrongState
from confhub.sessions.rules import ABANDONED_AFTER, ARCHIVE_AFTER, TRANSITIONS, Step, due_step, next_state
from confhub.sessions.values import SessionState

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ORDER = [
    SessionState.DRAFT,
    SessionState.SCHEDULED,
    SessionState.LOBBY,
    SessionState.LIVE,
    SessionState.ENDED,
    SessionState.ARCHIVED,
]


def due(state: SessionState, now: datetime, **changed: object) -> Step | None:
    settings: dict[str, object] = {
        "starts_at": START,
        "length_min": 60,
        "lobby_min": 60,
        "auto_start": True,
        "auto_end": True,
        "overrun_min": 30,
        "state_since": START,
    }
    return due_step(state, now, **{**settings, **changed})  # type: ignore[arg-type]


@given(st.lists(st.sampled_from(Step)))
def test_whatever_is_tried_a_session_only_ever_moves_forward(steps: list[Step]) -> None:
    state = SessionState.DRAFT
    for step in steps:
        try:
            following = next_state(state, step)
        except WrongState:
            assert (state, step) not in TRANSITIONS
            continue
        if following is SessionState.CANCELLED:
            assert ORDER.index(state) < ORDER.index(SessionState.LIVE)
        else:
            assert ORDER.index(following) > ORDER.index(state)
        state = following


@pytest.mark.parametrize("state", [SessionState.ARCHIVED, SessionState.CANCELLED])
@pytest.mark.parametrize("step", Step)
def test_nothing_leads_out_of_an_end(state: SessionState, step: Step) -> None:
    with pytest.raises(WrongState):
        next_state(state, step)


@given(st.sampled_from(SessionState), st.integers(-3000, 100_000), st.booleans(), st.booleans())
def test_the_clock_only_takes_steps_that_the_table_allows(
    state: SessionState, minutes: int, auto_start: bool, auto_end: bool
) -> None:
    step = due(state, START + timedelta(minutes=minutes), auto_start=auto_start, auto_end=auto_end)
    assert step is None or (state, step) in TRANSITIONS


def test_the_lobby_opens_at_its_hour_and_not_before() -> None:
    opens_at = START - timedelta(minutes=60)
    assert due(SessionState.SCHEDULED, opens_at - timedelta(seconds=1)) is None
    assert due(SessionState.SCHEDULED, opens_at) is Step.OPEN_LOBBY


def test_live_begins_at_the_start_unless_it_waits_for_a_hand() -> None:
    assert due(SessionState.LOBBY, START) is Step.START
    assert due(SessionState.LOBBY, START, auto_start=False) is None
    much_later = START + timedelta(hours=1) + ABANDONED_AFTER
    assert due(SessionState.LOBBY, much_later, auto_start=False) is Step.CANCEL


def test_a_session_may_run_over_before_it_ends_by_itself() -> None:
    end = START + timedelta(minutes=90)
    assert due(SessionState.LIVE, end - timedelta(seconds=1)) is None
    assert due(SessionState.LIVE, end) is Step.END
    assert due(SessionState.LIVE, end, auto_end=False) is None


def test_a_session_that_began_late_has_its_whole_length() -> None:
    began = START + timedelta(minutes=40)
    end = began + timedelta(minutes=90)
    assert due(SessionState.LIVE, end - timedelta(seconds=1), state_since=began) is None
    assert due(SessionState.LIVE, end, state_since=began) is Step.END


def test_an_ended_session_is_archived_after_a_month() -> None:
    assert due(SessionState.ENDED, START + ARCHIVE_AFTER - timedelta(seconds=1)) is None
    assert due(SessionState.ENDED, START + ARCHIVE_AFTER) is Step.ARCHIVE
