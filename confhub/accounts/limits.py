"""Limits on failed attempts: growing waits, never a closed door. Successes cost nothing.

Strangers are counted by name and address together, by name, and generously by address. A device or a network
that the account has logged in from before is counted by itself (`origins`): others' guessing never delays it.

A room's 302 machines may stand behind one NAT address, so an address is only ever held against its
failures, and with a cap that a whole province of mistyped codes does not reach.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, case, delete, select, tuple_

from confhub.accounts.models import AttemptRow
from confhub.db.base import UtcDateTime
from confhub.db.database import Tx
from confhub.kernel.errors import TooMany


class TooManyAttempts(TooMany):
    """Over the limit; `params["retry_after_s"]` says when to come back."""

    message = "Too many failed attempts."


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """After `free` failures without `window_s` of quiet between them each further one doubles the wait."""

    kind: str
    free: int
    window_s: int
    first_wait_s: int
    longest_wait_s: int

    def wait_s(self, count: int) -> int:
        """Seconds to wait after the `count`th failure."""
        over = count - self.free
        if over < 0:
            return 0
        return min(self.first_wait_s << min(over, 20), self.longest_wait_s)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Failures are counted for `window_s` from the first one, and then anew."""

    kind: str
    window_s: int


@dataclass(frozen=True, slots=True)
class Failures:
    """Of one key, in the stretch that is running."""

    count: int
    last_at: datetime


LOGIN_BY_PAIR: Final = FailureLimit("login-pair", 5, 900, 5, 900)
"""One stranger at one name: five mistakes; then 5 s, doubling to 15 min: about 110 guesses a day."""

LOGIN_BY_NAME: Final = FailureLimit("login-name", 50, 900, 2, 60)
"""All strangers at one name: at most a guess a minute, from however many addresses. The wait stays short: it
holds up the owner's first login from a new place as well."""

LOGIN_KNOWN: Final = FailureLimit("login-known", 10, 900, 2, 60)
"""The owner's own mistakes, by device or network."""

LOGIN_BY_ADDRESS: Final = FailureLimit("login-address", 1_000, 900, 30, 900)
"""302 rooms behind one address may each mistype three times in a quarter of an hour."""

PAIRING_BY_ADDRESS: Final = FailureLimit("pairing-address", 1_000, 900, 30, 900)
"""As above; a code has 60 bits, so a thousand guesses find nothing."""

SETUP_BY_ADDRESS: Final = FailureLimit("setup-address", 20, 900, 30, 900)
"""One person types one code, copied from the terminal."""


DIGITS_BY_PHONE: Final = Stretch("six-phone", 7 * 24 * 3600)
"""Wrong digits of one phone: longer than all waits that somebody will sit out."""


def address_key(address: str) -> str:
    """What an address is counted under: an IPv4 address itself, an IPv6 address's /64 network."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return name_key(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def name_key(name: str) -> str:
    """What a typed name is counted under: a hash, for a name may be a password typed in the wrong field."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


Count = tuple[FailureLimit, str]
"""A limit, and the key that failures count against there."""


async def check(
    tx: Tx, counts: Sequence[Count], now: datetime, unwritten: Mapping[tuple[str, str], int] | None = None
) -> None:
    """Raise `TooManyAttempts` while one of the keys has to wait.

    `unwritten`: failures of this moment that the database does not know yet, by kind and key.
    """
    a = AttemptRow
    limits = {(limit.kind, key): limit for limit, key in counts}
    rows = await tx.execute(
        select(a.kind, a.key, a.count, a.last_at).where(tuple_(a.kind, a.key).in_(list(limits)))
    )
    found = {(kind, key): (count, last_at) for kind, key, count, last_at in rows}
    longest = timedelta(0)
    for place, limit in limits.items():
        count, last_at = found.get(place, (0, now))
        if more := (unwritten or {}).get(place, 0):
            count, last_at = count + more, now
        longest = max(longest, last_at + timedelta(seconds=limit.wait_s(count)) - now)
    if longest > timedelta(0):
        raise TooManyAttempts(retry_after_s=max(1, round(longest.total_seconds())))


async def note_failure(tx: Tx, counts: Sequence[Count], now: datetime) -> None:
    """Count one failure against each key; quiet of `window_s` starts its count anew."""
    a = AttemptRow
    quiet = a.last_at < bindparam("quiet_since", type_=UtcDateTime)
    first = tx.upsert(a).values(count=1, since=now, last_at=now)
    counted = first.on_conflict_do_update(
        index_elements=["kind", "key"],
        set_={
            "count": case((quiet, 1), else_=a.count + 1),
            "since": case((quiet, now), else_=a.since),
            "last_at": now,
        },
    )
    failures = [
        {"kind": limit.kind, "key": key, "quiet_since": now - timedelta(seconds=limit.window_s)}
        for limit, key in sorted(counts, key=lambda one: (one[0].kind, one[1]))
    ]
    await tx.rows(counted, failures)


async def failures(tx: Tx, counts: Sequence[tuple[Stretch, str]], now: datetime) -> dict[Stretch, Failures]:
    """What failed in the stretches that are running; nothing for those without failures."""
    a = AttemptRow
    stretches = {(stretch.kind, key): stretch for stretch, key in counts}
    query = select(a.kind, a.key, a.count, a.since, a.last_at)
    rows = await tx.execute(query.where(tuple_(a.kind, a.key).in_(list(stretches))))
    return {
        stretches[kind, key]: Failures(count, last_at)
        for kind, key, count, since, last_at in rows
        if now - since <= timedelta(seconds=stretches[kind, key].window_s)
    }


async def note_in_stretch(tx: Tx, counts: Sequence[tuple[Stretch, str]], now: datetime) -> None:
    """Count one failure against each key."""
    a = AttemptRow
    over = a.since < bindparam("running_since", type_=UtcDateTime)
    counted = (
        tx.upsert(a)
        .values(count=1, since=now, last_at=now)
        .on_conflict_do_update(
            index_elements=["kind", "key"],
            set_={
                "count": case((over, 1), else_=a.count + 1),
                "since": case((over, now), else_=a.since),
                "last_at": now,
            },
        )
    )
    failed = [
        {
            "kind": stretch.kind, "key": key,
            "running_since": now - timedelta(seconds=stretch.window_s),
        }
        for stretch, key in sorted(counts, key=lambda one: (one[0].kind, one[1]))
    ]  # fmt: skip
    await tx.rows(counted, failed)


async def forget(tx: Tx, limit: FailureLimit | Stretch, key: str) -> None:
    """A success clears the failures of `key`."""
    await tx.execute(delete(AttemptRow).where(AttemptRow.kind == limit.kind, AttemptRow.key == key))


async def sweep(tx: Tx, now: datetime) -> None:
    """Delete counts that no limit looks at any more; a phone waits a day at the longest."""
    a = AttemptRow
    await tx.execute(delete(a).where(a.last_at < now - timedelta(hours=1), a.kind != DIGITS_BY_PHONE.kind))
    await tx.execute(delete(a).where(a.last_at < now - timedelta(hours=25)))
