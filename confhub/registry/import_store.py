"""What an import reads from the database and writes to it, inside the service's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import aliased

from confhub.access.rules import ROOT_PATH, Actor, below
from confhub.audit.models import AuditRow
from confhub.db.database import Tx
from confhub.i18n.collation import sort_key
from confhub.i18n.folding import fold
from confhub.org.models import TierRow, UnitRow
from confhub.org.rules import path_below
from confhub.registry.models import EndpointRow
from confhub.registry.planning import Action, Entry, Present, Values
from confhub.registry.store import revoke_codes, revoke_machines

ROWS_AT_ONCE = 500
_T = TypeVar("_T")


async def load(tx: Tx) -> Present:
    """Everything there is, as plain values (never ORM rows: there may be 50,000)."""
    present = Present()
    tiers: dict[int, str] = {}
    for id_, code, name, name_en, rank in await tx.execute(
        select(TierRow.id, TierRow.code, TierRow.name, TierRow.name_en, TierRow.rank)
    ):
        tiers[id_] = code
        present.tier[code] = Entry(id_, {"name": name, "name_en": name_en, "rank": rank})
    parent = aliased(UnitRow)
    for id_, code, name, tier_id, above, path, start, end in await tx.execute(
        select(
            UnitRow.id, UnitRow.code, UnitRow.name, UnitRow.tier_id, parent.code, UnitRow.path,
            UnitRow.valid_from, UnitRow.valid_to,
        ).outerjoin(parent, parent.id == UnitRow.parent_id)
    ):  # fmt: skip
        values: Values = {
            "name": name,
            "tier": tiers[tier_id],
            "parent": above,
            "valid_from": start,
            "valid_to": end,
        }
        present.unit[code] = Entry(id_, values, path)
    for id_, code, name, unit, kind, profile, operator, phone, retired in await tx.execute(
        select(
            EndpointRow.id, EndpointRow.code, EndpointRow.name, UnitRow.code, EndpointRow.kind,
            EndpointRow.bandwidth_profile, EndpointRow.operator_name, EndpointRow.operator_phone,
            EndpointRow.retired_at,
        ).join(UnitRow, UnitRow.id == EndpointRow.unit_id)
    ):  # fmt: skip
        present.endpoint[code] = Entry(id_, {
            "name": name, "unit": unit, "kind": kind, "bandwidth_profile": profile,
            "operator_name": operator, "operator_phone": phone,
            "status": "active" if retired is None else "retired",
        })  # fmt: skip
    return present


class Writer:
    """Writes planned actions: tiers, then units level by level, then endpoints, then the audit trail."""

    def __init__(self, tx: Tx, actor: Actor, present: Present, now: datetime, filename: str) -> None:
        self.tx, self.actor, self.now, self.filename = tx, actor, now, filename
        self.tiers = {code: entry.id for code, entry in present.tier.items()}
        self.units = {code: (entry.id, entry.path) for code, entry in present.unit.items()}
        self.endpoints = {code: entry.id for code, entry in present.endpoint.items()}

    async def write(self, actions: list[Action]) -> None:
        """Do everything."""
        by_kind: dict[str, list[Action]] = {"tier": [], "unit": [], "endpoint": []}
        for action in actions:
            by_kind[action.what].append(action)
        await self._tiers(by_kind["tier"])
        await self._new_units([a for a in by_kind["unit"] if a.entry is None])
        await self._changed_units([a for a in by_kind["unit"] if a.entry is not None])
        await self._endpoints(by_kind["endpoint"])
        await self._audit(actions)

    async def _tiers(self, actions: list[Action]) -> None:
        for action in actions:
            if action.entry is not None:
                await self.tx.execute(
                    update(TierRow).where(TierRow.id == action.entry.id).values(**action.values)
                )
                continue
            row = TierRow(code=action.code, **action.values)
            self.tx.add(row)
            await self.tx.flush()
            self.tiers[action.code] = row.id

    async def _new_units(self, actions: list[Action]) -> None:
        waiting = actions
        while waiting:
            ready = [a for a in waiting if a.values["parent"] is None or a.values["parent"] in self.units]
            assert ready, "the plan has no cycle and no unknown parent"
            for part in _parts(ready):
                await self._insert_units(part)
            waiting = [a for a in waiting if a.code not in self.units]

    async def _insert_units(self, actions: list[Action]) -> None:
        inserted = await self.tx.execute(
            insert(UnitRow).returning(UnitRow.id, UnitRow.code),
            [self._unit_columns(action) | {"path": ""} for action in actions],
        )
        ids = {code: id_ for id_, code in inserted}
        paths = []
        for action in actions:
            id_ = ids[action.code]
            path = path_below(self._parent(action)[1], id_)
            self.units[action.code] = (id_, path)
            paths.append({"id": id_, "path": path})
        await self.tx.execute(update(UnitRow), paths)

    async def _changed_units(self, actions: list[Action]) -> None:
        moved = []
        for action in actions:
            assert action.entry is not None, "only units that exist are changed"
            columns = self._unit_columns(action)
            await self.tx.execute(update(UnitRow).where(UnitRow.id == action.entry.id).values(**columns))
            if action.entry.values["parent"] != action.values["parent"]:
                moved.append(action)
        for action in moved:
            await self._move(action)

    async def _move(self, action: Action) -> None:
        # Paths as they stand now: an earlier move may have carried this branch or its parent along.
        id_ = self.units[action.code][0]
        old = await self._path(id_)
        parent_id = self._parent(action)[0]
        new = path_below(ROOT_PATH if parent_id is None else await self._path(parent_id), id_)
        await self.tx.execute(
            update(UnitRow)
            .where(below(old, UnitRow.path))
            .values(path=new + func.substr(UnitRow.path, len(old) + 1))
            .execution_options(synchronize_session=False)
        )

    async def _path(self, unit_id: int) -> str:
        path = await self.tx.scalar(select(UnitRow.path).where(UnitRow.id == unit_id))
        assert path is not None, "units are never deleted"
        return path

    def _parent(self, action: Action) -> tuple[int | None, str]:
        parent = action.values["parent"]
        return (None, ROOT_PATH) if parent is None else self.units[str(parent)]

    def _unit_columns(self, action: Action) -> dict[str, Any]:
        values = action.values
        return {
            "code": action.code,
            "name": values["name"],
            "tier_id": self.tiers[str(values["tier"])],
            "parent_id": self._parent(action)[0],
            "valid_from": values["valid_from"],
            "valid_to": values["valid_to"],
            **_keys(action),
        }

    async def _endpoints(self, actions: list[Action]) -> None:
        new = [action for action in actions if action.entry is None]
        for part in _parts(new):
            inserted = await self.tx.execute(
                insert(EndpointRow).returning(EndpointRow.id, EndpointRow.code),
                [self._endpoint_columns(action) | {"created_at": self.now} for action in part],
            )
            self.endpoints.update({code: id_ for id_, code in inserted})
        for action in actions:
            if action.entry is None:
                continue
            columns = self._endpoint_columns(action)
            if action.values["status"] == action.entry.values["status"]:
                del columns["retired_at"]
            await self.tx.execute(
                update(EndpointRow).where(EndpointRow.id == action.entry.id).values(**columns)
            )
            if action.line.action == "retired":
                await revoke_codes(self.tx, [action.entry.id], self.now)
                await revoke_machines(self.tx, action.entry.id, self.now)

    def _endpoint_columns(self, action: Action) -> dict[str, Any]:
        values = action.values
        return {
            "code": action.code,
            "name": values["name"],
            "unit_id": self.units[str(values["unit"])][0],
            "kind": values["kind"],
            "bandwidth_profile": values["bandwidth_profile"],
            "operator_name": values["operator_name"],
            "operator_phone": values["operator_phone"],
            "retired_at": None if values["status"] == "active" else self.now,
            **_keys(action),
        }

    async def _audit(self, actions: list[Action]) -> None:
        for part in _parts(actions):
            await self.tx.execute(insert(AuditRow), [self._audit_row(action) for action in part])

    def _audit_row(self, action: Action) -> dict[str, Any]:
        ids = {"tier": self.tiers, "endpoint": self.endpoints}
        id_ = self.units[action.code][0] if action.what == "unit" else ids[action.what][action.code]
        unit = {"tier": None, "unit": action.code, "endpoint": action.values.get("unit")}[action.what]
        return {
            "at": self.now,
            "actor_id": self.actor.account_id,
            "actor_name": self.actor.name,
            "action": f"registry:import:{action.line.action}",
            "subject": action.what,
            "subject_id": str(id_),
            "path": self.units[str(unit)][1] if unit is not None else ROOT_PATH,
            "details": {
                "file": self.filename,
                "code": action.code,
                "changes": {change.field: [change.old, change.new] for change in action.line.changes},
            },
        }


def _keys(action: Action) -> dict[str, str]:
    name = str(action.values["name"])
    return {"sort_key": sort_key(name), "search_key": fold(f"{action.code} {name}")}


def _parts(items: list[_T]) -> Iterator[list[_T]]:
    for start in range(0, len(items), ROWS_AT_ONCE):
        yield items[start : start + ROWS_AT_ONCE]
