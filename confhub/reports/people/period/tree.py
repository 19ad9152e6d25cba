"""The trees of a period's sessions, each of its own day, and which of their lines somebody may read.

Rights are those of a session's own report (`reports.facts`): whoever holds a role in a unit reads what lay
below it on a session's day; of sessions in whose tree no such unit stood, what lies below it today. Inside
somebody's transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true

from confhub.access.rules import Actor, allowed_then, allows, units_held
from confhub.checkin.published import TotalsColumns
from confhub.db.database import Tx
from confhub.kernel.permissions import Permission
from confhub.reports.session import tree
from confhub.reports.session.units import UnitFacts
from confhub.sessions.published import FrozenUnitColumns

RIGHT: Final = Permission.REPORT_VIEW

_T, _F = TotalsColumns, FrozenUnitColumns


@dataclass(frozen=True, slots=True)
class Part:
    """Sessions whose lines are read by one rule. `sessions`: the condition on them; `paths`: where, on the
    sessions' days, the units stood whose lines are read; `shown`: whether a unit at a path may be named."""

    sessions: ColumnElement[bool]
    paths: frozenset[str]
    shown: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Trees:
    """What a period's sessions rest on. `within`: the condition on the lines of these days; `stood`: unit →
    what it was called and where it stood, oldest first."""

    within: ColumnElement[bool]
    stood: Mapping[int, Sequence[UnitFacts]]
    parts: tuple[Part, ...]

    def below(self, unit_id: int) -> Trees:
        """Of this unit's branch alone, and of whatever stood in it on the day."""
        mark = f"/{unit_id}/"

        def narrowed(part: Part) -> Part:
            paths = frozenset(path for path in part.paths if mark in path)
            return replace(part, paths=paths, shown=lambda path: mark in path and part.shown(path))

        return replace(self, parts=tuple(narrowed(part) for part in self.parts))

    @property
    def moved(self) -> frozenset[int]:
        """Units that stood in several places: the day tells in which."""
        places = {unit_id: {one.path for one in stood} for unit_id, stood in self.stood.items()}
        return frozenset(unit_id for unit_id, found in places.items() if len(found) > 1)

    def lines(self) -> ColumnElement[bool]:
        """The condition on `TotalsColumns`: these days' lines that are read."""
        return and_(self.within, self.readable())

    def readable(self) -> ColumnElement[bool]:
        """The same, of lines that are known to be of these days."""
        return or_(*(and_(part.sessions, self._read(part)) for part in self.parts))

    def _read(self, part: Part) -> ColumnElement[bool]:
        every = {one.path for stood in self.stood.values() for one in stood}
        if every <= part.paths:
            return true()
        moved = self.moved
        settled = [number for number in map(_last, part.paths) if number not in moved]
        places = sorted(path for path in part.paths if _last(path) in moved)
        of_day = select(_F.unit_id).where(
            _F.session_id == _T.session_id, _F.unit_id == _T.unit_id, _F.path.in_(places)
        )
        there = and_(_T.unit_id.in_({_last(path) for path in places}), of_day.exists())
        return or_(_T.unit_id.in_(settled), there) if places else _T.unit_id.in_(settled)

    def by_place(self, columns: Sequence[Any]) -> list[tuple[Part, Select[Any]]]:
        """Selects (unit, where it stood or None for the only place, `columns` summed) for each part."""
        moved = self.moved
        found: list[tuple[Part, Select[Any]]] = []
        for part in self.parts:
            own = and_(self.within, part.sessions)
            settled = [number for number in map(_last, part.paths) if number not in moved]
            places = sorted(path for path in part.paths if _last(path) in moved)
            if settled:
                alone = select(_T.unit_id, *columns).where(own, _T.unit_id.in_(settled))
                found.append((part, alone.group_by(_T.unit_id)))
            if places:
                of_day = (_F.session_id == _T.session_id) & (_F.unit_id == _T.unit_id)
                stood = select(_T.unit_id, *columns, _F.path.label("path")).join(*_F.on(of_day))
                stood = stood.where(own, _T.unit_id.in_({_last(path) for path in places}))
                found.append((part, stood.where(_F.path.in_(places)).group_by(_T.unit_id, _F.path)))
        return found

    def seen(self) -> dict[int, list[UnitFacts]]:
        """Unit → where it stood as far as it may be named, oldest first; of whoever has or holds a line."""
        wanted = {prefix for part in self.parts for path in part.paths for prefix in prefixes(path)}
        shown = {path for path in wanted if any(part.shown(path) for part in self.parts)}
        found = {
            unit_id: [one for one in stood if one.path in shown] for unit_id, stood in self.stood.items()
        }
        return {unit_id: stood for unit_id, stood in found.items() if stood}


