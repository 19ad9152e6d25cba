"""The database's revisions are one chain, by number: of two made at a time the later one is renumbered."""

from __future__ import annotations

from alembic.script import ScriptDirectory

from confhub.db.migrate import MIGRATIONS, alembic_config


def test_revisions_follow_each_other_by_their_numbers() -> None:
    chain = [one.revision for one in ScriptDirectory.from_config(alembic_config()).walk_revisions()]
    files = sorted((one.name[:4] for one in (MIGRATIONS / "versions").glob("*.py")), reverse=True)
    assert chain == files, "a new one has the next number, in its name as well, and follows the newest"
    assert [int(one) for one in chain] == list(range(int(chain[0]), int(chain[-1]) - 1, -1))
