"""Who hears of whom: the hall sees everybody who is not hidden, the stage view sees the stage."""

from __future__ import annotations

from confhub.relay.room.participant import Participant


def is_on_stage(participant: Participant) -> bool:
    """Holders of a grant to publish are the stage."""
    return participant.permission.can_publish


def sees(viewer: Participant, other: Participant) -> bool:
    """May `viewer` be told of `other`?"""
    if viewer is other:
        return True
    if other.permission.hidden:
        return False
    return is_on_stage(other) if viewer.is_stage_viewer else True
