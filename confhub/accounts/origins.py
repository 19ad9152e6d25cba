"""Where an account logs in from: its devices and networks, which others' guessing never shuts out.

A device is known by a random cookie of which only a hash is stored; it opens nothing by itself.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, tuple_

from confhub.accounts import limits
from confhub.accounts.limits import FailureLimit
from confhub.accounts.models import AttemptRow, KnownOriginRow
from confhub.db.database import Tx

KNOWN_FOR: Final = timedelta(days=180)
"""A device or network that was not used for half a year is a stranger again."""

KEPT_MAX: Final = 20
"""Devices, and networks, of one account; the oldest give way."""

_TOKEN_MAX_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an attempt to log in comes from. `device`: the browser's cookie, empty where it has none."""

    address: str
    device: str = ""

    @property
    def network_key(self) -> str:
        return limits.address_key(self.address)

    @property
    def device_key(self) -> str:
        """Empty where there is no device."""
        if not self.device or len(self.device) > _TOKEN_MAX_CHARS:
            return ""
        return hashlib.sha256(self.device.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def keys(self) -> dict[str, str]:
        """What it is known under, by kind; the device first."""
        return {"device": self.device_key, "network": self.network_key}


@dataclass(frozen=True, slots=True)
class Standing:
    """How an origin stands to the account whose name was typed: which lane it waits in, and what its
    failures count against."""

    lane: str
    counts: tuple[tuple[FailureLimit, str], ...]
    clears: tuple[tuple[FailureLimit, str], ...]
    """What a success forgets: never the counts that strangers share."""


async def standing(tx: Tx, account_id: int | None, name: str, origin: Origin, now: datetime) -> Standing:
    """The standing; alike for unknown names and for accounts' strangers."""
    known = await _known(tx, account_id or 0, origin, now)
    lane = f"network:{origin.network_key}"
    for kind, key in origin.keys.items():
        if kind in known:
            own = ((limits.LOGIN_KNOWN, f"{account_id}:{key}"),)
            return Standing(f"device:{origin.device_key}" if kind == "device" else lane, own, own)
    pair = (limits.LOGIN_BY_PAIR, pair_key(name, origin))
    return Standing(
        lane,
        (
            pair,
            (limits.LOGIN_BY_NAME, limits.name_key(name)),
            (limits.LOGIN_BY_ADDRESS, origin.network_key),
        ),
        (pair,),
    )


def pair_key(name: str, origin: Origin) -> str:
    """What a stranger's attempts at one name are counted under."""
    return f"{limits.name_key(name)[:32]}:{origin.network_key}"


async def remember(tx: Tx, account_id: int, origin: Origin, now: datetime) -> str:
    """After a login: device and network are known from now on. Returns the device's cookie, new or as it is.

    A cookie is taken over only where it is this account's already: nobody can lend one.
    """
    k = KnownOriginRow
    known = await _known(tx, account_id, origin, now)
    if "device" not in known:
        origin = Origin(origin.address, secrets.token_urlsafe(32))
    # Several log in at once from one network: whoever is second finds what the first has written.
    seen = tx.upsert(k).values(
        [
            {"account_id": account_id, "kind": kind, "key": key, "seen_at": now}
            for kind, key in origin.keys.items()
        ]
    )
    await tx.execute(
        seen.on_conflict_do_update(index_elements=["account_id", "kind", "key"], set_={"seen_at": now})
    )
    for kind in origin.keys.keys() - known:
        newest = (
            select(k.key)
            .where(k.account_id == account_id, k.kind == kind)
            .order_by(k.seen_at.desc())
            .limit(KEPT_MAX)
        )
        await tx.execute(delete(k).where(k.account_id == account_id, k.kind == kind, k.key.not_in(newest)))
    return origin.device


async def sweep(tx: Tx, now: datetime) -> None:
    """Forget devices and networks that nobody has used for long."""
    await tx.execute(delete(KnownOriginRow).where(KnownOriginRow.seen_at <= now - KNOWN_FOR))


async def _known(tx: Tx, account_id: int, origin: Origin, now: datetime) -> set[str]:
    """Which of an origin's kinds the account has logged in from."""
    k = KnownOriginRow
    return set(
        await tx.scalars(
            select(k.kind).where(
                k.account_id == account_id,
                k.seen_at > now - KNOWN_FOR,
                tuple_(k.kind, k.key).in_(list(origin.keys.items())),
            )
        )
    )


async def unlock(tx: Tx, account_id: int, name: str) -> None:
    """Forget every failed attempt at this account."""
    a = AttemptRow
    mine = (
        ((a.kind == limits.LOGIN_BY_NAME.kind) & (a.key == limits.name_key(name)))
        | ((a.kind == limits.LOGIN_BY_PAIR.kind) & a.key.like(f"{limits.name_key(name)[:32]}:%"))
        | ((a.kind == limits.LOGIN_KNOWN.kind) & a.key.like(f"{account_id}:%"))
    )
    await tx.execute(delete(a).where(mine))