def prefixes(path: str) -> list[str]:
    """The paths of all units down to the one at `path`, top first."""
    found, here = [], "/"
    for part in path.strip("/").split("/"):
        here += f"{part}/"
        found.append(here)
    return found


def standing(seen: Mapping[int, Sequence[UnitFacts]]) -> dict[int, UnitFacts]:
    """Each unit by its newest name in its newest place, as one tree."""
    newest = {unit_id: stood[-1] for unit_id, stood in seen.items()}

    def path(unit_id: int) -> str:
        above, at = [unit_id], newest[unit_id].parent_id
        while at in newest and at not in above:  # two sessions begun in the same moment may differ
            above.append(at)
            at = newest[at].parent_id
        *below, top = above
        return newest[top].path + "".join(f"{one}/" for one in reversed(below))

    return {unit_id: replace(unit, path=path(unit_id)) for unit_id, unit in newest.items()}


async def read_trees(tx: Tx, actor: Actor, within: ColumnElement[bool]) -> Trees:
    """The trees of the sessions with lines `within`, and what of them the actor may read."""
    stood = await _stood(tx, within, actor.language)
    return Trees(within, stood, tuple(await _parts(tx, actor, within, stood)))


async def _stood(tx: Tx, within: ColumnElement[bool], language: str) -> dict[int, list[UnitFacts]]:
    columns = (
        _F.unit_id, _F.parent_id, _F.name, _F.path, _F.sort_key, _F.tier_id, _F.tier_name, _F.tier_name_en,
        _F.tier_rank,
    )  # fmt: skip
    held = select(_T.session_id).where(within).distinct()
    rows = (await tx.execute(select(*columns).where(_F.session_id.in_(held)).distinct())).all()
    found: dict[int, list[UnitFacts]] = defaultdict(list)
    for row in rows:
        found[row.unit_id].append(_facts(row, language))
    if changed := [unit_id for unit_id, stood in found.items() if len(stood) > 1]:
        when = select(_T.session_id, func.max(_T.started_at).label("at")).where(within)
        sessions = when.group_by(_T.session_id).subquery()
        dated = (
            select(*columns, func.max(sessions.c.at).label("last"), func.max(_F.session_id).label("session"))
            .join(sessions, sessions.c.session_id == _F.session_id)
            .where(_F.unit_id.in_(changed))
            .group_by(*columns)
        )
        for unit_id in changed:
            found[unit_id] = []
        ordered = sorted(await tx.execute(dated), key=lambda row: (row.last, row.session))
        for row in ordered:
            found[row.unit_id].append(_facts(row, language))
    return dict(found)


def _facts(row: Any, language: str) -> UnitFacts:
    tier = row.tier_name_en if language == "en" and row.tier_name_en else row.tier_name
    return UnitFacts(
        row.unit_id, row.parent_id, row.name, row.path, row.sort_key, row.tier_id, tier, row.tier_rank
    )


async def _parts(
    tx: Tx, actor: Actor, within: ColumnElement[bool], stood: Mapping[int, Sequence[UnitFacts]]
) -> list[Part]:
    paths = {one.path for units in stood.values() for one in units}

    def then(path: str) -> bool:
        return allowed_then(actor, RIGHT, path)

    of_day = frozenset(filter(then, paths))
    held = units_held(actor, RIGHT)
    if held is None:
        return [Part(true(), of_day, then)]
    every = set(await tx.scalars(select(_T.session_id).where(within).distinct()))
    known = select(_F.session_id).where(_F.session_id.in_(every), _F.unit_id.in_(held)).distinct()
    under = set(await tx.scalars(known))
    if under == every:
        return [Part(true(), of_day, then)]
    now = await tree.paths(tx, stood)

    def today(path: str) -> bool:
        return allows(actor, RIGHT, now.get(_last(path), ""))

    later = Part(_T.session_id.in_(every - under), frozenset(filter(today, paths)), today)
    return [Part(_T.session_id.in_(under), of_day, then), later] if under else [later]


def _last(path: str) -> int:
    """The unit that stands at the path."""
    return int(path.rstrip("/").rpartition("/")[2])


def counted_in(part: Part, path: str) -> list[int]:
    """The units that a line counts in, whose own stood at `path`."""
    return [_last(prefix) for prefix in prefixes(path) if part.shown(prefix)]
