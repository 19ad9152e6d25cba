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
from confhub.registry.layout import NOTHING, Heading, Said
from confhub.registry.models import RememberedColumns

Kind = Literal["people", "units", "attendance"]

Chosen = Mapping[int, Said]
"""What was said of each sheet, by its place."""


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


def by_sheet(columns: Mapping[str, str], headings: Mapping[str, int]) -> dict[int, Said]:
    """`sheet.column` → field and sheet → row of the heading, as forms and drafts have them, by sheet."""
    fields: dict[int, dict[int, str]] = {}
    for key, name in columns.items():
        sheet, _, place = key.partition(".")
        if sheet.isdecimal() and place.isdecimal() and len(key) < 12:
            fields.setdefault(int(sheet), {})[int(place)] = name
    rows = {int(sheet): row for sheet, row in headings.items() if sheet.isdecimal() and len(sheet) < 12}
    return {sheet: Said(rows.get(sheet), fields.get(sheet, {})) for sheet in fields.keys() | rows.keys()}


def by_place(chosen: Chosen) -> dict[str, str]:
    """`sheet.column` → field again."""
    return {f"{sheet}.{place}": name for sheet, said in chosen.items() for place, name in said.fields.items()}


def by_heading_row(chosen: Chosen) -> dict[str, int]:
    """Sheet → row of the heading again."""
    return {str(sheet): said.heading for sheet, said in chosen.items() if said.heading is not None}


def over(known: Chosen, chosen: Chosen) -> dict[int, Said]:
    """What was chosen, over what is known from before."""
    found: dict[int, Said] = {}
    for sheet in known.keys() | chosen.keys():
        old, new = known.get(sheet, NOTHING), chosen.get(sheet, NOTHING)
        heading = old.heading if new.heading is None else new.heading
        found[sheet] = Said(heading, {**old.fields, **new.fields})
    return found
