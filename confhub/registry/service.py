"""Use cases of the registry: list, search, add, change and retire endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, case, func, or_, select

from confhub.access.rules import Actor, below, branch_filter, require
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.i18n.folding import like_pattern
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, UnitId
from confhub.kernel.limits import NAME_MAX_CHARS, PAGE_SIZE, PAGE_SIZE_MAX
from confhub.kernel.paging import offset_of
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.org.dissolved import Calendar, check_standing
from confhub.org.errors import CodeTaken
from confhub.org.published import UnitColumns
from confhub.org.store import visible_unit
from confhub.registry import store
from confhub.registry.events import EndpointChanged
from confhub.registry.models import EndpointRow
from confhub.registry.rules import clean_endpoint
from confhub.registry.store import endpoints_by_id
from confhub.registry.values import Endpoint, EndpointDraft, EndpointKind, EndpointPage, Standing

__all__ = ["RegistryService", "endpoints_by_id", "endpoints_in_use"]


class RegistryService:
    """Endpoints. Tells EndpointChanged."""

    def __init__(self, db: Database, clock: Clock, timezone: str = "Asia/Ho_Chi_Minh") -> None:
        """`timezone`: whose calendar says which units are dissolved."""
        self._db = db
        self._clock = clock
        self._calendar = Calendar(clock, timezone)

    async def endpoints(
        self,
        actor: Actor,
        *,
        search: str = "",
        unit_id: UnitId | None = None,
        kind: EndpointKind | None = None,
        retired: bool = False,
        sort: str = "",
        page: int = 1,
        size: int = PAGE_SIZE,
    ) -> EndpointPage:
        """One page (from 1) of the endpoints the actor sees, in Vietnamese order; by one of `store.ORDERS`
        where `sort` names it, the other way round with a minus before it.

        `search` looks into code and name, without diacritics; `unit_id` keeps that unit's branch
        (raises `UnitNotFound`); `retired=True` shows only retired ones.
        """
        size = min(max(size, 1), PAGE_SIZE_MAX)
        page = min(max(page, 1), 10**6)
        query = _visible(actor).where(
            EndpointRow.retired_at.is_not(None) if retired else EndpointRow.retired_at.is_(None)
        )
        if search.strip():
            pattern = like_pattern(search[:NAME_MAX_CHARS])
            query = query.where(EndpointRow.search_key.like(pattern, escape="\\"))
        if kind is not None:
            query = query.where(EndpointRow.kind == kind.value)
        async with self._db.reading() as tx:
            if unit_id is not None:
                query = query.where(below((await visible_unit(tx, actor, unit_id)).path, UnitColumns.path))
            total = await tx.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
            ordered = query.order_by(*store.order(sort), EndpointRow.sort_key, EndpointRow.code)
            rows = (await tx.execute(ordered.offset(offset_of(page, size)).limit(size))).all()
        return EndpointPage([store.endpoint_of(row) for row in rows], total, page, size)

    async def under(self, actor: Actor, unit_ids: Sequence[UnitId]) -> list[Endpoint]:
        """All endpoints in use in the branches of these units that the actor sees, in Vietnamese order.

        Raises `UnitNotFound` for a unit outside the actor's branches.
        """
        if not unit_ids:
            return []
        async with self._db.reading() as tx:
            paths = {(await visible_unit(tx, actor, unit_id)).path for unit_id in unit_ids}
            query = (
                _visible(actor)
                .where(EndpointRow.retired_at.is_(None))
                .where(or_(*(below(path, UnitColumns.path) for path in sorted(paths))))
                .order_by(EndpointRow.sort_key, EndpointRow.code)
            )
            return [store.endpoint_of(row) for row in await tx.execute(query)]

    async def standing(self, actor: Actor, on: date) -> Standing:
        """How many of the rooms in use that the actor sees belong to a unit that exists on this day."""
        over, ahead = UnitColumns.valid_to < on, UnitColumns.valid_from > on
        query = _visible(actor).where(
            EndpointRow.retired_at.is_(None), EndpointRow.kind == EndpointKind.ROOM.value
        )
        async with self._db.reading() as tx:
            found = await tx.execute(
                query.with_only_columns(
                    func.count(),
                    func.sum(case((over, 1), else_=0)),
                    func.max(case((over, UnitColumns.valid_to))),
                    func.sum(case((ahead, 1), else_=0)),
                    maintain_column_froms=True,
                )
            )
            rooms, ended, ended_on, coming = found.one()
        return Standing(rooms, ended or 0, ended_on, coming or 0)

    async def endpoint(self, actor: Actor, endpoint_id: EndpointId) -> Endpoint:
        """One endpoint; raises `EndpointNotFound`."""
        async with self._db.reading() as tx:
            return await store.visible_endpoint(tx, actor, endpoint_id)

    async def create_endpoint(self, actor: Actor, draft: EndpointDraft) -> Endpoint:
        """A new endpoint; needs `ENDPOINT_EDIT` at its unit.

        Raises `UnitNotFound`, `Forbidden`, `UnitDissolved`, `CodeTaken`, and what is wrong with the fields.
        """
        draft = clean_endpoint(draft)
        async with self._db.transaction() as tx:
            await tx.alone("registry.endpoint")
            unit = await visible_unit(tx, actor, draft.unit_id)
            require(actor, Permission.ENDPOINT_EDIT, unit.path)
            await check_standing(tx, unit, self._calendar.today())
            await _check_code_free(tx, draft.code, None)
            row = EndpointRow(created_at=self._clock.now())
            _fill(row, draft)
            tx.add(row)
            await tx.flush()
            record(tx, actor, "registry:endpoint:add", "endpoint", row.id, self._clock.now(),
                   path=unit.path, code=row.code, name=row.name)  # fmt: skip
            tx.tell(EndpointChanged(EndpointId(row.id)))
            return await store.visible_endpoint(tx, actor, EndpointId(row.id))

    async def update_endpoint(
        self, actor: Actor, endpoint_id: EndpointId, draft: EndpointDraft, *, seen: str | None = None
    ) -> Endpoint:
        """Change an endpoint; needs `ENDPOINT_EDIT` at its unit and at the new one, which must not be
        dissolved. `seen`: see `kernel.versions`."""
        draft = clean_endpoint(draft)
        async with self._db.transaction() as tx:
            await tx.alone("registry.endpoint")
            before, row = await _editable(tx, actor, endpoint_id)
            check_seen(seen, before.draft)
            unit = await visible_unit(tx, actor, draft.unit_id)
            require(actor, Permission.ENDPOINT_EDIT, unit.path)
            if unit.id != before.unit_id:
                await check_standing(tx, unit, self._calendar.today())
            await _check_code_free(tx, draft.code, row.id)
            _fill(row, draft)
            await tx.flush()
            after = await store.visible_endpoint(tx, actor, endpoint_id)
            record(tx, actor, "registry:endpoint:change", "endpoint", row.id, self._clock.now(),
                   path=unit.path, changes=_differences(before, after))  # fmt: skip
            tx.tell(EndpointChanged(EndpointId(row.id)))
            return after

    async def retire_endpoint(self, actor: Actor, endpoint_id: EndpointId) -> Endpoint:
        """Take out of use: its credentials and codes are revoked. Does nothing to a retired one."""
        async with self._db.transaction() as tx:
            before, row = await _editable(tx, actor, endpoint_id)
            if row.retired_at is not None:
                return before
            now = self._clock.now()
            row.retired_at = now
            await store.revoke_codes(tx, [row.id], now)
            await store.revoke_machines(tx, row.id, now)
            record(tx, actor, "registry:endpoint:retire", "endpoint", row.id, now, path=before.path)
            tx.tell(EndpointChanged(EndpointId(row.id)))
            await tx.flush()
            return await store.visible_endpoint(tx, actor, endpoint_id)

    async def restore_endpoint(self, actor: Actor, endpoint_id: EndpointId) -> Endpoint:
        """Bring a retired endpoint back; it has to be paired anew. Raises `UnitDissolved`."""
        async with self._db.transaction() as tx:
            before, row = await _editable(tx, actor, endpoint_id)
            if row.retired_at is None:
                return before
            unit = await visible_unit(tx, actor, before.unit_id)
            await check_standing(tx, unit, self._calendar.today(), "endpoint_id")
            row.retired_at = None
            record(tx, actor, "registry:endpoint:restore", "endpoint", row.id, self._clock.now(),
                   path=before.path)  # fmt: skip
            tx.tell(EndpointChanged(EndpointId(row.id)))
            await tx.flush()
            return await store.visible_endpoint(tx, actor, endpoint_id)


async def endpoints_in_use(tx: Tx, path: str) -> bool:
    """Whether an endpoint in use hangs in the branch at `path`: what `OrgService` asks before retiring."""
    query = (
        select(EndpointRow.id)
        .join(*UnitColumns.of(EndpointRow.unit_id))
        .where(below(path, UnitColumns.path), EndpointRow.retired_at.is_(None))
        .limit(1)
    )
    return await tx.scalar(query) is not None


def _visible(actor: Actor) -> Select[EndpointRow, str, str, bool]:
    return store.endpoint_query().where(branch_filter(actor, Permission.ENDPOINT_VIEW, UnitColumns.path))


async def _editable(tx: Tx, actor: Actor, endpoint_id: EndpointId) -> tuple[Endpoint, EndpointRow]:
    endpoint = await store.visible_endpoint(tx, actor, endpoint_id)
    require(actor, Permission.ENDPOINT_EDIT, endpoint.path)
    return endpoint, await tx.get_one(EndpointRow, endpoint_id)


async def _check_code_free(tx: Tx, code: str, own_id: int | None) -> None:
    holder = await tx.scalar(select(EndpointRow.id).where(EndpointRow.code == code))
    if holder is not None and holder != own_id:
        raise CodeTaken(field="code", value=code)


def _fill(row: EndpointRow, draft: EndpointDraft) -> None:
    store.set_texts(row, draft.code, draft.name)
    row.unit_id = draft.unit_id
    row.kind = draft.kind.value
    row.bandwidth_profile = draft.bandwidth_profile.value
    row.operator_name = draft.operator_name
    row.operator_phone = draft.operator_phone


def _differences(before: Endpoint, after: Endpoint) -> dict[str, list[object]]:
    fields = ("code", "name", "unit_id", "kind", "bandwidth_profile", "operator_name", "operator_phone")
    return {
        field: [getattr(before, field), getattr(after, field)]
        for field in fields
        if getattr(before, field) != getattr(after, field)
    }
