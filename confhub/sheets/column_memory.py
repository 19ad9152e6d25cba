"""Columns as somebody chose them, and what a branch said of those of its files: the next file with such a
heading is read the same way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from confhub.access.rules import ROOT_PATH, Actor
from confhub.db.database import Tx
from confhub.kernel.permissions import ROLE_PERMISSIONS, Permission
from confhub.sheets.choices import NOTHING, Chosen, Said
from confhub.sheets.layout import Heading
from confhub.sheets.models import RememberedColumns

Kind = Literal["people", "units", "attendance"]


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """A sheet that was read. `sheet`: its place in the workbook, from 0; `name`: its name."""

    sheet: int
    name: str
    heading: Heading
    remembered: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one kind of files. `permission`: what the office has to write them; `fields`: what columns hold."""

    kind: Kind
    permission: Permission
    fields: Collection[str]

    def branch(self, actor: Actor) -> str:
        """The highest unit in which the actor may write: the office that sends the file."""
        paths = [one.path for one in actor.grants if self.permission in ROLE_PERMISSIONS[one.role]]
        return min(sorted(paths), key=len, default=ROOT_PATH)

    async def recall(
        self, tx: Tx, actor: Actor, headings: Mapping[int, Sequence[Heading]]
    ) -> dict[int, Said]:
        """What is known to the actor's branch of the sheets: `headings` has each one's, or where none was
        found all that may be it."""
        r = RememberedColumns
        digests = {heading.digest for of in headings.values() for heading in of}
        rows = await tx.scalars(
            select(r).where(r.branch == self.branch(actor), r.kind == self.kind, r.headings.in_(digests))
        )
        by_digest = {
            row.headings: {int(at): name for at, name in row.fields.items() if name in ("", *self.fields)}
            for row in rows
        }
        found: dict[int, Said] = {}
        for sheet, of in headings.items():
            heading = next((one for one in of if one.digest in by_digest), None)
            if heading is not None:
                found[sheet] = Said(heading.first, by_digest[heading.digest])
        return found

    async def keep(
        self, tx: Tx, actor: Actor, read: Iterable[ReadSheet], chosen: Chosen, now: datetime
    ) -> None:
        """Remember what was said of these sheets, for the actor's branch."""
        for one in read:
            said = chosen.get(one.sheet, NOTHING)
            if said == NOTHING:
                continue
            values = {
                "fields": {str(place): name for place, name in said.fields.items()},
                "at": now,
                "actor_name": actor.name,
            }
            await tx.execute(
                tx.upsert(RememberedColumns)
                .values(branch=self.branch(actor), kind=self.kind, headings=one.heading.digest, **values)
                .on_conflict_do_update(index_elements=["branch", "kind", "headings"], set_=values)
            )
