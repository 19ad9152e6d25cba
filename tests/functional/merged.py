"""Merges of people, as tests look them up."""

from __future__ import annotations

from confhub.access.rules import Actor
from confhub.people.merging import MergeService
from confhub.people.values import Merge


async def standing_merge(merges: MergeService, actor: Actor, kept_id: int, dropped_id: int) -> Merge:
    """The merge of these two that nobody has undone: there is one."""
    (found,) = [
        one
        for one in await merges.merges(actor, kept_id)
        if one.dropped_id == dropped_id and one.undone_at is None
    ]
    return found
