"""Deriving a whole province's figures is quick enough for a page."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from confhub.attendance.rules import Evidence, blind_times, presence
from confhub.attendance.values import Kind, Source

T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_three_hundred_rooms_of_four_hours_take_less_than_the_pages_time() -> None:
    looks = [T0 + timedelta(seconds=15 * i) for i in range(960)]
    blind = blind_times(looks)
    events = [
        Evidence(source, kind, T0 + timedelta(minutes=10 * i + shift), f"{source}{i}", T0)
        for i in range(20)
        for source in (Source.RELAY, Source.ROOM)
        for kind, shift in ((Kind.JOINED, 0), (Kind.LEFT, 9))
    ]
    begun = time.process_time()
    for _ in range(303):
        assert len(presence(events, looks, blind=blind)) == 20
    assert time.process_time() - begun < 0.3
