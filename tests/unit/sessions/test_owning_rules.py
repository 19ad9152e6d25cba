"""To which session a room belongs, for every pair of states of two sessions that both expect it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from confhub.kernel.ids import SessionId
from confhub.sessions.owning_rules import Claim, owner
from confhub.sessions.values import SessionState

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def lobby(session: int, starts_at: datetime, placed_at: datetime | None = None) -> Claim:
    return Claim(SessionId(session), SessionState.LOBBY, starts_at, placed_at=placed_at)


def live(session: int, since: datetime, placed_at: datetime | None = None) -> Claim:
    return Claim(SessionId(session), SessionState.LIVE, since - HOUR, since, placed_at)


def winner(*claims: Claim) -> int | None:
    found = owner(claims)
    assert found == owner(reversed(claims)), "the order in which they are found decides nothing"
    return None if found is None else found.session_id


def test_a_room_that_nobody_expects_belongs_to_nobody() -> None:
    assert winner() is None


def test_of_two_lobbies_the_one_that_starts_first_has_the_room() -> None:
    assert winner(lobby(1, NINE + HOUR), lobby(2, NINE)) == 2


def test_two_lobbies_of_one_hour_do_not_pull_the_room_to_and_fro() -> None:
    assert winner(lobby(2, NINE), lobby(1, NINE)) == 1


def test_a_live_session_keeps_its_room_from_any_lobby_even_one_overdue() -> None:
    assert winner(live(2, NINE), lobby(1, NINE - HOUR)) == 2


def test_a_live_session_that_overruns_keeps_its_room_from_the_next_that_goes_live() -> None:
    assert winner(live(2, NINE), live(1, NINE + HOUR)) == 2


def test_a_room_moved_by_name_stays_in_a_lobby_beside_the_live_session() -> None:
    assert winner(live(1, NINE), lobby(2, NINE + HOUR, placed_at=NINE)) == 2


def test_of_two_moves_the_last_one_counts() -> None:
    assert winner(live(1, NINE, placed_at=NINE + HOUR), live(2, NINE, placed_at=NINE)) == 1
