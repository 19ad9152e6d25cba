"""The loop's lag, as it is measured while the loop is held."""

from __future__ import annotations

import asyncio
import time

import pytest

from confhub.kernel.lag import BUCKETS_S, TICK_S, WINDOW_S, LoopLag


def test_nothing_seen_is_no_lag() -> None:
    lag = LoopLag()
    assert (lag.p50_s, lag.p99_s, lag.worst_s, lag.now_s) == (0.0, 0.0, 0.0, 0.0)


def test_a_loop_that_is_held_counts_for_everything_that_fell_due_meanwhile() -> None:
    lag = LoopLag()
    for _ in range(round(WINDOW_S / TICK_S)):
        lag.note(0.0)
    lag.note(1.0)  # a tenth of the ten seconds: half of it was waited at least half a second
    assert lag.worst_s == 1.0
    assert lag.quantile_s(0.95) == pytest.approx(0.5, abs=2 * TICK_S)
    assert lag.p50_s == 0.0


def test_what_is_long_ago_does_not_count_but_in_the_histogram() -> None:
    lag = LoopLag()
    lag.note(0.3)
    for _ in range(round(WINDOW_S / TICK_S)):
        lag.note(0.0)
    assert lag.worst_s == 0.0
    assert sum(lag.counts[BUCKETS_S.index(0.2) + 1 :]) == 5  # 0.30, 0.28, 0.26, 0.24, 0.22
    assert sum(lag.counts) == round(WINDOW_S / TICK_S) + int(0.3 / TICK_S) + 1


def test_a_stop_of_any_length_fills_the_window_and_no_more() -> None:
    lag = LoopLag()
    lag.note(3600.0)
    assert sum(lag.counts) == round(WINDOW_S / TICK_S)
    assert lag.p50_s > 3000


async def test_the_meter_sees_a_held_loop_at_once_and_afterwards() -> None:
    lag = LoopLag()
    watching = asyncio.create_task(lag.run())
    await asyncio.sleep(0)  # it has begun to look
    time.sleep(0.2)  # noqa: ASYNC251 - the loop is held on purpose
    assert lag.now_s >= 0.15  # asked by who was taken up late, before the meter's own turn
    await asyncio.sleep(TICK_S)  # due after the meter's own turn
    assert lag.worst_s >= 0.15
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
