"""Who is still listed and is not heard any more: nothing authenticated came from it for a while."""

from __future__ import annotations

from collections.abc import Iterable

from confhub.relay.room import limits
from confhub.relay.room.participant import Participant


def silent_since_s(participant: Participant, now_s: float) -> float | None:
    """When the last packet came, by the mux's clock; None while the participant is heard, or was never
    connected."""
    seen_s = participant.media.last_seen_s() if participant.media is not None else None
    if seen_s is None or not participant.was_active:
        return None
    return seen_s if now_s - seen_s >= _patience_s(participant) else None


def silent(participants: Iterable[Participant], now_s: float) -> list[tuple[str, float]]:
    """(identity, when its last packet came) of those who are silent."""
    found = ((who.identity, silent_since_s(who, now_s)) for who in participants if not who.is_slot)
    return [(identity, since_s) for identity, since_s in found if since_s is not None]


def _patience_s(participant: Participant) -> float:
    if participant.signal_lost_s is not None:
        return limits.SILENT_WITHOUT_SIGNAL_S
    sends = any(publication.may_flow for publication in participant.publications.values())
    return limits.SILENT_SENDER_S if sends else limits.SILENT_LISTENER_S
