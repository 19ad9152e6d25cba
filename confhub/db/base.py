"""The declarative base and the column types shared by every subject's tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    literal,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.functions import FunctionElement

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table hangs here; constraint names follow one pattern, so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)


BigId = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit primary key that SQLite counts up by itself."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond. Takes and gives timezone-aware values only."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        assert value.tzinfo is not None, "a stored moment carries its zone"
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def as_written(constant: str) -> ColumnElement[str]:
    """A constant that stands in the statement itself: what a partial index is chosen by. SQLite plans a
    statement anew, each time it is asked, where that is a bound value."""
    assert constant.isidentifier(), constant
    return literal(constant, String, literal_execute=True)


class unix_now(FunctionElement[int]):  # noqa: N801 - stands in statements as functions do
    """The database's own clock, in whole Unix seconds: the statement's, not the transaction's beginning."""

    type = BigInteger()
    inherit_cache = True


@compiles(unix_now, "sqlite")
def _unix_now_sqlite(*_: Any, **__: Any) -> str:
    return "CAST(strftime('%s', 'now') AS INTEGER)"


@compiles(unix_now, "postgresql")
def _unix_now_postgresql(*_: Any, **__: Any) -> str:
    return "CAST(floor(EXTRACT(EPOCH FROM clock_timestamp())) AS BIGINT)"


SortKey = String().with_variant(String(collation="C"), "postgresql")
"""What `i18n.collation.sort_key` gives: sorted byte by byte, whatever the database's own collation."""

SearchKey = String()
"""What `i18n.folding.fold` gives."""

Path = String(200).with_variant(String(200, collation="C"), "postgresql")
"""A unit's path, `/1/14/203/`: prefixes are branches, so bytes must be compared."""
