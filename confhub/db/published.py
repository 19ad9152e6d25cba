"""What a subject lets others' statements read of its tables: columns and joins, never a row to write to."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, SQLColumnExpression


class Published:
    """A table as others read it: a subclass names the columns. `join(*X.of(column))` joins it by its id,
    `join(*X.on(condition))` by anything else."""

    _row: ClassVar[type[Any]]

    @classmethod
    def of(cls, key: SQLColumnExpression[int | None]) -> tuple[type[Any], ColumnElement[bool]]:
        """Target and condition: the row whose `id` the column names."""
        return cls._row, cls._row.id == key

    @classmethod
    def on(cls, condition: ColumnElement[bool]) -> tuple[type[Any], ColumnElement[bool]]:
        """Target and condition."""
        return cls._row, condition

    @classmethod
    def rows(cls) -> type[Any]:
        """What `select_from` takes, where a statement begins with this table."""
        return cls._row
