"""What select boxes offer: units of the tree, roles, profiles."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from confhub.http.context import actor, services
from confhub.http.language import translate
from confhub.kernel.errors import Conflict, Forbidden, Gone, Invalid, TooMany, ValidationErrors
from confhub.kernel.permissions import Role
from confhub.org.values import Unit
from confhub.registry.values import BandwidthProfile, EndpointKind

FORM_ERRORS = (Invalid, ValidationErrors, Conflict, TooMany, Forbidden, Gone)
"""Errors that are drawn in the form that caused them; others get a page of their own."""

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


def unit_options(units: Sequence[Unit]) -> list[tuple[int, str]]:
    """(id, name indented by depth) in the order of the tree."""
    top = min((unit.depth for unit in units), default=0)
    return [(unit.id, _INDENT * (unit.depth - top) + unit.name) for unit in units]


async def tree_options(request: web.Request) -> list[tuple[int, str]]:
    """The units that the reader sees, for a select box."""
    return unit_options(await services(request).org.tree(actor(request)))


def named(
    request: web.Request, names: dict[Role, str] | dict[BandwidthProfile, str] | dict[EndpointKind, str]
) -> list[tuple[str, str]]:
    """(value, words in the reader's language) of an enumeration."""
    return [(value.value, translate(request, words)) for value, words in names.items()]
