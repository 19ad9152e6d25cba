"""IdempotencyService: keys of requests, and what was answered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.idempotency import errors
from confhub.idempotency.limits import ANSWER_MAX_CHARS, KEPT, KEY_MAX_CHARS, KEYS_MAX
from confhub.idempotency.models import KeyRow
from confhub.kernel.clock import Clock

RETRY_S = 3_600


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered; `text` is JSON. `etag`: empty where there was none."""

    status: int
    text: str
    etag: str = ""


class IdempotencyService:
    """A key is its account's alone. What was refused leaves no trace, so that it can be sent again; what was
    neither answered nor refused, as the hub was ended over it, stays in progress until its day is over."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def begin(self, actor: Actor, key: str, request: bytes) -> Answered | None:
        """None: go on, and tell `done` or `refused`. Else what was answered before. `request`: method, path
        and body. KeyInvalid, KeyReused, KeyInProgress, TooManyKeys."""
        account, hashed = _owner(actor), _hash(clean_key(key).encode())
        now, k = self._clock.now(), KeyRow
        async with self._db.transaction() as tx:
            await tx.alone(f"idempotency.{account}")
            row = await tx.get(k, (account, hashed))
            if row is not None and row.made_at <= now - KEPT:
                await tx.delete(row)
                await tx.flush()
                row = None
            if row is None:
                count = select(func.count()).where(k.account_id == account, k.made_at > now - KEPT)
                if (await tx.scalar(count) or 0) >= KEYS_MAX:
                    raise errors.TooManyKeys(retry_after_s=RETRY_S)
                tx.add(k(account_id=account, key_hash=hashed, request_hash=_hash(request), made_at=now))
                return None
            if row.request_hash != _hash(request):
                raise errors.KeyReused(field="Idempotency-Key")
            if row.status is None:
                raise errors.KeyInProgress
            return Answered(row.status, row.answer, row.etag)

    async def done(self, actor: Actor, key: str, answered: Answered) -> None:
        """Keep what is answered."""
        if len(answered.text) > ANSWER_MAX_CHARS:
            await self.refused(actor, key)
            return
        async with self._db.transaction() as tx:
            row = await tx.get(KeyRow, (_owner(actor), _hash(clean_key(key).encode())))
            if row is not None:
                row.status, row.answer, row.etag = answered.status, answered.text, answered.etag

    async def refused(self, actor: Actor, key: str) -> None:
        """Nothing was carried out: the key is free again."""
        k = KeyRow
        own = delete(k).where(k.account_id == _owner(actor), k.key_hash == _hash(clean_key(key).encode()))
        async with self._db.transaction() as tx:
            await tx.execute(own.execution_options(synchronize_session=False))

    async def forget_over(self) -> None:
        """The clock's servant: keys whose day is over."""
        over = delete(KeyRow).where(KeyRow.made_at <= self._clock.now() - KEPT)
        async with self._db.transaction(later=True) as tx:
            await tx.execute(over.execution_options(synchronize_session=False))


def clean_key(text: str) -> str:
    """The key of a header: a string of RFC 9651 in its quotes, or the same without them. KeyInvalid."""
    key = text.strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 0 < len(key) <= KEY_MAX_CHARS or not all(0x20 < ord(char) < 0x7F for char in key):
        raise errors.KeyInvalid(field="Idempotency-Key", max_chars=KEY_MAX_CHARS)
    return key


def _owner(actor: Actor) -> int:
    assert actor.account_id is not None, "the hub itself sends itself nothing"
    return actor.account_id


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
