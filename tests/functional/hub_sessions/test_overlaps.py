"""Who plans a session is told which of its rooms another one has at the same time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from confhub.kernel.ids import EndpointId, UnitId
from confhub.sessions.values import Participants
from tests.plugins.sessions import DISTRICT_ORGANIZER, ORGANIZER, Hub

pytestmark = pytest.mark.both_databases

HOUR = timedelta(hours=1)


async def test_rooms_of_another_session_at_that_time_are_named(hub: Hub) -> None:
    start = hub.clock.now() + 5 * HOUR
    one = Participants(include_endpoints=(EndpointId(3), EndpointId(4)))
    first = await hub.scheduled(title="Giao ban", starts_at=start, length_min=60, participants=one)
    second = await hub.scheduled(
        title="Tập huấn", starts_at=start + HOUR / 2, length_min=60,
        participants=Participants(include_endpoints=(EndpointId(4), EndpointId(5))),
    )  # fmt: skip
    chair_and_h2 = (await hub.sessions.overlaps(ORGANIZER, second))[0]
    assert (chair_and_h2.session_id, chair_and_h2.title) == (first, "Giao ban")
    assert (chair_and_h2.starts_at, chair_and_h2.ends_at) == (start, start + HOUR)
    rows = {row.endpoint_id: row.name for row in (await hub.live.snapshot(ORGANIZER, first)).rows}
    assert rows[EndpointId(4)] in chair_and_h2.rooms
    assert rows[EndpointId(3)] not in chair_and_h2.rooms
    assert [one.session_id for one in await hub.sessions.overlaps(ORGANIZER, first)] == [second]


async def test_sessions_that_touch_or_are_drafts_or_over_have_no_rooms_at_that_time(hub: Hub) -> None:
    start = hub.clock.now() + 5 * HOUR
    own = await hub.scheduled(starts_at=start, length_min=60)
    await hub.scheduled(starts_at=start + HOUR, length_min=60)
    await hub.scheduled(starts_at=start - HOUR, length_min=60)
    cancelled = await hub.scheduled(starts_at=start, length_min=60)
    await hub.sessions.cancel(ORGANIZER, cancelled)
    draft = (await hub.sessions.create(ORGANIZER, hub.form(starts_at=start, length_min=60))).session.id
    assert await hub.sessions.overlaps(ORGANIZER, own) == ()
    assert [one.session_id for one in await hub.sessions.overlaps(ORGANIZER, draft)] == [own]
    await hub.sessions.start(ORGANIZER, own)
    assert await hub.sessions.overlaps(ORGANIZER, own) == (), "nothing is planned any more"


async def test_another_branch_s_session_is_told_without_its_name(hub: Hub) -> None:
    start = hub.clock.now() + 5 * HOUR
    theirs = Participants(include_endpoints=(EndpointId(4),))
    await hub.scheduled(title="Kín", starts_at=start, participants=theirs)
    mixed = Participants(include_endpoints=(EndpointId(3), EndpointId(4)))
    own = await hub.scheduled(starts_at=start, participants=mixed, unit_id=UnitId(2))
    found = await hub.sessions.overlaps(DISTRICT_ORGANIZER, own)
    assert [(one.session_id, one.title) for one in found] == [(None, None)]
    assert found[0].rooms
