"""Use cases of the import: preview a file, then apply exactly what was previewed, all or nothing."""

from __future__ import annotations

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.registry.plan import ImportPlan


class ImportService:
    """Units and endpoints from CSV and XLSX. Needs `UNIT_EDIT` and `ENDPOINT_EDIT` where it writes."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def preview(
        self, actor: Actor, filename: str, content: bytes, *, complete: bool = False
    ) -> ImportPlan:
        """What the file would do. Writes nothing but the draft that `apply` takes up (30 minutes).

        `complete`: the file is the whole of the actor's branches, so that what it does not name is retired.
        A file that cannot be read at all is a plan with one problem, not an exception.
        """
        raise NotImplementedError

    async def apply(self, actor: Actor, token: str) -> ImportPlan:
        """Do what the preview with this `token` showed, all or nothing.

        Raises `ImportDraftGone` (unknown, used or too old), `PreviewStale` (the tree has changed since;
        preview again).
        """
        raise NotImplementedError
