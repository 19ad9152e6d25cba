"""The people there are, and those that the rows above have made: who a row may be about. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, Final

from confhub.i18n.identity import identity_key
from confhub.org.dissolved import standing_first
from confhub.rosters.import_rows import PersonRow
from confhub.rosters.unit_names import bare, meant

LOOKED_AT: Final = 50
"""People of one name, unit and birth date that are told apart: of so many nobody knows who is meant."""

FIELDS: Final = ("name", "unit_id", "code", "position", "birth_date", "birth_year", "phone", "email")

SAID: Final = ("code", "position", "phone", "email")
"""Fields of a row that change a person's by being filled; name and birth have rules of their own."""

Born = date | int | None
"""A day of birth, a year alone, or nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """A unit or a room as the file may name it; `path` is the unit's, `ended` its last day where that is
    over."""

    id: int
    code: str
    name: str
    path: str
    ended: date | None = None


class Places:
    """Units or rooms, by code and by name as an identity."""

    def __init__(self, places: list[Place]) -> None:
        self.by_id = {place.id: place for place in places}
        self._by_code = {place.code: place for place in places}
        self._by_name: dict[str, list[Place]] = {}
        for place in places:
            self._by_name.setdefault(identity_key(place.name), []).append(place)
        self._by_bare: dict[str, list[Place]] = {}
        for key, named in self._by_name.items():
            self._by_bare.setdefault(bare(key), []).extend(named)
        self._found: dict[str, list[Place]] = {}
        self.read_as: dict[str, Place] = {}
        """Units written short → the one that was found for it."""

    def find(self, text: str) -> list[Place]:
        """Those that `text` names: the one with this code, else all with this name; those of dissolved units
        only where no other bears it."""
        found = self._found.get(text)
        if found is None:
            by_code = self._by_code.get(text)
            found = [by_code] if by_code is not None else _standing(self._by_name.get(identity_key(text), []))
            self._found[text] = found
        return found

    def find_short(self, text: str) -> list[Place]:
        """As `find`; a unit may be written short, or without its kind. What was found so is in `read_as`."""
        found = self.find(text)
        if found or text in self.read_as:
            return found or [self.read_as[text]]
        for key in meant(text):
            found = _standing(self._by_name.get(key) or self._by_bare.get(key, []))
            if found:
                break
        if len(found) == 1:
            self.read_as[text] = found[0]
        return found

    def codes_today(self, place: Place) -> list[str]:
        """The codes of those of the same name that still exist."""
        same = self._by_name.get(identity_key(place.name), [])
        return [one.code for one in same if one.ended is None]


def _standing(named: list[Place]) -> list[Place]:
    return standing_first((place, place.ended is not None) for place in named)


@dataclass(slots=True)
class Known:
    """A person: of the register (`id`), or of an earlier row (`id` None). `now` is what would stand there.

    `first`: the first row of the file that was about them; `rows`: how many were.
    """

    id: int | None
    before: dict[str, Any]
    now: dict[str, Any]
    path: str
    retired: bool = False
    first: PersonRow | None = None
    rows: int = 0
    room: int | None = None

    @property
    def born(self) -> Born:
        """The day of birth, or the year alone."""
        return born_of(self.now)

    @property
    def ref(self) -> str:
        """How an answer names them: `id:55`, or `row:0.12` for a person that a row has made."""
        if self.id is not None:
            return f"id:{self.id}"
        assert self.first is not None, "a row made them"
        return f"row:{self.first.key_of_row}"


@dataclass(slots=True)
class Present:
    """What is there. `merged`: an entry's id → the person it stands for. `listed`: person → room, in the
    list that is filled. `rooms_allowed`: the session's rooms, where a session's list is filled."""

    units: Places
    rooms: Places
    people: list[Known] = field(default_factory=list)
    merged: dict[int, int] = field(default_factory=dict)
    listed: dict[int, int] = field(default_factory=dict)
    rooms_allowed: frozenset[int] | None = None
    room_paths: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Room → (name, path), retired ones too."""
    room_units: dict[int, int] = field(default_factory=dict)
    """Room → unit."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody a row may be about. `passed_on`: found by an entry that was merged into this person, whose
    fields stay as they are."""

    person: Known
    passed_on: bool

    @property
    def fresh(self) -> bool:
        """Of the register, and no row above was about them."""
        return not self.person.rows


