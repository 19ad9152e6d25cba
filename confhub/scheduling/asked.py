"""Lists handed into a statement as one value, whatever their length: ids, and hours of sessions."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CTE, BigInteger, ColumnElement, String, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from confhub.db.database import Tx


@dataclass(frozen=True, slots=True)
class Window:
    """From `from_s` until `until_s`, in seconds since 1970; `key` is the asker's own."""

    key: int
    from_s: int
    until_s: int

    @classmethod
    def of(cls, key: int, starts_at: datetime, length_min: int) -> Window:
        """The hours of a session."""
        return cls(
            key,
            int(starts_at.timestamp()),
            int((starts_at + timedelta(minutes=length_min)).timestamp()),
        )


def on_sqlite(tx: Tx) -> bool:
    """Which dialect the transaction speaks."""
    return tx.get_bind().dialect.name == "sqlite"


def one_of(tx: Tx, column: ColumnElement[Any], ids: Collection[int]) -> ColumnElement[bool]:
    """The condition that the column holds one of these ids."""
    if on_sqlite(tx):
        listed = func.json_each(literal(json.dumps(list(ids)), String)).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(literal(list(ids), ARRAY(BigInteger)))


def listed(tx: Tx, windows: Sequence[Window]) -> CTE:
    """The windows as a table with `key`, `from_s` and `until_s`."""
    if on_sqlite(tx):
        rows = json.dumps([[one.key, one.from_s, one.until_s] for one in windows])
        each = func.json_each(literal(rows, String)).table_valued("value")
        parts = [
            func.json_extract(each.c.value, f"$[{place}]", type_=BigInteger).label(name)
            for place, name in enumerate(("key", "from_s", "until_s"))
        ]
        return select(*parts).cte("wanted").prefix_with("MATERIALIZED")
    arrays = [
        cast(literal([getattr(one, name) for one in windows], ARRAY(BigInteger)), ARRAY(BigInteger))
        for name in ("key", "from_s", "until_s")
    ]
    each = func.unnest(*arrays).table_valued("key", "from_s", "until_s", name="each").render_derived()
    columns = [cast(each.c[name], BigInteger).label(name) for name in ("key", "from_s", "until_s")]
    return select(*columns).cte("wanted").prefix_with("MATERIALIZED")


def ids_listed(tx: Tx, ids: Collection[int]) -> CTE:
    """The ids as a table with the column `id`."""
    if on_sqlite(tx):
        each = func.json_each(literal(json.dumps(list(ids)), String)).table_valued("value")
        return select(cast(each.c.value, BigInteger).label("id")).cte("ids").prefix_with("MATERIALIZED")
    array = cast(literal(list(ids), ARRAY(BigInteger)), ARRAY(BigInteger))
    each = func.unnest(array).table_valued("id", name="each_id").render_derived()
    return select(cast(each.c.id, BigInteger).label("id")).cte("ids").prefix_with("MATERIALIZED")
