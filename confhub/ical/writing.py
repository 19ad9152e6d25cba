"""Writing calendars: values to octets by RFC 5545.

By hand, since a feed of a thousand events is asked again and again, and the library that could write it
(`icalendar`) holds the loop for a quarter of a second over one. It and another one read what is written
here in the tests. Texts are escaped (3.3.11) and lose control characters, parameters are quoted (RFC 6868),
lines are folded by octets and never within a letter (3.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from confhub.ical.values import Event, Method, Party
from confhub.ical.zones import zone_lines

PRODUCT: Final = "-//confhub//confhub//VI"
OCTETS: Final = 75
"""A line's length without its break; a longer one is folded."""
TEXT_MAX_CHARS: Final = 2_000
"""Of one text; what is longer ends with an ellipsis: some calendars refuse very long ones."""

_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_QUOTED = str.maketrans({"^": "^^", '"': "^'", "\n": "^n"})
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f<>\"(),:;\[\]\\@]{1,64}@[^\s\x00-\x1f\x7f<>\"(),:;\[\]\\@]{1,253}")


class AddressUnfit(ValueError):
    """An address with a line break, a blank or a sign that would end it."""


def calendar(
    events: Iterable[Event], *, method: Method | None = None, name: str = "", refresh: str = ""
) -> bytes:
    """A whole VCALENDAR in UTF-8. `name`: of a feed. `refresh`: how often to ask it again, as a duration of
    RFC 5545 (`PT1H`). Raises AddressUnfit."""
    listed = list(events)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN"]
    if method is not None:
        lines.append(f"METHOD:{method.value}")
    if name:
        lines += [f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}"]
    if refresh:
        lines += [f"REFRESH-INTERVAL;VALUE=DURATION:{refresh}", f"X-PUBLISHED-TTL:{refresh}"]
    for zone in sorted({one.zone for one in listed}):
        lines += zone_lines(zone)
    for one in listed:
        lines += _event(one)
    lines.append("END:VCALENDAR")
    return "".join(folded(line) for line in lines).encode()


def folded(line: str) -> str:
    """The line with its break, in pieces of at most 75 octets."""
    if len(line) * 4 <= OCTETS or len(line.encode()) <= OCTETS:
        return line + "\r\n"
    pieces, octets, start = [], 0, 0
    for at, letter in enumerate(line):
        size = len(letter.encode())
        if octets + size > OCTETS:
            pieces.append(line[start:at])
            start, octets = at, 1  # the blank that a further piece begins with
        octets += size
    pieces.append(line[start:])
    return "\r\n ".join(pieces) + "\r\n"


def check_address(address: str) -> str:
    """The address as it is. Raises AddressUnfit: nothing in it may begin another line or another address."""
    if not _ADDRESS.fullmatch(address):
        raise AddressUnfit(repr(address[:100]))
    return address


def _event(one: Event) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(one.uid)}"
    yield f"DTSTAMP:{_utc(one.stamp)}"
    yield f"SEQUENCE:{one.sequence}"
    if one.date is not None:
        yield f"RECURRENCE-ID;{_local(one.date, one.zone)}"
    yield f"DTSTART;{_local(one.starts_at, one.zone)}"
    yield f"DTEND;{_local(one.ends_at, one.zone)}"
    if one.rrule:
        yield f"RRULE:{one.rrule}"
    for day in one.left_out:
        yield f"EXDATE;{_local(day, one.zone)}"
    yield f"SUMMARY:{_text(one.title)}"
    if one.place:
        yield f"LOCATION:{_text(one.place)}"
    if one.text:
        yield f"DESCRIPTION:{_text(one.text)}"
    if one.url:
        yield f"URL:{_uri(one.url)}"
    yield "STATUS:CANCELLED" if one.cancelled else "STATUS:CONFIRMED"
    if one.organizer is not None:
        yield f"ORGANIZER{_named(one.organizer)}"
    for party in one.invited:
        yield f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE{_named(party)}"
    yield "END:VEVENT"


@lru_cache(maxsize=2_048)
def _text(text: str) -> str:
    plain = _CONTROLS.sub("", _BREAKS.sub("\n", text))
    if len(plain) > TEXT_MAX_CHARS:
        plain = plain[: TEXT_MAX_CHARS - 1] + "…"
    return plain.translate(_ESCAPED)


def _named(party: Party) -> str:
    """The end of a line that names somebody."""
    address = quote(check_address(party.address), safe="@!$&'*+/=?^`{|}~.-_")
    name = _CONTROLS.sub("", _BREAKS.sub(" ", party.name)).translate(_QUOTED)[:TEXT_MAX_CHARS]
    return f';CN="{name}":mailto:{address}' if name else f":mailto:{address}"


def _uri(url: str) -> str:
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._")


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _local(at: datetime, zone: str) -> str:
    return f"TZID={zone}:{at.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M%S}"
