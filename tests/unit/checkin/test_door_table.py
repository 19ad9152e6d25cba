"""The table of doors: every pair, at every moment; and where somebody sits when two rooms say different."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from confhub.checkin.doors import (
    TABLE,
    Door,
    Heard,
    Moment,
    Person,
    Verdict,
    brought,
    decide,
    moment_of,
    place_at,
)

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)

WORDS = {
    "ok": Verdict.ALLOWED, "visitor": Verdict.VISITOR, "consent": Verdict.CONSENT,
    "guest": Verdict.GUEST_ONLY, "list": Verdict.NOT_THIS_ROOM, "early": Verdict.NOT_YET,
    "over": Verdict.OVER, "closed": Verdict.CLOSED,
}  # fmt: skip

EXPECTED = """
tablet     here       ok      ok      ok      over closed
tablet     elsewhere  consent consent consent over closed
tablet     nowhere    guest   guest   guest   over closed
operator   here       ok      ok      ok      over closed
operator   elsewhere  consent consent consent over closed
operator   nowhere    guest   guest   guest   over closed
officer    here       ok      ok      ok      over closed
officer    elsewhere  visitor visitor visitor over closed
officer    nowhere    guest   guest   guest   over closed
phone      here       ok      ok      over    over closed
phone      elsewhere  list    list    over    over closed
phone      nowhere    list    list    over    over closed
own_phone  here       ok      ok      over    over closed
own_phone  elsewhere  visitor visitor over    over closed
own_phone  nowhere    list    list    over    over closed
badge      here       ok      ok      ok      over closed
badge      elsewhere  visitor visitor visitor over closed
badge      nowhere    visitor visitor visitor over closed
named      here       ok      ok      ok      over closed
named      elsewhere  visitor visitor visitor over closed
named      nowhere    guest   guest   guest   over closed
file       here       ok      ok      ok      over closed
file       elsewhere  visitor visitor visitor over closed
file       nowhere    guest   guest   guest   over closed
correction here       early   ok      ok      over closed
correction elsewhere  early   ok      ok      over closed
correction nowhere    early   guest   guest   over closed
"""

ROWS = [line.split() for line in EXPECTED.strip().splitlines()]


def test_the_table_has_every_door_with_every_person() -> None:
    assert {(Door(row[0]), Person(row[1])) for row in ROWS} == TABLE.keys()
    assert len(TABLE) == len(Door) * len(Person) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_each_pair_at_each_moment(row: list[str]) -> None:
    door, person = Door(row[0]), Person(row[1])
    for moment, word in zip(Moment, row[2:], strict=True):
        assert decide(door, person, moment) is WORDS[word], moment


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_nobody_is_taken_out_of_a_room_without_its_word(row: list[str]) -> None:
    """Whoever would leave a room: never a better verdict, and consent where nobody speaks for that room."""
    door, person = Door(row[0]), Person(row[1])
    speaks = {Door.OFFICER, Door.OWN_PHONE, Door.FILE, Door.CORRECTION}
    for moment in Moment:
        stays, leaves = decide(door, person, moment), decide(door, person, moment, leaves=True)
        if door in speaks or stays not in (Verdict.ALLOWED, Verdict.VISITOR):
            assert leaves is stays
        else:
            assert leaves is Verdict.CONSENT


def test_moments() -> None:
    hour = timedelta(hours=1)

    def moment(
        at: datetime, told: datetime, ended: datetime | None = None, *, closed: bool = False
    ) -> Moment:
        return moment_of(at, told, START, ended, closed=closed)

    assert moment(START - hour, START) is Moment.LOBBY
    assert moment(START, START) is Moment.LIVE
    assert moment(START, START + hour, START + hour) is Moment.LIVE
    assert moment(START, START + 2 * hour, START + hour) is Moment.LATE
    assert moment(START + 2 * hour, START + 2 * hour, START + hour) is Moment.OVER
    assert moment(START, START, closed=True) is Moment.CLOSED
    assert moment_of(START, START, None, None, closed=False) is Moment.LOBBY


def heard(minute: int, kind: str, room: int, by: str = "tablet:1") -> Heard:
    return Heard(START + timedelta(minutes=minute), kind, room, by)


def test_where_somebody_sits() -> None:
    told = [heard(0, "in", 5), heard(10, "in", 6), heard(20, "out", 5), heard(30, "out", 6)]

    def room(minute: int) -> int | None:
        found = place_at(reversed(told), START + timedelta(minutes=minute))
        return found.endpoint_id if found is not None else None

    assert [room(minute) for minute in (-1, 0, 9, 10, 20, 29, 30, 40)] == [None, 5, 5, 6, 6, 6, None, None]


def test_a_confirmation_leaves_the_stay_to_who_began_it() -> None:
    told = [heard(0, "in", 5, "tablet:1"), heard(5, "confirm", 5, "device:x")]
    found = place_at(told, START + timedelta(minutes=6))
    assert found is not None
    assert found.by == "tablet:1"


def test_who_is_brought_was_in_no_room_or_in_another_one() -> None:
    tablet, phone = "tablet:1", "device:x"
    ticked = [heard(0, "in", 5, tablet), heard(5, "in", 5, phone), heard(6, "confirm", 5, phone)]
    assert (brought(ticked, tablet), brought(ticked, phone)) == (True, False)
    back = [*ticked, heard(10, "out", 5, tablet), heard(20, "in", 5, phone)]
    assert brought(reversed(back), phone)
    assert brought([*ticked, heard(10, "in", 6, phone)], phone)
    assert not brought([heard(0, "out", 5, phone), *ticked], phone)
    assert not brought([*ticked, heard(10, "out", 6, tablet), heard(20, "in", 5, phone)], phone)
