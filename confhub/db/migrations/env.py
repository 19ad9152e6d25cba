"""Alembic's environment: works on the connection that `confhub.db.migrate` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from confhub.db.base import Base, UtcDateTime
from confhub.db.migrate import load_models


def render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Revisions name plain SQLAlchemy types, so that they outlive the program's own classes."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Run the wanted revisions in the caller's transaction; SQLite alters tables by copying them."""
    connection = context.config.attributes["connection"]
    assert connection is not None, "revisions run through confhub.db.migrate"
    load_models()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
