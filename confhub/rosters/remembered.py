"""What a branch said of the columns of its files: the next file with such a heading is read the same way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select

from confhub.access.rules import ROOT_PATH, Actor
from confhub.db.database import Tx
from confhub.kernel.permissions import ROLE_PERMISSIONS, Permission
from confhub.registry.layout import Heading
from confhub.registry.models import RememberedColumns
from confhub.rosters.columns import FIELDS, Header

KIND: Final = "people"


def branch_of(actor: Actor) -> str:
    """The highest unit whose people the actor may write: the office that sends the file."""
    paths = [one.path for one in actor.grants if Permission.PERSON_EDIT in ROLE_PERMISSIONS[one.role]]
    return min(sorted(paths), key=len, default=ROOT_PATH)


async def recall(tx: Tx, actor: Actor, headings: Mapping[int, Heading]) -> dict[int, dict[int, str]]:
    """Sheet → place → field, for the sheets whose heading is known to the actor's branch."""
    r = RememberedColumns
    digests = {heading.digest for heading in headings.values()}
    rows = await tx.scalars(
        select(r).where(r.branch == branch_of(actor), r.kind == KIND, r.headings.in_(digests))
    )
    by_digest = {
        row.headings: {int(at): name for at, name in row.fields.items() if name in ("", *FIELDS)}
        for row in rows
    }
    return {
        sheet: by_digest[heading.digest] for sheet, heading in headings.items() if heading.digest in by_digest
    }


async def keep(
    tx: Tx, actor: Actor, headers: Iterable[Header], chosen: Mapping[int, Mapping[int, str]], now: datetime
) -> None:
    """Remember what was chosen for these sheets, for the actor's branch."""
    for header in headers:
        fields = {str(place): name for place, name in chosen.get(header.sheet, {}).items()}
        if not fields:
            continue
        values = {"fields": fields, "at": now, "actor_name": actor.name}
        await tx.execute(
            tx.upsert(RememberedColumns)
            .values(branch=branch_of(actor), kind=KIND, headings=header.heading.digest, **values)
            .on_conflict_do_update(index_elements=["branch", "kind", "headings"], set_=values)
        )
