"""Calendars read by implementations that are not ours."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import icalendar
import recurring_ical_events
from ical.calendar_stream import IcsCalendarStream

from tests.plugins.scheduling import HANOI

Shown = list[tuple[datetime, datetime, str]]
"""Begin, end and title, in order."""

SINCE = datetime(2026, 1, 1, tzinfo=HANOI)
YEARS = timedelta(days=4 * 366)


def by_icalendar(written: bytes) -> Shown:
    """By `icalendar` and `recurring-ical-events`."""
    read = recurring_ical_events.of(icalendar.Calendar.from_ical(written)).between(SINCE, SINCE + YEARS)
    return sorted((one.start, one.end, str(one["SUMMARY"])) for one in read)


def by_ical(written: bytes) -> Shown:
    """By `ical`."""
    timeline = IcsCalendarStream.calendar_from_ics(written.decode()).timeline_tz(HANOI)
    read = timeline.overlapping(SINCE, SINCE + YEARS)
    return sorted((one.dtstart, one.dtend, one.summary) for one in read)


class Inbox:
    """What a mail server took, by address. `refuse`: its answer, but for the welcome ones. `hangs`: until it
    is set, it answers nothing."""

    def __init__(self) -> None:
        self.letters: dict[str, list[EmailMessage]] = {}
        self.refuse = ""
        self.welcome: set[str] = set()
        self.hangs: threading.Event | None = None

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # type: ignore[no-untyped-def] # noqa: N802
        if self.hangs is not None:
            await asyncio.to_thread(self.hangs.wait)
        if self.refuse and address not in self.welcome:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # type: ignore[no-untyped-def] # noqa: N802
        for address in envelope.rcpt_tos:
            message = message_from_bytes(envelope.content, policy=default)
            self.letters.setdefault(address, []).append(message)  # type: ignore[arg-type]
        return "250 OK"


def told(letter: EmailMessage) -> icalendar.Calendar:
    """What a letter tells a calendar; the method stands outside as well, and the file says the same."""
    (part,) = [one for one in letter.walk() if one.get_content_type() == "text/calendar"]
    (file,) = [one for one in letter.walk() if one.get_content_type() == "application/ics"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.replace(b"\r\n", b"\n") == file.get_payload(decode=True).replace(b"\r\n", b"\n")  # type: ignore[union-attr]
    found = icalendar.Calendar.from_ical(content)
    assert part.get_param("method") == found["METHOD"]
    return found


class Client:
    """A calendar that letters are put into, by RFC 5546: what is older than what it has is left alone."""

    def __init__(self) -> None:
        self.masters: dict[str, icalendar.Event] = {}
        self.dates: dict[tuple[str, datetime], icalendar.Event] = {}
        self.sequences: dict[str, int] = {}
        self.zone: icalendar.Timezone | None = None

    def take(self, letter: EmailMessage) -> None:
        found = told(letter)
        (self.zone,) = found.walk("VTIMEZONE")
        events = found.walk("VEVENT")
        (uid,) = {str(one["UID"]) for one in events}
        (sequence,) = {int(one["SEQUENCE"]) for one in events}
        if sequence < self.sequences.get(uid, -1):
            return
        self.sequences[uid] = sequence
        whole = [one for one in events if "RECURRENCE-ID" not in one]
        if found["METHOD"] == "CANCEL":
            if whole:
                self._forget(uid)
            for one in events:
                self._cancel(uid, one)
            return
        if whole:
            self._forget(uid)
            (self.masters[uid],) = whole
        for one in events:
            if "RECURRENCE-ID" in one:
                self.dates[uid, one["RECURRENCE-ID"].dt] = one

    def _forget(self, uid: str) -> None:
        self.masters.pop(uid, None)
        for key in [one for one in self.dates if one[0] == uid]:
            del self.dates[key]

    def _cancel(self, uid: str, one: icalendar.Event) -> None:
        if "RECURRENCE-ID" in one:
            self.dates.pop((uid, one["RECURRENCE-ID"].dt), None)
            if uid in self.masters:
                self.masters[uid].add("EXDATE", one["RECURRENCE-ID"].dt)

    def written(self) -> bytes:
        """All of it, for the readers."""
        calendar = icalendar.Calendar()
        calendar.add("PRODID", "-//client//")
        calendar.add("VERSION", "2.0")
        if self.zone is not None:
            calendar.add_component(self.zone)
        for one in (*self.masters.values(), *self.dates.values()):
            calendar.add_component(one)
        return bytes(calendar.to_ical())
