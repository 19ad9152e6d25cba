"""Who hears of whom: the hall sees everybody who is not hidden, the stage view sees the stage's slots."""

from __future__ import annotations

from confhub.relay.room.participant import Participant
from confhub.relay.room.tracks.publication import Owner


def sees(viewer: Participant, other: Owner) -> bool:
    """May `viewer` be told of `other`?"""
    if viewer is other:
        return True
    if other.permission.hidden:
        return False
    return viewer.is_stage_viewer is other.is_slot
