"""What a file of people would do to the register and to the lists: pure, without any database.

Whose row it is: the person with the row's code; else the person of that unit with that name whose birth
date is the same, or missing on one side. Rows further up in the file count as the register does. An empty
cell leaves what is known.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, Final

from confhub.access.rules import Actor, allows
from confhub.kernel.permissions import Permission
from confhub.registry.import_errors import OutsideBranch
from confhub.registry.plan import FieldChange
from confhub.rosters.errors import ListedElsewhere, RoomNotInSession
from confhub.rosters.import_errors import (
    PersonAmbiguous,
    RoomAmbiguous,
    RoomUnknown,
    UnitAmbiguous,
    UnitNotSaid,
    UnitUnknown,
)
from confhub.rosters.import_rows import TELL_EVERY, PeopleRows, PersonRow, Tell, folded, quiet
from confhub.rosters.limits import LINES_SHOWN
from confhub.rosters.plan import Action, ImportChoices, Match, PersonLine

LOOKED_AT: Final = 50
"""People of one name, unit and birth date that are told apart: of so many nobody knows who is meant."""

FIELDS: Final = ("name", "unit_id", "code", "position", "birth_date", "phone", "email")


@dataclass(frozen=True, slots=True)
class Place:
    """A unit or a room as the file may name it; `path` is the unit's."""

    id: int
    code: str
    name: str
    path: str


class Places:
    """Units or rooms, by code and by folded name."""

    def __init__(self, places: list[Place]) -> None:
        self.by_id = {place.id: place for place in places}
        self._by_code = {place.code: place for place in places}
        self._by_name: dict[str, list[Place]] = {}
        for place in places:
            self._by_name.setdefault(folded(place.name), []).append(place)
        self._found: dict[str, list[Place]] = {}

    def find(self, text: str) -> list[Place]:
        """Those that `text` names: the one with this code, else all with this name."""
        found = self._found.get(text)
        if found is None:
            by_code = self._by_code.get(text)
            found = [by_code] if by_code is not None else self._by_name.get(folded(text), [])
            self._found[text] = found
        return found


@dataclass(slots=True)
class Known:
    """A person: of the register (`id`), or of an earlier row (`id` None). `now` is what would stand there.

    `passed_on`: the row found an entry that was merged into this one, whose fields stay as they are.
    """

    id: int | None
    before: dict[str, Any]
    now: dict[str, Any]
    path: str
    retired: bool = False
    row: int = 0
    rows: int = 0
    room: int | None = None


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