def born_of(fields: dict[str, Any]) -> Born:
    """The day of birth, or the year alone."""
    return fields["birth_date"] or fields.get("birth_year")


class Register:
    """Finds people by code, and by name, unit and birth."""

    def __init__(self, present: Present) -> None:
        self.by_id = {person.id: person for person in present.people if person.id is not None}
        self.by_code: dict[str, Candidate] = {}
        self._by_name: dict[tuple[str, int], dict[tuple[bool, Born], list[Candidate]]] = {}
        """(Name, unit) → (has a code, birth) → entries: thousands of one name cost no more."""
        for person in present.people:
            assert person.id is not None, "the register's people have numbers"
            kept = self.by_id.get(present.merged.get(person.id, person.id))
            if kept is not None:
                self._enter(person.before, Candidate(kept, kept is not person))

    def _enter(self, fields: dict[str, Any], found: Candidate) -> None:
        if fields["code"]:
            self.by_code[fields["code"]] = found
        self._name(fields, found)

    def _name(self, fields: dict[str, Any], found: Candidate) -> None:
        same = self._by_name.setdefault((identity_key(fields["name"]), fields["unit_id"]), {})
        entries = same.setdefault((bool(fields["code"]), born_of(fields)), [])
        if all(one.person is not found.person for one in entries[-LOOKED_AT:]):
            entries.append(found)

    def name(self, person: Known) -> None:
        """Let the person be found by what would stand there now."""
        self._name(person.now, Candidate(person, False))

    def code(self, person: Known) -> None:
        """As `name`, by the code."""
        if person.now["code"]:
            self.by_code[person.now["code"]] = Candidate(person, False)

    def named(self, row: PersonRow, unit_id: int) -> list[Candidate]:
        """Who the row may be about, by name, unit and birth, the likeliest first: those with the same birth,
        then those whose birth does not speak against it. Another code is another person."""
        entries = self._by_name.get((row.key, unit_id))
        if not entries:
            return []
        coded = (False,) if row.code else (False, True)

        def of(born: Born) -> Iterator[Candidate]:
            for has_code in coded:
                for found in entries.get((has_code, born), ()):
                    person = found.person
                    if person.born == born and not (row.code and person.now["code"]):
                        yield found

        births = [row.born, *_others(row.born, dict.fromkeys(born for _, born in entries))]
        found: dict[int, Candidate] = {}
        for candidate in islice((one for born in births for one in of(born)), LOOKED_AT):
            found.setdefault(id(candidate.person), candidate)
        return list(found.values())


def _others(born: Born, there: dict[Born, None]) -> Iterator[Born]:
    """The births that do not speak against `born`, but for itself."""
    year = born.year if isinstance(born, date) else born
    for other in there:
        if other == born:
            continue
        if isinstance(born, date) and isinstance(other, date):
            continue
        other_year = other.year if isinstance(other, date) else other
        if None in (year, other_year) or year == other_year:
            yield other


def is_sure(row: PersonRow, person: Known) -> bool:
    """Whether the row is about this namesake of its unit without a question: the day of birth is the same,
    and neither phone nor e-mail speaks against it."""
    return (
        row.birth_date is not None
        and row.birth_date == person.now["birth_date"]
        and all(
            getattr(row, name) is None or person.now[name] in (None, getattr(row, name))
            for name in ("phone", "email")
        )
    )


def says_the_same(row: PersonRow, known: dict[str, Any]) -> bool:
    """Whether every filled cell of the row stands in the person already."""
    return (
        row.key == identity_key(known["name"])
        and all(getattr(row, name) in (None, known[name]) for name in SAID)
        and (row.born is None or row.born == born_of(known) or _year_known(row, known))
    )


def _year_known(row: PersonRow, known: dict[str, Any]) -> bool:
    day = known["birth_date"]
    return row.birth_date is None and day is not None and row.birth_year == day.year


def is_all_of(row: PersonRow, known: dict[str, Any]) -> bool:
    """Whether the row says just what stands in the person, no more and no less."""
    return says_the_same(row, known) and all(getattr(row, name) == known[name] for name in SAID)


def differences(person: Known) -> list[str]:
    """The fields that would change."""
    changed = [name for name in FIELDS if person.now[name] != person.before[name]]
    return [*changed, "retired_at"] if person.retired and person.rows else changed
