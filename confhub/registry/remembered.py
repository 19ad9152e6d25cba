"""Columns as somebody chose them, and what a branch said of those of its files: the next file with such a
heading is read the same way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from confhub.access.rules import ROOT_PATH, Actor
from confhub.db.database import Tx
from confhub.kernel.permissions import ROLE_PERMISSIONS, Permission
from confhub.registry.layout import Heading
from confhub.registry.models import RememberedColumns

Kind = Literal["people", "units"]

Chosen = Mapping[int, Mapping[int, str]]
"""Sheet → place → field, or "" for a column that is not read."""


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
        self, tx: Tx, actor: Actor, headings: Mapping[int, Heading]
    ) -> dict[int, dict[int, str]]:
        """The columns of those sheets whose heading is known to the actor's branch."""
        r = RememberedColumns
        digests = {heading.digest for heading in headings.values()}
        rows = await tx.scalars(
            select(r).where(r.branch == self.branch(actor), r.kind == self.kind, r.headings.in_(digests))
        )
        by_digest = {
            row.headings: {int(at): name for at, name in row.fields.items() if name in ("", *self.fields)}
            for row in rows
        }
        return {
            sheet: by_digest[heading.digest]
            for sheet, heading in headings.items()
            if heading.digest in by_digest
        }

    async def keep(
        self, tx: Tx, actor: Actor, read: Iterable[ReadSheet], chosen: Chosen, now: datetime
    ) -> None:
        """Remember what was chosen for these sheets, for the actor's branch."""
        for one in read:
            fields = {str(place): name for place, name in chosen.get(one.sheet, {}).items()}
            if not fields:
                continue
            values = {"fields": fields, "at": now, "actor_name": actor.name}
            await tx.execute(
                tx.upsert(RememberedColumns)
                .values(branch=self.branch(actor), kind=self.kind, headings=one.heading.digest, **values)
                .on_conflict_do_update(index_elements=["branch", "kind", "headings"], set_=values)
            )


def by_sheet(columns: Mapping[str, str]) -> dict[int, dict[int, str]]:
    """`sheet.column` → field, as forms and drafts have it, by sheet and place."""
    found: dict[int, dict[int, str]] = {}
    for key, name in columns.items():
        sheet, _, place = key.partition(".")
        if sheet.isdigit() and place.isdigit() and len(key) < 12:
            found.setdefault(int(sheet), {})[int(place)] = name
    return found


def by_place(chosen: Chosen) -> dict[str, str]:
    """`sheet.column` → field again."""
    return {f"{sheet}.{place}": name for sheet, of in chosen.items() for place, name in of.items()}


def over(known: Chosen, chosen: Chosen) -> dict[int, dict[int, str]]:
    """What was chosen, over what is known from before."""
    return {
        sheet: {**known.get(sheet, {}), **chosen.get(sheet, {})} for sheet in known.keys() | chosen.keys()
    }