@dataclass(slots=True)
class Planned:
    """Everybody who would be added or changed, and who would come to which room's list."""

    added: list[Known] = field(default_factory=list)
    changed: list[Known] = field(default_factory=list)
    placed: list[tuple[Known, int]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    lines: dict[str, list[PersonLine]] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """SHA-256 over what would be done."""
        told = hashlib.sha256()
        for person in self.added:
            told.update(repr((person.row, sorted(person.now.items(), key=_first))).encode())
        for person in self.changed:
            told.update(repr((person.id, person.before, person.now, person.retired)).encode())
        for person, room in self.placed:
            told.update(repr((person.id or -person.row, room)).encode())
        told.update(repr(sorted(self.counts.items())).encode())
        return told.hexdigest()


def _first(pair: tuple[str, Any]) -> str:
    return pair[0]


def differences(person: Known) -> list[str]:
    """The fields that would change."""
    changed = [name for name in FIELDS if person.now[name] != person.before[name]]
    return [*changed, "retired_at"] if person.retired and person.rows else changed


class Register:
    """The people there are, and those that the rows above have made; finds whose row it is."""

    def __init__(self, present: Present) -> None:
        self.by_id = {person.id: person for person in present.people if person.id is not None}
        self.by_code: dict[str, tuple[Known, bool]] = {}
        self.by_name: dict[tuple[str, int], dict[tuple[bool, date | None], list[tuple[Known, bool]]]] = {}
        """(Folded name, unit) → (has a code, birth date) → entries: thousands of one name cost no more."""
        for person in present.people:
            assert person.id is not None, "the register's people have numbers"
            kept = self.by_id.get(present.merged.get(person.id, person.id))
            if kept is not None:
                self._enter(person.before, kept, kept is not person)

    def _enter(self, fields: dict[str, Any], person: Known, passed_on: bool) -> None:
        if fields["code"]:
            self.by_code[fields["code"]] = (person, passed_on)
        self.name(fields, person, passed_on)

    def name(self, fields: dict[str, Any], person: Known, passed_on: bool = False) -> None:
        """Let the person be found by the name, unit, code and birth date in `fields`."""
        same = self.by_name.setdefault((folded(fields["name"]), fields["unit_id"]), {})
        entries = same.setdefault((bool(fields["code"]), fields["birth_date"]), [])
        if all(one[0] is not person for one in entries[-LOOKED_AT:]):
            entries.append((person, passed_on))

    def enter(self, person: Known, *, by_name: bool) -> None:
        """A person that a row has made; `by_name`: later rows may mean them by their name."""
        if person.now["code"]:
            self.by_code[person.now["code"]] = (person, False)
        if by_name:
            self.name(person.now, person)

    def named(self, row: PersonRow, unit_id: int) -> list[tuple[Known, bool]]:
        """Who the row may be about, by name, unit and birth date: those with the same birth date, else those
        where one of the two is missing. Another code is another person."""
        entries = self.by_name.get((row.key, unit_id), {})
        coded = (False,) if row.code else (False, True)

        def of(day: date | None) -> Iterator[tuple[Known, bool]]:
            for has_code in coded:
                for found in entries.get((has_code, day), ()):
                    known = found[0].now
                    if known["birth_date"] == day and not (row.code and known["code"]):
                        yield found

        same = list(islice(of(row.birth_date), LOOKED_AT))
        if same:
            return same
        if row.birth_date is not None:
            return list(islice(of(None), LOOKED_AT))
        days = dict.fromkeys(day for _, day in entries if day is not None)
        return list(islice((found for day in days for found in of(day)), LOOKED_AT))


def resolve_units(found: PeopleRows, units: Places, choices: ImportChoices) -> list[int | None]:
    """Each row's unit; problems are kept. Reads no right."""
    fallback = units.by_id.get(choices.unit_id or 0)
    ids: list[int | None] = []
    for row in found.rows:
        place = fallback
        if row.unit is not None:
            named = units.find(row.unit)
            place = named[0] if len(named) == 1 else None
            if place is None:
                error = UnitAmbiguous(value=row.unit) if named else UnitUnknown(value=row.unit)
                found.fail(row, error, "unit")
        elif place is None:
            found.fail(row, UnitNotSaid(), "unit")
        ids.append(None if place is None else place.id)
    return ids


def plan(
    found: PeopleRows,
    unit_ids: list[int | None],
    present: Present,
    actor: Actor,
    choices: ImportChoices,
    tell: Tell = quiet,
) -> Planned:
    """Everything that the rows would do. Blocking; runs in a thread."""
    return _Planner(found, present, actor, choices).run(unit_ids, tell)


class _Planner:
    def __init__(self, found: PeopleRows, present: Present, actor: Actor, choices: ImportChoices) -> None:
        self.found, self.present, self.actor, self.choices = found, present, actor, choices
        self.register = Register(present)
        self.planned = Planned()
        self.rights: dict[tuple[Permission, str], bool] = {}
        self.seen: list[tuple[PersonRow, Known, Match]] = []

    def may(self, permission: Permission, path: str) -> bool:
        known = self.rights.get((permission, path))
        if known is None:
            known = self.rights[permission, path] = allows(self.actor, permission, path)
        return known

    def run(self, unit_ids: list[int | None], tell: Tell) -> Planned:
        rows = self.found.rows
        for number, (row, unit_id) in enumerate(zip(rows, unit_ids, strict=True)):
            if number % TELL_EVERY == 0:
                tell("checking", number, len(rows))
            if unit_id is None:
                continue
            unit = self.present.units.by_id[unit_id]
            if not self.may(Permission.PERSON_EDIT, unit.path):
                self.found.fail(row, OutsideBranch(), "unit")
                continue
            person, match = self._person(row, unit)
            if person is None:
                continue
            self._room(row, person)
            self.seen.append((row, person, match))
        self._count()
        return self.planned

    def _person(self, row: PersonRow, unit: Place) -> tuple[Known | None, Match]:
        by_code = self.register.by_code.get(row.code) if row.code else None
        if by_code is not None:
            person, passed_on = by_code
            wish = self.choices.by_code
            match: Match = "file_code" if person.rows else "code"
        else:
            several = self.register.named(row, unit.id)
            if self.choices.by_name == "add":
                several = [one for one in several if not one[0].rows and _says_the_same(row, one[0].now)][:1]
            if not several:
                return self._new(row, unit), ""
            fresh = [one for one in several if not one[0].rows]
            if len({id(one[0]) for one in several}) > 1 and self.choices.by_name == "update":
                self.found.fail(row, PersonAmbiguous(value=row.name), "name")
                return None, ""
            person, passed_on = (fresh or several)[0]
            wish = self.choices.by_name
            match = "file_name" if person.rows else "name"
        if not self._reachable(row, person, wish):
            return None, ""
        person.rows += 1
        if wish == "update" and not passed_on:
            self._update(row, person, unit)
        return person, match

    def _reachable(self, row: PersonRow, person: Known, wish: str) -> bool:
        needed = Permission.PERSON_EDIT if wish == "update" else Permission.PERSON_VIEW
        if person.id is not None and not self.may(needed, person.path):
            self.found.fail(row, OutsideBranch(), "code" if row.code else "name")
            return False
        return True

    def _new(self, row: PersonRow, unit: Place) -> Known:
        fields = {name: getattr(row, name) for name in FIELDS if name != "unit_id"}
        fields["unit_id"] = unit.id
        person = Known(None, {}, fields, unit.path, row=row.row, rows=1)
        self.register.enter(person, by_name=self.choices.by_name != "add")
        self.planned.added.append(person)
        return person

    def _update(self, row: PersonRow, person: Known, unit: Place) -> None:
        now = person.now
        old_code, old_name = now["code"], (now["unit_id"], now["code"], now["birth_date"])
        for name in ("name", "code", "position", "birth_date", "phone", "email"):
            value = getattr(row, name)
            if value is not None:
                now[name] = value
        now["unit_id"] = unit.id
        if (
            old_name != (now["unit_id"], now["code"], now["birth_date"])
            or person.before.get("name", now["name"]) != now["name"]
        ):
            self.register.name(now, person)
        if now["code"] != old_code:
            self.register.by_code[now["code"]] = (person, False)

    def _room(self, row: PersonRow, person: Known) -> None:
        if row.room is None or self.choices.scope is None:
            return
        rooms = self.present.rooms.find(row.room)
        if len(rooms) != 1:
            error = RoomAmbiguous(value=row.room) if rooms else RoomUnknown(value=row.room)
            self.found.fail(row, error, "room")
            return
        room = rooms[0]
        if not self.may(Permission.ROSTER_EDIT, room.path):
            self.found.fail(row, OutsideBranch(), "room")
        elif self.present.rooms_allowed is not None and room.id not in self.present.rooms_allowed:
            self.found.fail(row, RoomNotInSession(name=room.name), "room")
        else:
            at = self.present.listed.get(person.id or 0)
            name, path = self.present.room_paths.get(at or 0, ("", ""))
            if at is not None and at != room.id and not self.may(Permission.ROSTER_EDIT, path):
                self.found.fail(row, ListedElsewhere(name=row.name, room=name), "room")
            person.room = room.id

    def _count(self) -> None:
        planned, counts = self.planned, self.planned.counts
        placed: set[int] = set()
        told: set[int] = set()
        for row, person, match in self.seen:
            again = id(person) in told
            told.add(id(person))
            action = self._action(row, person, match, again)
            room = ""
            if person.room is not None and id(person) not in placed:
                placed.add(id(person))
                at = self.present.listed.get(person.id or 0)
                if at != person.room:
                    counts["listed" if at is None else "moved"] += 1
                    planned.placed.append((person, person.room))
                    room = self.present.rooms.by_id[person.room].name
            counts[action] += 1
            if match in ("code", "name"):
                counts[f"by_{match}"] += 1
            elif match:
                counts["twice"] += 1
            if action == "changed" and not again:
                planned.changed.append(person)
            self._keep(row, person, action, match, again, room)

    def _action(self, row: PersonRow, person: Known, match: Match, again: bool) -> Action:
        if not match:
            return "added"
        wish = self.choices.by_code if match.endswith("code") else self.choices.by_name
        if again and wish == "update":
            return "unchanged"  # its values went into the person, who is counted once
        if wish == "update" and person.id is not None:
            return "changed" if differences(person) else "unchanged"
        return "unchanged" if _says_the_same(row, person.now) and not again else "skipped"

    def _keep(
        self, row: PersonRow, person: Known, action: Action, match: Match, again: bool, room: str
    ) -> None:
        for kind in self._kinds(action, match, room):
            kept = self.planned.lines.setdefault(kind, [])
            if len(kept) >= LINES_SHOWN:
                continue
            changes = () if again or action != "changed" else tuple(self._changes(person))
            unit = self.present.units.by_id[person.now["unit_id"]]
            kept.append(PersonLine(row.row, action, row.name, row.code, unit.name, match, changes, room))

    def _kinds(self, action: Action, match: Match, room: str) -> Iterator[str]:
        if action != "unchanged":
            yield action
        if match.startswith("file_"):
            yield "twice"
        elif match and action != "changed" and action != "skipped" and room:
            yield "placed"

    def _changes(self, person: Known) -> Iterator[FieldChange]:
        for name in differences(person):
            if name == "retired_at":
                yield FieldChange(name, "✓", "")
            elif name == "unit_id":
                units = self.present.units.by_id
                yield FieldChange(name, units[person.before[name]].name, units[person.now[name]].name)
            else:
                yield FieldChange(name, _shown(person.before[name]), _shown(person.now[name]))


def _says_the_same(row: PersonRow, known: dict[str, Any]) -> bool:
    """Whether every filled cell of the row stands in the person already."""
    return all(
        getattr(row, name) in (None, known[name])
        for name in ("name", "code", "position", "birth_date", "phone", "email")
    )


def _shown(value: object) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return "" if value is None else str(value)
