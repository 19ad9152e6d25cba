"""What 302 tablets ask every ten seconds reads a room's people, never a whole session's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from confhub.checkin import sheets
from confhub.db.database import Database
from confhub.db.migrate import upgrade


@pytest.mark.parametrize("statement_made", [sheets._WHOLE, sheets._CHANGES], ids=["whole", "changes"])
async def test_a_tablets_picture_is_found_by_its_room(tmp_path: Path, statement_made: Any) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'hub.db'}")
    seen = ("SEARCH session_attendee", "SEARCH home ")
    asked: list[tuple[str, tuple[object, ...]]] = []

    def note(
        _connection: object, _cursor: object, statement: str, parameters: object, *_more: object
    ) -> None:
        asked.append((statement, tuple(parameters)))  # type: ignore[arg-type]

    try:
        await upgrade(database)
        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        async with database.engine.connect() as connection:
            await connection.execute(statement_made, {"room": 1, "session": 1, "since": 1})
            statement, parameters = asked[-1]
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [str(row[3]) for row in plan if str(row[3]).startswith(seen)]
    finally:
        await database.close()
    assert len(steps) == 4
    assert not [step for step in steps if step.endswith("(session_id=?)")]
