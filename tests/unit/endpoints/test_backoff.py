"""The waits between two tries stay within their bounds."""

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from endpoints.agent.backoff import Backoff


@given(seed=st.integers(), in_session=st.lists(st.booleans(), min_size=1, max_size=40))
def test_first_retry_is_quick_and_later_ones_stay_below_the_cap(seed: int, in_session: list[bool]) -> None:
    backoff = Backoff(random.Random(seed))
    delays = [backoff.next_s(session) for session in in_session]
    assert 0.2 <= delays[0] <= 1.0
    for delay, session in zip(delays[1:], in_session[1:], strict=True):
        assert 0.15 <= delay <= (2.0 if session else 30.0)


def test_delays_double_and_reach_the_cap_when_idle() -> None:
    backoff = Backoff(random.Random(1))
    delays = [backoff.next_s(False) for _ in range(12)]
    assert all(later >= 1.4 * earlier for earlier, later in itertools.pairwise(delays[:5]))
    assert all(22.0 <= delay <= 30.0 for delay in delays[-3:])


def test_two_rooms_do_not_come_back_at_the_same_moment() -> None:
    first = {round(Backoff().next_s(True), 6) for _ in range(50)}
    assert len(first) > 40


def test_after_a_success_the_next_retry_is_a_first_one_again() -> None:
    backoff = Backoff(random.Random(2))
    for _ in range(10):
        backoff.next_s(False)
    backoff.reset()
    assert backoff.next_s(False) <= 1.0
