"""What a learning record store is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from confhub.training import statements

HOME = "https://hop.example.vn"


@pytest.mark.parametrize(
    ("millis", "text"),
    [
        (0, "PT0S"),
        (10, "PT0.01S"),
        (1_500, "PT1.5S"),
        (60_000, "PT1M"),
        (3_723_450, "PT1H2M3.45S"),
        (-5, "PT0S"),
    ],
)
def test_durations_are_iso_8601(millis: int, text: str) -> None:
    assert statements.duration(millis) == text


def test_the_same_has_the_same_id_and_something_else_another_one() -> None:
    first = _statement(code="CB1", millis=1000)
    assert statements.statement_id(HOME, first) == statements.statement_id(HOME, _statement("CB1", 1000))
    others = {
        statements.statement_id(HOME, first),
        statements.statement_id(HOME, first, taken_back=1),
        statements.statement_id("https://other.example.vn", first),
        statements.statement_id(HOME, _statement("CB1", 2000)),
        statements.statement_id(HOME, _statement("CB2", 1000)),
    }
    assert len(others) == 5


def test_a_person_is_an_account_and_never_a_name() -> None:
    assert statements.actor(HOME, 7, None)["account"] == {"homePage": HOME, "name": "person-7"}
    assert set(statements.actor(HOME, 7, "CB7")) == {"objectType", "account"}


def _statement(code: str, millis: int) -> dict[str, object]:
    return statements.statement(
        statements.ATTENDED,
        statements.actor(HOME, 7, code),
        statements.session_activity(HOME, 1, "Buổi 1"),
        home=HOME,
        millis=millis,
        completion=True,
        at=datetime(2026, 3, 2, 8, tzinfo=UTC),
        unit=("U1", "Xã Ấm Hạ"),
    )
