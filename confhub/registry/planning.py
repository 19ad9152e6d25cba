"""From wishes and what is there to a plan: pure, no database. All rules over several rows live here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from confhub.access.rules import ROOT_PATH, Actor, allows
from confhub.i18n.identity import identity_key
from confhub.kernel.errors import DomainError
from confhub.kernel.permissions import Permission
from confhub.org.dissolved import dissolved, is_over
from confhub.org.errors import TierAbove, TreeTooDeep
from confhub.org.rules import TREE_MAX_DEPTH, check_dates
from confhub.registry.columns import REQUIRED, What
from confhub.registry.import_errors import OutsideBranch, ParentCycle, ParentUnknown, StillInUse, TierUnknown
from confhub.registry.import_rows import Value, Wish, Wishes, wishes_in_order
from confhub.registry.plan import ImportLine
from confhub.sheets.errors import ColumnMissing
from confhub.sheets.preview import PROBLEMS_SHOWN, FieldChange, Problems

Values = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Entry:
    """A tier, unit or endpoint as it stands in the database; `path` is a unit's own, else empty."""

    id: int
    values: Values
    path: str = ""


@dataclass(slots=True)
class Present:
    """Everything there is, by kind and code. References (tier, parent, unit) are codes."""

    tier: dict[str, Entry] = field(default_factory=dict)
    unit: dict[str, Entry] = field(default_factory=dict)
    endpoint: dict[str, Entry] = field(default_factory=dict)

    def of(self, what: What) -> dict[str, Entry]:
        """The entries of one kind."""
        table: dict[str, Entry] = getattr(self, what)
        return table


@dataclass(frozen=True, slots=True)
class Action:
    """One entry to be written: its values afterwards; `entry` is None where it is new."""

    what: What
    code: str
    values: Values
    entry: Entry | None
    line: ImportLine


@dataclass(slots=True)
class Planned:
    """What would be done, in the order of writing (tiers, units, endpoints)."""

    actions: list[Action] = field(default_factory=list)
    unchanged: int = 0
    ended: list[date] = field(default_factory=list)
    """The last day of each room's unit, where it is over: as in `ImportPlan.ended`."""


DEFAULTS: dict[What, Values] = {
    "tier": {"name": None, "name_en": None, "rank": None},
    "unit": {"name": None, "tier": None, "parent": None, "valid_from": None, "valid_to": None},
    "endpoint": {
        "name": None,
        "unit": None,
        "kind": "room",
        "bandwidth_profile": "full",
        "operator_name": None,
        "operator_phone": None,
        "status": "active",
    },
}


def plan(
    wishes: Wishes, present: Present, actor: Actor, today: date, problems: Problems, *, complete: bool
) -> Planned:
    """What the wishes would do to what is present; everything wrong goes into `problems`."""
    planner = _Planner(wishes, present, actor, today, problems)
    for wish in wishes_in_order(wishes):
        planner.wish(wish)
    if complete:
        planner.retire_the_unnamed()
    planner.check_tree()
    planner.check_ended()
    planner.check_added()
    planner.note_ended()
    return planner.planned


