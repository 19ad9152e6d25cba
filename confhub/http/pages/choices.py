"""What select boxes offer: units of the tree, roles, profiles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from aiohttp import web

from confhub.http.context import actor, services
from confhub.http.language import translate
from confhub.kernel.permissions import Role
from confhub.org.dissolved import is_over
from confhub.org.values import Unit
from confhub.registry.values import BandwidthProfile, EndpointKind

_INDENT = "\u2003"

ROLE_NAMES = {
    Role.ADMINISTRATOR: "Administrator",
    Role.ORGANIZER: "Organizer",
    Role.TRAINING_OFFICER: "Training officer",
    Role.OPERATOR: "Operator",
    Role.VIEWER: "Viewer",
}
PROFILE_NAMES = {
    BandwidthProfile.FULL: "Full",
    BandwidthProfile.LOW: "Low",
    BandwidthProfile.AUDIO: "Audio first",
}
KIND_NAMES = {EndpointKind.ROOM: "Room", EndpointKind.STUDIO: "Studio"}


def unit_options(request: web.Request, units: Sequence[Unit]) -> list[tuple[int, str]]:
    """(id, name indented by depth) in the order of the tree; dissolved units last, with their last day."""
    day = today(request)
    top = min((unit.depth for unit in units), default=0)
    standing = [unit for unit in units if not is_over(unit.valid_to, day)]
    options: list[tuple[int, str]] = [
        (unit.id, _INDENT * (unit.depth - top) + unit.name) for unit in standing
    ]
    said = translate(request, "{name} (dissolved {day})")
    for unit in units:
        if unit.valid_to is not None and is_over(unit.valid_to, day):
            options.append((unit.id, said.format(name=unit.name, day=f"{unit.valid_to:%d/%m/%Y}")))
    return options


def today(request: web.Request) -> date:
    """The date in the service's zone."""
    found = services(request)
    return found.clock.now().astimezone(ZoneInfo(found.settings.timezone)).date()


async def tree_options(request: web.Request) -> list[tuple[int, str]]:
    """The units that the reader sees, for a select box."""
    return unit_options(request, await services(request).org.tree(actor(request)))


def named(
    request: web.Request, names: dict[Role, str] | dict[BandwidthProfile, str] | dict[EndpointKind, str]
) -> list[tuple[str, str]]:
    """(value, words in the reader's language) of an enumeration."""
    return [(value.value, translate(request, words)) for value, words in names.items()]
