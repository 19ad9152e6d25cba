"""Reading accounts and their roles inside somebody's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, exists, or_, select

from confhub.access.rules import ROOT_PATH, Actor, Grant
from confhub.accounts.models import AccountRow, LoginRow, RoleGrantRow
from confhub.accounts.values import Account, RoleGrant
from confhub.db.database import Tx
from confhub.kernel.ids import AccountId, UnitId
from confhub.kernel.permissions import Role
from confhub.org.published import UnitColumns

IDS_AT_ONCE = 500
UNITS_MAX = 2_000
"""Units whose names are kept out of passwords; a province has some hundreds."""


async def grants_of(tx: Tx, account_ids: Iterable[int]) -> dict[int, tuple[RoleGrant, ...]]:
    """The roles of these accounts, with the units' names and paths."""
    ids = list(account_ids)
    found: dict[int, list[RoleGrant]] = {account_id: [] for account_id in ids}
    for start in range(0, len(ids), IDS_AT_ONCE):
        query = (
            select(RoleGrantRow, UnitColumns.name, UnitColumns.path)
            .outerjoin(*UnitColumns.of(RoleGrantRow.unit_id))
            .where(RoleGrantRow.account_id.in_(ids[start : start + IDS_AT_ONCE]))
            .order_by(RoleGrantRow.id)
        )
        for row, name, path in await tx.execute(query):
            unit_id = UnitId(row.unit_id) if row.unit_id is not None else None
            found[row.account_id].append(RoleGrant(Role(row.role), unit_id, name, path or ROOT_PATH))
    return {account_id: tuple(grants) for account_id, grants in found.items()}


def access_grants(grants: Iterable[RoleGrant]) -> tuple[Grant, ...]:
    """The same roles as an actor carries them."""
    return tuple(Grant(grant.role, grant.unit_id, grant.path) for grant in grants)


async def actors_of(tx: Tx, account_ids: Iterable[int]) -> dict[int, Actor]:
    """These accounts' persons with their present rights; closed accounts are left out."""
    ids = list(account_ids)
    rows = await tx.scalars(
        select(AccountRow).where(AccountRow.id.in_(ids), AccountRow.disabled_at.is_(None))
    )
    grants = await grants_of(tx, ids)
    return {
        row.id: Actor(AccountId(row.id), row.display_name, row.language, access_grants(grants[row.id]))
        for row in rows
    }


def account_of(row: AccountRow, grants: tuple[RoleGrant, ...]) -> Account:
    """The frozen value of a row."""
    return Account(
        AccountId(row.id),
        row.username,
        row.display_name,
        row.language,
        row.created_at,
        row.disabled_at,
        grants,
    )


async def top_administrator_exists(tx: Tx) -> bool:
    """Whether an open account is administrator of the whole house or of a root unit."""
    query = select(
        exists()
        .where(RoleGrantRow.account_id == AccountRow.id, AccountRow.disabled_at.is_(None))
        .where(RoleGrantRow.role == Role.ADMINISTRATOR.value)
        .where(
            or_(
                RoleGrantRow.unit_id.is_(None),
                RoleGrantRow.unit_id.in_(select(UnitColumns.id).where(UnitColumns.parent_id.is_(None))),
            )
        )
    )
    return bool(await tx.scalar(query))


async def tree_words(tx: Tx) -> list[str]:
    """What passwords here are built of: names and codes of the units, the upper ones first."""
    rows = await tx.execute(
        select(UnitColumns.name, UnitColumns.code).order_by(UnitColumns.path).limit(UNITS_MAX)
    )
    return [word for row in rows for word in row]


async def forget_logins(tx: Tx, now: datetime) -> None:
    """People's expired logins."""
    await tx.execute(delete(LoginRow).where(LoginRow.expires_at <= now))
