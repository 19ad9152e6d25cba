"""HookSender: hands parcels to the receivers, signed as Standard Webhooks has it."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
from sqlalchemy import select
from standardwebhooks import Webhook
from yarl import URL

from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError
from confhub.post.values import Fate, Outcome, Parcel
from confhub.webhooks.addresses import BoundResolver, Bounds
from confhub.webhooks.limits import ANSWER_MAX_BYTES, ANSWER_S
from confhub.webhooks.models import HookRow

AGENT: Final = "confhub-webhooks"
_GONE: Final = 410
_REASON_CHARS: Final = 200


class HookSender:
    """The post's sender of webhooks. What fails is tried again as all post is, under the same webhook-id; an
    address answers for itself alone."""

    def __init__(self, db: Database, clock: Clock, bounds: Bounds) -> None:
        self._db, self._clock, self._bounds = db, clock, bounds

    async def send(self, parcels: Sequence[Parcel]) -> Mapping[int, Outcome]:
        """What became of each. Where one of an address fails, those behind it are not called now."""
        by_hook: defaultdict[int, list[Parcel]] = defaultdict(list)
        for one in parcels:
            by_hook[int(one.payload["webhook"])].append(one)
        async with self._db.reading() as tx:
            rows = {row.id: row for row in await tx.scalars(select(HookRow).where(HookRow.id.in_(by_hook)))}
        found: dict[int, Outcome] = {}
        for some in await asyncio.gather(*(self._to(rows.get(key), each) for key, each in by_hook.items())):
            found |= some
        return found

    async def _to(self, row: HookRow | None, parcels: Sequence[Parcel]) -> dict[int, Outcome]:
        if row is None or not row.active:
            return {one.id: Outcome(Fate.REFUSED, "The webhook is switched off") for one in parcels}
        found: dict[int, Outcome] = {}
        try:
            url = self._bounds.check(row.url)
        except DomainError as error:
            return {one.id: Outcome(Fate.LATER, str(error)) for one in parcels}
        resolver = BoundResolver(self._bounds, plain=url.scheme == "http")
        connector = aiohttp.TCPConnector(resolver=resolver, force_close=True)
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        failed: Outcome | None = None
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as client:
            for one in parcels:
                if failed is None:
                    found[one.id] = await self._call(client, url, row, one)
                    failed = found[one.id] if found[one.id].fate is Fate.LATER else None
                else:
                    found[one.id] = failed
        return found

    async def _call(self, client: aiohttp.ClientSession, url: URL, row: HookRow, parcel: Parcel) -> Outcome:
        body = written(parcel.payload["message"])
        headers = signed(parcel.name, self._clock.now(), body, self._secrets(row))
        try:
            async with client.post(url, data=body.encode(), headers=headers, allow_redirects=False) as answer:
                said = (await answer.content.read(ANSWER_MAX_BYTES)).decode("utf-8", "replace")
                return _outcome(answer.status, " ".join(said.split())[:_REASON_CHARS])
        except TimeoutError:
            return Outcome(Fate.LATER, f"No answer within {ANSWER_S:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Outcome(Fate.LATER, f"{type(error).__name__}: {error}"[:250])

    def _secrets(self, row: HookRow) -> list[str]:
        old = row.old_until is not None and row.old_until > self._clock.now()
        return [row.secret, row.old_secret] if old else [row.secret]


def written(message: Mapping[str, Any]) -> str:
    """The body: the same octets at every try."""
    return json.dumps(message, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def signed(name: str, now: datetime, body: str, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature by each secret."""
    at = now.astimezone(UTC)
    each = [Webhook(secret).sign(name, at, body) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(each),
    }


def _outcome(status: int, said: str) -> Outcome:
    if 200 <= status < 300:
        return Outcome(Fate.SENT)
    reason = f"{status} {said}".strip()
    if status == _GONE:
        return Outcome(Fate.REFUSED, reason)
    if 300 <= status < 400:
        reason = f"{status}: redirects are not followed"
    return Outcome(Fate.LATER, reason)
