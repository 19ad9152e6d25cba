"""Pure decision: to which of the open sessions that expect a room it belongs now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from confhub.kernel.ids import SessionId
from confhub.sessions.values import SessionState


@dataclass(frozen=True, slots=True)
class Claim:
    """An open session (lobby or live) that expects the room and has not removed it.

    `live_since` is when it went live, None in the lobby; `placed_at` when an operator moved the room here by
    name, None where nobody did.
    """

    session_id: SessionId
    state: SessionState
    starts_at: datetime
    live_since: datetime | None = None
    placed_at: datetime | None = None


def owner(claims: Iterable[Claim]) -> Claim | None:
    """The session a room belongs to; None where no open session expects it.

    1. A room that was moved by name stays where it was moved to last, as long as that session is open.
    2. A live session goes before a lobby, however near the lobby's start is, and however late the live one.
    3. Of two live sessions, the one that went live first keeps the room until it ends.
    4. Of two lobbies, the one that starts first.

    A session that ended, was cancelled, or expects the room no longer has no claim: the room goes over to
    whoever is next.
    """
    return min(claims, key=_rank, default=None)


def _rank(claim: Claim) -> tuple[bool, float, bool, datetime, int]:
    live = claim.state is SessionState.LIVE
    since = claim.live_since if live and claim.live_since is not None else claim.starts_at
    placed = 0.0 if claim.placed_at is None else -claim.placed_at.timestamp()
    return claim.placed_at is None, placed, not live, since, claim.session_id
