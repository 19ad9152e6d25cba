"""Use cases of units' papers: who issues and signs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import partial
from typing import Final

from sqlalchemy import select

from confhub.access.rules import Actor, require
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import UnitId
from confhub.kernel.limits import CODE_MAX_CHARS, NAME_MAX_CHARS
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.org import store
from confhub.org.events import UnitChanged
from confhub.org.models import UnitPaperRow, UnitRow
from confhub.org.papers import Letterhead, PaperSettings, letterhead
from confhub.org.rules import Checks, clean_optional

FIELDS: Final = tuple(one.name for one in fields(PaperSettings))
OFFICE_LINES_MAX: Final = 4
"""TM. …, KT. …, and the office itself: what fits over a signature."""


class PaperService:
    """Settings of papers, a unit at a time; what a unit does not say follows from those above it."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def of(self, actor: Actor, unit_id: UnitId) -> tuple[PaperSettings, Letterhead]:
        """What the unit says itself, and what stands on its papers. Raises `UnitNotFound`."""
        async with self._db.reading() as tx:
            row = await store.visible_row(tx, actor, unit_id)
            said = await tx.get(UnitPaperRow, row.id)
            return _settings(said), await letterhead_of(tx, row.path)

    async def change(
        self, actor: Actor, unit_id: UnitId, wanted: PaperSettings, *, seen: str | None = None
    ) -> Letterhead:
        """Say it anew, all of it; what stands on the unit's papers then. Needs `UNIT_EDIT` at the unit.
        `seen`: see `kernel.versions`. Raises `UnitNotFound`, `Forbidden`, and what is wrong with a text."""
        cleaned = _cleaned(wanted)
        async with self._db.transaction() as tx:
            await tx.alone("org.unit")
            unit = await store.visible_row(tx, actor, unit_id)
            require(actor, Permission.UNIT_EDIT, unit.path)
            row = await tx.get(UnitPaperRow, unit.id)
            before = _settings(row)
            check_seen(seen, before)
            if row is None:
                row = UnitPaperRow(unit_id=unit.id)
                tx.add(row)
            for name in FIELDS:
                setattr(row, name, getattr(cleaned, name))
            changes = {
                name: [getattr(before, name), getattr(cleaned, name)]
                for name in FIELDS
                if getattr(before, name) != getattr(cleaned, name)
            }
            if changes:
                record(tx, actor, "org:unit:papers", "unit", unit.id, self._clock.now(), path=unit.path,
                       changes=changes)  # fmt: skip
            await tx.flush()
            tx.tell(UnitChanged(UnitId(unit.id)))
            return await letterhead_of(tx, unit.path)


async def letterhead_of(tx: Tx, path: str, names: Mapping[int, str] | None = None) -> Letterhead:
    """What stands on the papers of the unit at `path`. `names`: of units as of another day than today."""
    ids = [int(part) for part in path.split("/") if part]
    known = {
        row[0]: row[1]
        for row in await tx.execute(select(UnitRow.id, UnitRow.name).where(UnitRow.id.in_(ids)))
    }
    known |= {one: name for one, name in (names or {}).items() if one in ids}
    rows = await tx.scalars(select(UnitPaperRow).where(UnitPaperRow.unit_id.in_(ids)))
    said = {row.unit_id: _settings(row) for row in rows}
    return letterhead([(known[one], said.get(one, PaperSettings())) for one in ids if one in known])


def _settings(row: UnitPaperRow | None) -> PaperSettings:
    return PaperSettings(**{name: getattr(row, name) for name in FIELDS}) if row else PaperSettings()


def _cleaned(wanted: PaperSettings) -> PaperSettings:
    """Texts in one form; lines of the signer's title stay apart."""
    checks = Checks()
    texts: dict[str, str | None] = {}
    for name, text in asdict(wanted).items():
        limit = CODE_MAX_CHARS if name == "symbol" else NAME_MAX_CHARS
        lines = (text or "").splitlines() if name == "office" else [text or ""]
        kept = [checks.take(partial(clean_optional, one, name, limit), None) for one in lines]
        texts[name] = "\n".join(line for line in kept[:OFFICE_LINES_MAX] if line)[:NAME_MAX_CHARS] or None
    checks.finish()
    return PaperSettings(**texts)
