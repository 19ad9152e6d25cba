"""Calendars are read back by two implementations that are not ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream

from confhub.ical.values import Event, Method, Party
from confhub.ical.writing import AddressUnfit, calendar, folded

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
START = datetime(2026, 3, 2, 8, tzinfo=HANOI)
EVENT = Event(
    uid="a@confhub",
    stamp=datetime(2026, 3, 1, tzinfo=UTC),
    starts_at=START,
    ends_at=START + timedelta(hours=1),
    zone="Asia/Ho_Chi_Minh",
    title="Giao ban tuần",
)


def only(written: bytes) -> icalendar.Event:
    (event,) = icalendar.Calendar.from_ical(written).walk("VEVENT")
    return event


def lines(written: bytes) -> list[str]:
    return written.decode().replace("\r\n ", "").split("\r\n")


@pytest.mark.parametrize(
    "title",
    [
        "ấ" * 500,
        "😀" * 500,
        "Họp, bàn; và \\ xong",
        "\u200fمرحبا\u200e Họp \u202etoàn\u202c tỉnh",
        "a" * 74 + "ă" * 3,
        "👨‍👩‍👧‍👦" * 60,
    ],
)
def test_a_title_is_read_back_as_it_was_and_no_line_is_too_long(title: str) -> None:
    written = calendar([replace(EVENT, title=title)])
    assert max(map(len, written.split(b"\r\n"))) <= 75
    assert all(part.decode() for part in written.split(b"\r\n") if part), "no letter is torn"
    assert str(only(written)["SUMMARY"]) == title
    (other,) = IcsCalendarStream.calendar_from_ics(written.decode()).events
    assert other.summary == title


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=80))
def test_whatever_the_texts_two_readers_find_the_same_one_event(title: str, place: str, name: str) -> None:
    event = replace(EVENT, title=title, place=place, organizer=Party("a@example.vn", name))
    written = calendar([event], method=Method.REQUEST)
    assert max(map(len, written.split(b"\r\n"))) <= 75
    one = only(written)
    (other,) = IcsCalendarStream.calendar_from_ics(written.decode()).events
    assert str(one["SUMMARY"]) == (other.summary or "")
    assert str(one["UID"]) == other.uid == "a@confhub"
    assert (
        str(one["ORGANIZER"]) == str(other.organizer.uri if other.organizer else "") == "mailto:a@example.vn"
    )
    assert sum(line.startswith("SUMMARY:") for line in lines(written)) == 1


def test_a_line_break_in_a_text_begins_no_line_of_its_own() -> None:
    title = "Họp\r\nATTENDEE:mailto:evil@example.com\u2028END:VEVENT\x0bX:1\x85Y:2"
    written = calendar([replace(EVENT, title=title)])
    assert not [line for line in lines(written) if line.startswith(("ATTENDEE", "X:", "Y:"))]
    assert str(only(written)["SUMMARY"]) == "Họp\nATTENDEE:mailto:evil@example.com\nEND:VEVENT\nX:1\nY:2"


@pytest.mark.parametrize(
    "address",
    ["a@example.vn\r\nATTENDEE:mailto:x@example.com", "a b@example.vn", "a@example.vn,b@example.vn", "", "a",
     "a@b\x00", '"a"@example.vn', "a@example.vn;x=1"],
)  # fmt: skip
def test_an_address_that_would_begin_something_else_is_refused(address: str) -> None:
    with pytest.raises(AddressUnfit):
        calendar([replace(EVENT, invited=(Party(address),))])


def test_a_name_cannot_leave_its_quotes() -> None:
    written = calendar([replace(EVENT, organizer=Party("a@example.vn", 'UBND "Xã"; A: B\r\nX:1'))])
    assert not [line for line in lines(written) if line.startswith("X:")]
    assert only(written)["ORGANIZER"].params["CN"] == 'UBND "Xã"; A: B X:1'


def test_viet_nam_is_at_seven_hours_in_2060_and_the_part_has_no_end() -> None:
    start = datetime(2060, 7, 1, 8, tzinfo=HANOI)
    written = calendar([replace(EVENT, starts_at=start, ends_at=start + timedelta(hours=1))])
    block = written.decode().partition("BEGIN:VTIMEZONE")[2].partition("END:VTIMEZONE")[0]
    assert block.split() == [
        "TZID:Asia/Ho_Chi_Minh", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0700",
        "TZOFFSETTO:+0700", "TZNAME:+07", "END:STANDARD",
    ]  # fmt: skip
    (zone,) = icalendar.Calendar.from_ical(written).walk("VTIMEZONE")
    there = zone.to_tz(lookup_tzid=False)
    assert start.replace(tzinfo=there).astimezone(UTC) == datetime(2060, 7, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Asia/Bangkok", "Australia/Lord_Howe"])
def test_another_zone_s_hours_are_its_own_by_its_part_alone(name: str) -> None:
    zone = ZoneInfo(name)
    written = calendar([replace(EVENT, zone=name)])
    (part,) = icalendar.Calendar.from_ical(written).walk("VTIMEZONE")
    there = part.to_tz(lookup_tzid=False)
    for year in (1990, 2026, 2037, 2045, 2099):
        for month in (1, 4, 7, 10):
            at = datetime(year, month, 15, 12)  # noqa: DTZ001 - the zone is put in below
            read, true = at.replace(tzinfo=there), at.replace(tzinfo=zone)
            assert read.astimezone(UTC) == true.astimezone(UTC), (year, month)


def test_a_series_with_a_skipped_and_a_moved_date_is_read_alike_by_both() -> None:
    weekly = replace(EVENT, rrule="FREQ=WEEKLY;COUNT=4", left_out=(START + timedelta(weeks=1),), sequence=3)
    third = START + timedelta(weeks=2)
    moved = replace(
        EVENT, date=third, starts_at=third + timedelta(days=1), ends_at=third + timedelta(days=1, hours=1)
    )
    written = calendar([weekly, moved])
    wanted = [START, third + timedelta(days=1), START + timedelta(weeks=3)]
    span = (START - timedelta(days=1), START + timedelta(days=60))
    read = recurring_ical_events.of(icalendar.Calendar.from_ical(written)).between(*span)
    assert sorted(one.start for one in read) == wanted
    timeline = IcsCalendarStream.calendar_from_ics(written.decode()).timeline_tz(HANOI)
    assert [one.dtstart for one in timeline] == wanted


def test_a_letter_says_its_method_and_a_feed_its_name() -> None:
    letter = icalendar.Calendar.from_ical(calendar([EVENT], method=Method.CANCEL))
    assert letter["METHOD"] == "CANCEL"
    feed = icalendar.Calendar.from_ical(calendar([EVENT], name="UBND tỉnh", refresh="PT1H"))
    assert "METHOD" not in feed
    assert (str(feed["X-WR-CALNAME"]), str(feed["NAME"])) == ("UBND tỉnh", "UBND tỉnh")
    assert calendar([]).startswith(b"BEGIN:VCALENDAR\r\n")


@pytest.mark.parametrize("size", range(70, 80))
def test_folding_is_by_octets(size: int) -> None:
    assert folded("x" * size).count("\r\n") == (1 if size <= 75 else 2)
