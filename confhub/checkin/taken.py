"""Phones that count for somebody in a session: what of them counts, and their release. No rights."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, func, select

from confhub.checkin import store
from confhub.checkin.models import CheckinDevice, PersonEvent
from confhub.checkin.undone import DEVICE
from confhub.db.database import Tx


async def counted(tx: Tx, session_id: int, devices: Collection[str]) -> dict[str, int]:
    """Phone → how much of what it told still counts; phones with any."""
    e = PersonEvent
    found: dict[str, int] = {}
    for part in store.parts(devices):
        tellers = [f"{DEVICE}:{one}" for one in part]
        query = select(e.by, func.count()).where(
            e.session_id == session_id, e.by.in_(tellers), store.stands()
        )
        found |= {by.partition(":")[2]: count for by, count in await tx.execute(query.group_by(e.by))}
    return found


async def release(tx: Tx, session_id: int, devices: Collection[str]) -> None:
    """These phones count for nobody."""
    d = CheckinDevice
    for part in store.parts(devices):
        freed = delete(d).where(d.session_id == session_id, d.device.in_(part))
        await tx.execute(freed.execution_options(synchronize_session=False))


async def release_silent(tx: Tx, session_id: int, devices: Collection[str]) -> None:
    """Those of these phones of which nothing counts any more count for nobody."""
    left = await counted(tx, session_id, devices)
    await release(tx, session_id, [one for one in devices if one not in left])
