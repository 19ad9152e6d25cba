"""Who looks after what could not be delivered: inside a branch, and outside of it."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from confhub.access.rules import SYSTEM
from confhub.audit.models import AuditRow
from confhub.kernel.errors import Forbidden
from confhub.kernel.permissions import Role
from confhub.post import outbox
from confhub.post.errors import ParcelGivenUp, ParcelSent, ParcelUnknown
from confhub.post.models import Outbox
from confhub.post.service import PostService
from confhub.post.values import Draft, State
from tests.plugins.attendance import House, house, officer

__all__ = ["house"]

pytestmark = pytest.mark.both_databases

PROVINCE, HA_HOA, DOAN_HUNG = officer("/1/", 1), officer("/1/2/", 2), officer("/1/3/", 3)


@pytest.fixture
async def post(house: House) -> PostService:
    """1: given up in Hạ Hoà; 2: waits in Đoan Hùng after a try; 3: nobody's, given up; 4: sent; 5: new."""
    now = house.clock.now()
    async with house.database.transaction() as tx:
        for key, unit_id in (("a", 2), ("b", 3), ("c", None), ("d", 2), ("e", 2)):
            address = (f"{key}@phutho.example.vn",)
            await outbox.put(tx, "report", [Draft(key, "schedule:1", unit_id, address, f"Thư {key}")], now)
    async with house.database.transaction() as tx:
        for row in await tx.scalars(select(Outbox)):
            row.attempts = 0 if row.key == "e" else 1
            if row.key in "ac":
                row.due_at, row.given_up_at, row.last_error = None, now, "550 no 100% such box"
            if row.key == "d":
                row.due_at, row.done_at = None, now
    return PostService(house.database, house.clock)


async def keys(post: PostService, actor: object, **wanted: object) -> str:
    found = await post.parcels(actor, **wanted)  # type: ignore[arg-type]
    assert found.total == len(found.parcels)
    return "".join(sorted(one.title[-1] for one in found.parcels))


async def test_everybody_reads_of_their_branch_alone(post: PostService) -> None:
    assert await keys(post, SYSTEM) == "abc"
    assert await keys(post, PROVINCE) == "ab"
    assert await keys(post, HA_HOA) == "a"
    assert await keys(post, DOAN_HUNG) == "b"
    with pytest.raises(Forbidden):
        await post.parcels(officer("/1/", 1, Role.VIEWER))


async def test_it_is_found_by_its_state_and_by_what_stands_in_it(post: PostService) -> None:
    assert await keys(post, SYSTEM, state=State.WAITING) == "be"
    assert await keys(post, SYSTEM, state=State.SENT) == "d"
    assert await keys(post, SYSTEM, state=State.GIVEN_UP) == "ac"
    assert await keys(post, SYSTEM, search="NO 100% SUCH") == "ac"
    assert await keys(post, SYSTEM, search="b@phutho") == "b"
    assert await keys(post, SYSTEM, search="%") == "ac", "no wildcard"
    second = await post.parcels(SYSTEM, page=2, size=2)
    assert (second.total, len(second.parcels)) == (3, 1)


async def test_what_was_given_up_is_sent_again_in_its_branch_alone(post: PostService, house: House) -> None:
    (parcel,) = (await post.parcels(HA_HOA)).parcels
    for stranger in (DOAN_HUNG, officer("/1/2/", 2, Role.OPERATOR)):
        with pytest.raises(ParcelUnknown):
            await post.send_again(stranger, parcel.id)
    house.clock.advance(60)
    await post.send_again(HA_HOA, parcel.id)
    (again,) = (await post.parcels(HA_HOA)).parcels
    assert (again.state, again.due_at, again.last_error) == (State.WAITING, house.clock.now(), "")
    assert await audited(house) == [("post:parcel:again", str(parcel.id), "/1/2/")]


async def test_what_waits_is_given_up_with_a_reason_in_its_branch_alone(
    post: PostService, house: House
) -> None:
    (parcel,) = (await post.parcels(DOAN_HUNG)).parcels
    with pytest.raises(ParcelUnknown):
        await post.give_up(HA_HOA, parcel.id)
    await post.give_up(PROVINCE, parcel.id, " nhầm \n địa chỉ ")
    (given_up,) = (await post.parcels(DOAN_HUNG)).parcels
    assert (given_up.state, given_up.due_at, given_up.last_error) == (State.GIVEN_UP, None, "nhầm địa chỉ")
    with pytest.raises(ParcelGivenUp):
        await post.give_up(PROVINCE, parcel.id)
    assert await audited(house) == [("post:parcel:give_up", str(parcel.id), "/1/3/")]


async def test_what_was_sent_is_neither_sent_again_nor_given_up(post: PostService, house: House) -> None:
    (sent,) = (await post.parcels(SYSTEM, state=State.SENT)).parcels
    with pytest.raises(ParcelSent):
        await post.send_again(SYSTEM, sent.id)
    with pytest.raises(ParcelSent):
        await post.give_up(SYSTEM, sent.id)
    async with house.database.reading() as tx:
        assert await tx.scalar(select(func.count()).where(Outbox.done_at.is_not(None))) == 1


async def audited(house: House) -> list[tuple[str, str, str]]:
    async with house.database.reading() as tx:
        rows = await tx.execute(select(AuditRow.action, AuditRow.subject_id, AuditRow.path))
        return [(row[0], row[1], row[2]) for row in rows]