class _Planner:
    def __init__(
        self, wishes: Wishes, present: Present, actor: Actor, today: date, problems: Problems
    ) -> None:
        self.wishes, self.present, self.actor = wishes, present, actor
        self.today, self.problems = today, problems
        self.planned = Planned()
        self.after: dict[What, dict[str, Values]] = {
            "tier": {code: entry.values for code, entry in present.tier.items()},
            "unit": {code: entry.values for code, entry in present.unit.items()},
            "endpoint": {code: entry.values for code, entry in present.endpoint.items()},
        }

    # --- one row --------------------------------------------------------------------------------
    def wish(self, wish: Wish) -> None:
        entry = self.present.of(wish.what).get(wish.code)
        if entry is not None and not self._may_see(wish.what, entry):
            wish.fail(self.problems, OutsideBranch(), "code")
            return
        before = entry.values if entry else None
        values = self._values(wish, before)
        self.after[wish.what][wish.code] = values
        if before is None and not self._complete_enough(wish):
            return
        if not self._references_exist(wish, values):
            return
        if before == values:
            self.planned.unchanged += 1
            return
        try:
            check_dates(_day(values.get("valid_from")), _day(values.get("valid_to")))
        except DomainError as error:
            wish.fail(self.problems, error, "valid_to")
        if not all(allows(self.actor, *needed) for needed in self._needed(wish.what, entry, values)):
            wish.fail(self.problems, OutsideBranch(), "code")
            return
        retired = wish.values.get("status") == "retired" and entry is not None
        self._act(wish.what, wish.code, values, entry, wish.row, retired=retired)

    def _values(self, wish: Wish, before: Values | None) -> Values:
        values = dict(before if before is not None else DEFAULTS[wish.what])
        for name, value in wish.values.items():
            if name == "status":
                continue
            default = DEFAULTS[wish.what][name]
            values[name] = default if value is None else value
        status = wish.values.get("status")
        if wish.what == "tier" and values["name_en"] is None:
            values["name_en"] = values["name"]
        elif wish.what == "endpoint":
            values["status"] = status or (before or values)["status"]
        elif wish.what == "unit" and status is not None and wish.values.get("valid_to") is None:
            values["valid_to"] = self._last_day(status, before)
        return values

    def _last_day(self, status: Value, before: Values | None) -> date | None:
        known = _day(before["valid_to"]) if before else None
        over = known is not None and known <= self.today
        if status == "retired":
            return known if over else self.today
        return None if over else known

    def _complete_enough(self, wish: Wish) -> bool:
        missing = [name for name in REQUIRED[wish.what][1:] if wish.values.get(name) is None]
        for name in missing:
            wish.fail(self.problems, ColumnMissing(value=wish.header.heading(name)), name)
        return not missing

    def _references_exist(self, wish: Wish, values: Values) -> bool:
        name = {"unit": "parent", "endpoint": "unit", "tier": ""}[wish.what]
        code = values.get(name)
        found = True
        if code is not None and not self._unit_exists(str(code)):
            wish.fail(self.problems, ParentUnknown(value=str(code)), name)
            found = False
        tier = values.get("tier")
        if tier is not None and tier not in self.after["tier"] and tier not in self.wishes.tier:
            choices = ", ".join(sorted(self.after["tier"])) or "-"
            wish.fail(self.problems, TierUnknown(value=str(tier), choices=choices), "tier")
            found = False
        return found

    def _unit_exists(self, code: str) -> bool:
        if code in self.wishes.unit:
            return True
        entry = self.present.unit.get(code)
        return entry is not None and self._may_see("unit", entry)

    # --- rights ---------------------------------------------------------------------------------
    def _may_see(self, what: What, entry: Entry) -> bool:
        if what == "tier":
            return True
        permission = Permission.UNIT_VIEW if what == "unit" else Permission.ENDPOINT_VIEW
        return allows(self.actor, permission, self._path(what, entry))

    def _path(self, what: What, entry: Entry) -> str:
        return entry.path if what == "unit" else self.present.unit[str(entry.values["unit"])].path

    def _needed(self, what: What, entry: Entry | None, values: Values) -> Iterator[tuple[Permission, str]]:
        if what == "tier":
            yield Permission.UNIT_EDIT, ROOT_PATH
        elif what == "endpoint":
            yield Permission.ENDPOINT_EDIT, self._branch(values["unit"])
            if entry is not None:
                yield Permission.ENDPOINT_EDIT, self._path(what, entry)
        elif entry is None:
            yield Permission.UNIT_EDIT, self._branch(values["parent"])
        else:
            yield Permission.UNIT_EDIT, entry.path
            if entry.values["parent"] != values["parent"]:
                yield Permission.UNIT_EDIT, self._branch(entry.values["parent"])
                yield Permission.UNIT_EDIT, self._branch(values["parent"])

    def _branch(self, code: Value) -> str:
        """The path of the nearest unit from `code` upwards that exists already."""
        for _ in range(TREE_MAX_DEPTH + 1):
            if code is None:
                return ROOT_PATH
            entry = self.present.unit.get(str(code))
            if entry is not None:
                return entry.path
            code = self._wished_parent(str(code))
        return ROOT_PATH

    def _wished_parent(self, code: str) -> Value:
        wish = self.wishes.unit.get(code)
        return wish.values.get("parent") if wish is not None else None

    # --- what the file does not name ------------------------------------------------------------
    def retire_the_unnamed(self) -> None:
        """The file is complete: what it does not name in the actor's branches is retired."""
        if self.wishes.endpoint:
            for code, entry in self.present.endpoint.items():
                if code not in self.wishes.endpoint and entry.values["status"] == "active":
                    self._retire("endpoint", code, entry, {**entry.values, "status": "retired"})
        if self.wishes.unit:
            for code, entry in self.present.unit.items():
                last = _day(entry.values["valid_to"])
                if code not in self.wishes.unit and (last is None or last > self.today):
                    self._retire("unit", code, entry, {**entry.values, "valid_to": self.today})

    def _retire(self, what: What, code: str, entry: Entry, values: Values) -> None:
        permission = Permission.ENDPOINT_EDIT if what == "endpoint" else Permission.UNIT_EDIT
        path = self._path(what, entry)
        if what == "unit":  # the head of one's branch is the business of those above
            path = self._branch(entry.values["parent"])
        if allows(self.actor, permission, path):
            self.after[what][code] = values
            self._act(what, code, values, entry, None, retired=True)

    # --- the tree as a whole --------------------------------------------------------------------
    def check_tree(self) -> None:
        """No cycle, no tier above its parent's, no branch too deep, after everything is done."""
        touched = {action.code for action in self.planned.actions if action.what == "unit"}
        if not touched and not self.wishes.tier:
            return
        for code, wish in self.wishes.unit.items():
            if self.problems.total > PROBLEMS_SHOWN:
                return
            chain = self._chain(code)
            if code in chain[1:]:
                wish.fail(self.problems, ParentCycle(chain=" → ".join(chain[:6])), "parent")
            elif len(chain) > TREE_MAX_DEPTH:
                wish.fail(self.problems, TreeTooDeep(limit=TREE_MAX_DEPTH), "parent")
            elif code in touched and len(chain) > 1 and self._rank(code) < self._rank(chain[1]):
                wish.fail(self.problems, TierAbove(), "tier")

    def _chain(self, code: str) -> list[str]:
        """The unit, its parent, and so on up; stops where a unit comes again."""
        chain, seen = [code], {code}
        while True:
            parent = self.after["unit"].get(chain[-1], {}).get("parent")
            if parent is None:
                return chain
            chain.append(str(parent))
            if str(parent) in seen:
                return chain
            seen.add(str(parent))

    def _rank(self, code: str) -> int:
        tier = self.after["unit"].get(code, {}).get("tier")
        rank = self.after["tier"].get(str(tier), {}).get("rank")
        return rank if isinstance(rank, int) else 0

    def check_ended(self) -> None:
        """Nothing in use hangs below a unit whose last day is set or brought forward, by whichever column,
        after everything is done: its rooms would vanish from every session."""
        ended = {a.code: a for a in self.planned.actions if a.what == "unit" and self._ends(a)}
        if not ended:
            return
        for what, name in (("unit", "parent"), ("endpoint", "unit")):
            for code, values in self.after[what].items():  # type: ignore[index]
                action = ended.get(str(values.get(name)))
                if action is not None and self._in_use(values, _day(action.values["valid_to"])):
                    self._complain(action, code)

    def _ends(self, action: Action) -> bool:
        if action.entry is None:
            return False  # history: it comes with what it had, which `note_ended` counts
        before, after = _day(action.entry.values["valid_to"]), _day(action.values["valid_to"])
        if action.line.action == "retired":
            return True
        return after is not None and (before is None or after < before)

    def check_added(self) -> None:
        """Nothing comes to a unit that was dissolved before the file. A unit that the file itself brings in
        as one of the past is history: its rooms come with it, once."""
        for action in self.planned.actions:
            name = {"unit": "parent", "endpoint": "unit", "tier": ""}[action.what]
            place = action.values.get(name)
            if place is None or not self._comes(action, name):
                continue
            unit = self.present.unit.get(str(place))
            last = _day(self.after["unit"].get(str(place), {}).get("valid_to"))
            if last is None or not is_over(last, self.today) or (unit is None and action.entry is None):
                continue
            if action.what == "endpoint" or self._in_use(action.values, last):
                error = dissolved(
                    str(self.after["unit"][str(place)]["name"]), last, self._namesakes(str(place))
                )
                self._complain_of(action.what, action.code, error, name)

    def _comes(self, action: Action, name: str) -> bool:
        """Whether it is in use, and new there or in use again."""
        if action.values.get("status") == "retired":
            return False
        if action.entry is None or action.entry.values[name] != action.values[name]:
            return True
        return action.entry.values.get("status") == "retired"

    def _namesakes(self, code: str) -> Iterator[str]:
        key = identity_key(str(self.after["unit"][code]["name"]))
        for other, values in self.after["unit"].items():
            if not is_over(_day(values["valid_to"]), self.today) and identity_key(str(values["name"])) == key:
                yield other

    def _in_use(self, values: Values, last_day: date | None) -> bool:
        if "status" in values:
            return values["status"] == "active"
        own = _day(values["valid_to"])
        return own is None or (last_day is not None and own > last_day)

    def _complain(self, action: Action, code: str) -> None:
        wish = self.wishes.unit.get(action.code)
        column = "status" if wish is None or wish.values.get("valid_to") is None else "valid_to"
        self._complain_of("unit", action.code, StillInUse(value=code), column)

    def _complain_of(self, what: What, code: str, error: DomainError, column: str) -> None:
        wish: Wish | None = getattr(self.wishes, what).get(code)
        if wish is not None:
            wish.fail(self.problems, error, column)
        else:
            self.problems.add(error, "", None, code)

    def note_ended(self) -> None:
        """Rooms that nobody could invite: in use, in a unit that does not exist any more."""
        for code in self.wishes.endpoint:
            values = self.after["endpoint"].get(code, {})
            unit = self.after["unit"].get(str(values.get("unit")), {})
            last = _day(unit.get("valid_to"))
            if values.get("status") == "active" and last is not None and last < self.today:
                self.planned.ended.append(last)

    # --- writing down ---------------------------------------------------------------------------
    def _act(
        self, what: What, code: str, values: Values, entry: Entry | None, row: int | None, *, retired: bool
    ) -> None:
        changes = tuple(
            FieldChange(name, _shown(entry.values[name]), _shown(value))
            for name, value in values.items()
            if entry is not None and entry.values[name] != value
        )
        action = "added" if entry is None else "retired" if retired else "changed"
        line = ImportLine(what, action, code, str(values["name"]), row, changes)  # type: ignore[arg-type]
        self.planned.actions.append(Action(what, code, values, entry, line))


def _day(value: Value) -> date | None:
    return value if isinstance(value, date) else None


def _shown(value: Value) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
