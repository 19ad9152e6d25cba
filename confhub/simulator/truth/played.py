"""The truth of a played crowd: who came, left and was counted, as whoever played it wrote it down. Pure.

JSON lines, written as things happened and whatever the hub answered:

- `{"what": "in" | "out", "person" | "guest", "room", "at", "until", "way"}`: somebody checked in or out.
  `person` is a number of the hub's, `guest` the name of one who stands on no list. Where the moment is the
  hub's to name (a phone), it lies between `at` and `until`.
- `{"what": "heads", "room", "people", "at"}`: a head count.
- `{"what": "refused", "why", …}`: tried, and by the rules never counted.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

LINE_MAX_CHARS: Final = 2_000
"""A line has about 150 characters."""


class TruthUnreadable(ValueError):
    """A line of the truth is not what the comparison reads; the text names it."""


class Moment(NamedTuple):
    """Somebody checked in (`is_in`) or out, between `at` and `until`."""

    at: datetime
    until: datetime
    is_in: bool
    room: str
    way: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What happened, by person (`person_key`, `guest_key`) in the order of time; heads newest by room."""

    moments: Mapping[str, Sequence[Moment]]
    heads: Mapping[str, int]
    refused: Mapping[str, int]

    def by_way(self) -> dict[str, int]:
        """How many check-ins by each way."""
        return dict(Counter(m.way for moments in self.moments.values() for m in moments if m.is_in))


def person_key(attendee_id: int) -> str:
    """How a person on a list is named here."""
    return str(attendee_id)


def guest_key(room: str, name: str) -> str:
    """How a guest is named here: by room and name, which no two guests of a played crowd share."""
    return f"{room}: {name}"


def read_truth(lines: Iterable[str]) -> Truth:
    """The truth of one session, empty lines skipped. Raises `TruthUnreadable` with the line's number."""
    moments: dict[str, list[Moment]] = defaultdict(list)
    heads: dict[str, tuple[datetime, int]] = {}
    refused: Counter[str] = Counter()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            if len(line) > LINE_MAX_CHARS:
                raise ValueError("too long")
            _take(json.loads(line), moments, heads, refused)
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
            raise TruthUnreadable(f"line {number} of the truth cannot be read") from None
    return Truth(
        {person: sorted(found) for person, found in moments.items()},
        {room: people for room, (_, people) in heads.items()},
        dict(refused),
    )


def _take(
    raw: dict[str, Any],
    moments: dict[str, list[Moment]],
    heads: dict[str, tuple[datetime, int]],
    refused: Counter[str],
) -> None:
    what = raw["what"]
    if what == "refused":
        refused[_text(raw["why"])] += 1
        return
    room, at = _text(raw["room"]), _moment(raw["at"])
    if what == "heads":
        people = raw["people"]
        if type(people) is not int or people < 0:
            raise ValueError("people")
        if room not in heads or heads[room][0] <= at:
            heads[room] = (at, people)
        return
    if what not in ("in", "out"):
        raise ValueError("what")
    until = _moment(raw.get("until", raw["at"]))
    if until < at:
        raise ValueError("until")
    guest = raw.get("guest")
    who = guest_key(room, _text(guest)) if guest is not None else person_key(int(raw["person"]))
    moments[who].append(Moment(at, until, what == "in", room, _text(raw["way"])))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("no text")
    return value


def _moment(text: Any) -> datetime:
    moment = datetime.fromisoformat(_text(text))
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment
