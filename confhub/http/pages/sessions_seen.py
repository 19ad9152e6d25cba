"""What a session's form shows, entry by entry: for telling a second editor what the first one changed."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from confhub.http.context import actor, services
from confhub.http.language import translate
from confhub.http.pages.sessions_tree import roots
from confhub.http.seen import labelled
from confhub.sessions.values import SessionDetails

NAMES_SHOWN = 20
"""Names of one list; a session of two thousand exceptions is told by its count."""


async def shown(request: web.Request, details: SessionDetails) -> list[tuple[str, str]]:
    """(label, value) of every field."""
    session = details.session
    kinds = {"meeting": translate(request, "Meeting"), "training": translate(request, "Training session")}
    whole, besides, without = await _chosen(request, details)
    return labelled(
        request,
        ("Title", session.title),
        ("Kind", kinds[session.kind.value]),
        ("Organizing unit", session.unit_name),
        ("Start", session.starts_at),
        ("Length in minutes", session.length_min),
        ("Lobby opens, minutes before", session.lobby_min),
        ("Chair endpoint", session.chair_name),
        ("Late after, minutes", session.late_min),
        ("Left early before the last, minutes", session.left_early_min),
        ("Late and early go by the planned hours as well", session.by_plan),
        ("Goes live automatically at the start", session.auto_start),
        ("Ends automatically", session.auto_end),
        ("Ends automatically, minutes after the planned end", session.overrun_min),
        (
            "Rooms given the floor open camera and microphone automatically",
            session.floor_auto_accept,
        ),
        ("Whole branches", whole),
        ("Additional rooms", besides),
        ("Excluded rooms", without),
    )


async def _chosen(request: web.Request, details: SessionDetails) -> tuple[str, str, str]:
    who, hub = actor(request), services(request)
    units = await hub.org.tree(who)
    names = {int(unit.id): unit.name for unit in units}
    rooms = {int(room.id): room.name for room in await hub.registry.under(who, roots(units))}
    chosen = details.participants
    return (
        _list(chosen.include_units, names),
        _list(chosen.include_endpoints, rooms),
        _list(chosen.exclude_endpoints, rooms),
    )


def _list(ids: Sequence[int], names: dict[int, str]) -> str:
    told = sorted(names.get(one, str(one)) for one in ids)
    if len(told) <= NAMES_SHOWN:
        return ", ".join(told)
    return ", ".join(told[:NAMES_SHOWN]) + f" … ({len(told)})"
