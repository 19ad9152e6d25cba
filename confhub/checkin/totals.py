"""From people to rooms: the four figures of each room, side by side. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from confhub.checkin.figures import PersonFigures, RoomPeople, Status


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """A room's own side: its unit when chosen, its connected milliseconds, its newest declared number."""

    endpoint_id: int
    unit_id: int
    room_millis: int
    heads: int | None


def by_room(people: Iterable[PersonFigures], rooms: Mapping[int, RoomFacts]) -> dict[int, RoomPeople]:
    """Every room of `rooms`, by number. People of a room that is none of the session's count in no room."""
    groups: dict[int, list[PersonFigures]] = defaultdict(list)
    for one in people:
        groups[one.endpoint_id].append(one)
    return {number: room(facts, groups.get(number, ())) for number, facts in sorted(rooms.items())}


def room(facts: RoomFacts, people: Iterable[PersonFigures]) -> RoomPeople:
    """One room's totals from all people that count there."""
    everybody = list(people)
    came = [one for one in everybody if one.first_at is not None]
    expected = [one for one in everybody if one.expected]
    return RoomPeople(
        endpoint_id=facts.endpoint_id,
        unit_id=facts.unit_id,
        connected=facts.room_millis > 0,
        room_millis=facts.room_millis,
        heads=facts.heads,
        expected=len(expected),
        checked_in=len(came),
        guests=sum(not one.expected for one in came),
        on_time=sum(one.status is Status.PRESENT for one in expected),
        late=sum(one.status.late for one in expected),
        left_early=sum(one.status.left_early for one in expected),
        with_leave=sum(one.status is Status.WITH_LEAVE for one in expected),
        without_leave=sum(one.status is Status.WITHOUT_LEAVE for one in expected),
        completed=sum(one.completed for one in expected),
        person_millis=sum(one.millis for one in came),
        unconnected=sum(one.status is Status.NOT_CONNECTED for one in expected),
        unanswered=sum(one.prompts > one.confirmed for one in expected),
        unconnected_millis=sum(one.unconnected_millis for one in came),
        prompt_millis=sum(one.prompt_millis for one in came),
    )
