"""What a file of people would do to the register and to the lists: pure, without any database.

Whose row it is: the person with the row's code; else the person of that unit with that name (its letters and
tones) and birth date. Where birth or code do not settle it, it is asked, of the register's people and of rows
further up in the file alike, unless `ImportChoices` answers for all. An empty cell leaves what is known.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from confhub.access.rules import Actor, allows
from confhub.i18n.identity import identity_key
from confhub.kernel.permissions import Permission
from confhub.org.dissolved import dissolved
from confhub.org.errors import UnitDissolved
from confhub.registry.import_errors import OutsideBranch
from confhub.rosters.errors import ListedElsewhere, RoomNotInSession
from confhub.rosters.import_errors import (
    CodeOfAnother,
    PersonAmbiguous,
    RoomAmbiguous,
    RoomUnknown,
    UnitAmbiguous,
    UnitNotSaid,
    UnitUnknown,
)
from confhub.rosters.import_rows import TELL_EVERY, PeopleRows, PersonRow, Tell, quiet
from confhub.rosters.limits import LINES_SHOWN
from confhub.rosters.plan import Action, ImportChoices, Match, PersonLine
from confhub.rosters.questions import NEW, SKIP, Kind, Questions, Told, ask_of_reading
from confhub.rosters.register import (
    FIELDS,
    Candidate,
    Known,
    Place,
    Places,
    Present,
    Register,
    differences,
    is_all_of,
    is_sure,
    says_the_same,
)
from confhub.sheets.preview import FieldChange


@dataclass(slots=True)
class Planned:
    """Everybody who would be added or changed, and who would come to which room's list."""

    added: list[Known] = field(default_factory=list)
    changed: list[Known] = field(default_factory=list)
    placed: list[tuple[Known, int]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    lines: dict[str, list[PersonLine]] = field(default_factory=dict)
    questions: Questions = field(default_factory=lambda: Questions({}))
    read_as: tuple[tuple[str, str], ...] = ()

    def fingerprint(self) -> str:
        """SHA-256 over what would be done."""
        told = hashlib.sha256()
        for person in self.added:
            told.update(repr((person.ref, sorted(person.now.items(), key=_first))).encode())
        for person in self.changed:
            told.update(repr((person.id, person.before, person.now, person.retired)).encode())
        for person, room in self.placed:
            told.update(repr((person.ref, room)).encode())
        told.update(repr(sorted(self.counts.items())).encode())
        return told.hexdigest()


def _first(pair: tuple[str, Any]) -> str:
    return pair[0]


def resolve_units(found: PeopleRows, units: Places, choices: ImportChoices) -> list[int | None]:
    """Each row's unit: the one it names, else the one that its group's heading names, else the one chosen for
    such rows. Problems are kept. Reads no right."""
    fallback = units.by_id.get(choices.unit_id or 0)
    ids: list[int | None] = []
    for row in found.rows:
        place = fallback
        if row.unit is not None:
            named = units.find_short(row.unit)
            place = named[0] if len(named) == 1 else None
            if place is None:
                error = UnitAmbiguous(value=row.unit) if named else UnitUnknown(value=row.unit)
                found.fail(row, error, "unit")
        elif row.group and len(named := units.find_short(row.group)) == 1:
            place = named[0]
            row.marks = (*row.marks, "group")
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
        self.planned = Planned(questions=Questions(choices.answers))
        ask_of_reading(found, self.planned.questions)
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
        self.planned.read_as = tuple((text, place.name) for text, place in self.present.units.read_as.items())
        return self.planned

    def _person(self, row: PersonRow, unit: Place) -> tuple[Known | None, Match]:
        by_code = self.register.by_code.get(row.code) if row.code else None
        if by_code is not None:
            found = by_code
            wish = self.choices.by_code
            match: Match = "file_code" if by_code.person.rows else "code"
            if not by_code.passed_on and row.key != identity_key(by_code.person.now["name"]):
                wish = self._renamed(row, by_code.person, unit, wish)
                if not wish:
                    return None, ""
        else:
            namesake, wish = self._namesake(row, unit)
            if namesake is None:
                return (self._new(row, unit), "") if wish == NEW else (None, "")
            found = namesake
            match = "name" if found.fresh else "file_name"
        person = found.person
        if not self._reachable(row, person, wish):
            return None, ""
        if wish == "update" and not found.passed_on and self._comes_too_late(person, unit):
            self.found.fail(row, self._dissolved(unit), "unit")
            return None, ""
        person.rows += 1
        person.first = person.first or row
        if wish == "update" and not found.passed_on:
            self._update(row, person, unit)
        return person, match

    def _renamed(self, row: PersonRow, person: Known, unit: Place, wish: str) -> str:
        """What is done with a row whose code is known under another name: update | skip, or nothing."""
        if person.rows:
            assert person.first is not None, "a row above was about them"
            error = CodeOfAnother(value=row.code, name=person.now["name"], first=person.first.row)
            self.found.fail(row, error, "code")
            return ""
        if wish != "update":
            return wish
        answer = self._ask("renamed", row, [person], unit)
        return "skip" if answer == SKIP else "update" if answer else ""

    def _namesake(self, row: PersonRow, unit: Place) -> tuple[Candidate | None, str]:
        """Who of the unit the row is about, and what is done then; nobody and `new`, or nobody and nothing
        where that is a question or a problem."""
        wish = self.choices.by_name
        there = self.register.named(row, unit.id)
        if wish == "add":
            same = [one for one in there if one.fresh and says_the_same(row, one.person.now)]
            return (same[0], wish) if same else (None, NEW)
        sure = [one for one in there if is_sure(row, one.person)]
        if len(sure) == 1:
            return sure[0], "update" if wish == "ask" else wish
        fresh = [one for one in there if one.fresh]
        likely = [one for one in fresh if one.person.born == row.born]
        fresh = likely or fresh
        exact = [one for one in fresh if is_all_of(row, one.person.now)]
        same = exact[:1] or [one for one in fresh if says_the_same(row, one.person.now)]
        if len(same) == 1:
            return same[0], "update" if wish == "ask" else wish
        if wish == "ask" or not fresh:
            return self._asked(row, fresh, there, unit)
        if len(fresh) > 1 and wish == "update":
            self.found.fail(row, PersonAmbiguous(value=row.name), "name")
            return None, ""
        return fresh[0], wish

    def _asked(
        self, row: PersonRow, fresh: list[Candidate], there: list[Candidate], unit: Place
    ) -> tuple[Candidate | None, str]:
        if not there:
            return None, NEW
        above = [one for one in there if not one.fresh]
        wish = "update" if self.choices.by_name == "ask" else self.choices.by_name
        if not fresh and self.choices.twins == "two":
            return None, NEW
        if not fresh and self.choices.twins == "one":
            if len(above) == 1:
                return above[0], wish
            self.found.fail(row, PersonAmbiguous(value=row.name), "name")
            return None, ""
        among = [*fresh, *above]
        kind: Kind = "known" if fresh else "twin"
        answer = self._ask(kind, row, [one.person for one in among], unit)
        if answer in ("", NEW):
            return None, answer
        return next(one for one in among if one.person.ref == answer), wish

    def _ask(self, kind: Kind, row: PersonRow, others: list[Known], unit: Place) -> str:
        born = _shown(row.born)
        sheet = self.found.sheet_of(row)
        about = Told("", row.name, row.code, unit.name, row.position, born, row.phone, sheet, row.row)
        told = tuple(self._told(other) for other in others)
        return self.planned.questions.ask(row.key_of_row, kind, about, told)

    def _told(self, person: Known) -> Told:
        now, first = person.now, person.first if person.id is None else None
        sheet, row = (self.found.sheet_of(first), first.row) if first is not None else ("", None)
        unit = self.present.units.by_id[now["unit_id"]].name
        return Told(
            person.ref, now["name"], now["code"], unit, now["position"], _shown(person.born), now["phone"],
            sheet, row,
        )  # fmt: skip

    def _reachable(self, row: PersonRow, person: Known, wish: str) -> bool:
        needed = Permission.PERSON_EDIT if wish == "update" else Permission.PERSON_VIEW
        if person.id is not None and not self.may(needed, person.path):
            self.found.fail(row, OutsideBranch(), "code" if row.code else "name")
            return False
        return True

    def _comes_too_late(self, person: Known, unit: Place) -> bool:
        """The person would come, or come back, to a unit that is dissolved; whoever is there stays."""
        return unit.ended is not None and (person.retired or person.now["unit_id"] != unit.id)

    def _dissolved(self, unit: Place) -> UnitDissolved:
        assert unit.ended is not None, "asked for dissolved units alone"
        return dissolved(unit.name, unit.ended, self.present.units.codes_today(unit), "unit")

    def _new(self, row: PersonRow, unit: Place) -> Known | None:
        if unit.ended is not None:
            self.found.fail(row, self._dissolved(unit), "unit")
            return None
        fields = {name: getattr(row, name) for name in FIELDS if name != "unit_id"}
        fields["unit_id"] = unit.id
        person = Known(None, {}, fields, unit.path, first=row, rows=1)
        self.register.code(person)
        if self.choices.by_name != "add":
            self.register.name(person)
        self.planned.added.append(person)
        return person

    def _update(self, row: PersonRow, person: Known, unit: Place) -> None:
        now = person.now
        old_code, old = now["code"], (now["name"], now["unit_id"], now["code"], person.born)
        if row.key != identity_key(now["name"]):
            now["name"] = row.name  # else it is the same name, only typed in another way
        for name in ("code", "position", "phone", "email"):
            if getattr(row, name) is not None:
                now[name] = getattr(row, name)
        if row.birth_date is not None:
            now["birth_date"], now["birth_year"] = row.birth_date, None
        elif row.birth_year is not None and now["birth_date"] is None:
            now["birth_year"] = row.birth_year
        now["unit_id"] = unit.id
        if old != (now["name"], now["unit_id"], now["code"], person.born):
            self.register.name(person)
        if now["code"] != old_code:
            self.register.code(person)

    def _room(self, row: PersonRow, person: Known) -> None:
        if row.room is None or self.choices.scope is None:
            return
        rooms = self.present.rooms.find(row.room)
        if len(rooms) != 1:
            error = RoomAmbiguous(value=row.room) if rooms else RoomUnknown(value=row.room)
            self.found.fail(row, error, "room")
            return
        room = rooms[0]
        at = self.present.listed.get(person.id or 0)
        if not self.may(Permission.ROSTER_EDIT, room.path):
            self.found.fail(row, OutsideBranch(), "room")
        elif room.ended is not None and self.choices.scope.session_id is None and at != room.id:
            unit = self.present.units.by_id[self.present.room_units[room.id]]
            self.found.fail(row, self._dissolved(unit), "room")
        elif self.present.rooms_allowed is not None and room.id not in self.present.rooms_allowed:
            self.found.fail(row, RoomNotInSession(name=room.name), "room")
        else:
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
            for mark in row.marks:
                counts[f"mark_{mark}"] += 1
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
        wish = "update" if wish == "ask" else wish
        if again and wish == "update":
            return "unchanged"  # its values went into the person, who is counted once
        if wish == "update" and person.id is not None:
            return "changed" if differences(person) else "unchanged"
        return "unchanged" if says_the_same(row, person.now) and not again else "skipped"

    def _keep(
        self, row: PersonRow, person: Known, action: Action, match: Match, again: bool, room: str
    ) -> None:
        for kind in self._kinds(action, match, room):
            kept = self.planned.lines.setdefault(kind, [])
            if len(kept) >= LINES_SHOWN:
                continue
            changes = () if again or action != "changed" else tuple(self._changes(person))
            unit = self.present.units.by_id[person.now["unit_id"]]
            kept.append(
                PersonLine(
                    row.row, action, row.name, row.code, unit.name, match, changes, room,
                    self.found.sheet_of(row), _shown(row.born), row.phone or "", row.marks,
                )
            )  # fmt: skip

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


def _shown(value: object) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return "" if value is None else str(value)
