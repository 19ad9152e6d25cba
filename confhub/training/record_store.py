"""The learning record store at the other end: statements handed in over HTTP (xAPI 1.0.3, part 3, 2.1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aiohttp
import structlog
from sqlalchemy import select

from confhub.db.database import Database
from confhub.post.values import Fate, Outcome, Parcel
from confhub.training.limits import LRS_TIMEOUT_S
from confhub.training.models import LearningStatement

log = structlog.get_logger(__name__)

VERSION = "1.0.3"

Line = tuple[Parcel, dict[str, Any]]
"""A parcel and the statement in it."""


class StoreDown(Exception):
    """The store does not answer, or not so that it could be understood. `wait_s`: what it asked for."""

    def __init__(self, reason: str, wait_s: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.wait_s = reason, wait_s


class RecordStore:
    """The post's sender of statements."""

    def __init__(self, db: Database, url: str, key: str, secret: str) -> None:
        """`url`: the store's, without `/statements`; `key` and `secret`: of basic authentication."""
        self._db, self._url = db, url
        self._headers = {
            "Authorization": aiohttp.encode_basic_auth(key, secret, encoding="utf-8"),
            "X-Experience-API-Version": VERSION,
        }

    async def send(self, parcels: Sequence[Parcel]) -> dict[int, Outcome]:
        """Hand in these statements. What was erased meanwhile is left out."""
        row = LearningStatement
        async with self._db.reading() as tx:
            query = select(row.id, row.body).where(row.id.in_([one.key for one in parcels]))
            bodies = {line[0]: line[1] for line in await tx.execute(query)}
        outcomes: dict[int, Outcome] = {}
        timeout = aiohttp.ClientTimeout(total=LRS_TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout, headers=self._headers) as client:
            lines = [(one, bodies[one.key]) for one in parcels if one.key in bodies]
            try:
                await self._hand_in(client, lines, outcomes)
            except StoreDown as down:
                log.warning("learning record store does not take statements", reason=down.reason)
        return outcomes

    async def _hand_in(
        self, client: aiohttp.ClientSession, lines: Sequence[Line], outcomes: dict[int, Outcome]
    ) -> None:
        """Note what becomes of these. A batch that is refused is halved until the bad one stands alone."""
        if not lines:
            return
        try:
            status, reason = await self._post(client, [body for _, body in lines])
        except StoreDown as down:
            away = Outcome(Fate.AWAY, down.reason, down.wait_s)
            outcomes.update((parcel.id, away) for parcel, _ in lines)
            raise
        if status in (200, 204):
            outcomes.update((parcel.id, Outcome(Fate.SENT)) for parcel, _ in lines)
        elif len(lines) > 1:
            middle = len(lines) // 2
            await self._hand_in(client, lines[:middle], outcomes)
            await self._hand_in(client, lines[middle:], outcomes)
        elif status == 409:  # the store has this id already: it was told before, and its answer got lost
            outcomes[lines[0][0].id] = Outcome(Fate.SENT)
        else:
            log.warning("learning record store refuses a statement", statement=lines[0][0].key, reason=reason)
            outcomes[lines[0][0].id] = Outcome(Fate.REFUSED, f"{status} {reason}")

    async def _post(self, client: aiohttp.ClientSession, bodies: list[dict[str, Any]]) -> tuple[int, str]:
        """(status, what it says); 200, 204, 400, 409 or 413. Everything else is `StoreDown`."""
        try:
            async with client.post(
                f"{self._url}/statements",
                json=bodies,
                allow_redirects=False,
            ) as answer:
                text = (await answer.content.read(2_000)).decode("utf-8", "replace")
                reason = " ".join(text.split())[:200]
                if answer.status in (200, 204, 400, 409, 413):
                    return answer.status, reason
                asked = answer.headers.get("Retry-After", "")
                wait = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
                raise StoreDown(f"{answer.status} {reason}".strip(), wait)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise StoreDown(f"{type(error).__name__}: {error}"[:250]) from error
