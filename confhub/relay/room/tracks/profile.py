"""Bandwidth profiles: how much of the pictures a room's line is spent on, from its token or set live."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from confhub.relay.forward.specs import Quality

PROFILE_ATTRIBUTE = "confhub.profile"


class Profile(enum.StrEnum):
    """full: as the page wishes and the line can. low: at most the lowest layer. audio: no picture at all."""

    FULL = "full"
    LOW = "low"
    AUDIO = "audio"

    @property
    def ceiling(self) -> Quality:
        """The highest layer of a picture."""
        return Quality.HIGH if self is Profile.FULL else Quality.LOW

    def allows(self, kind: str) -> bool:
        """May tracks of that kind ("audio", "video") be sent?"""
        return self is not Profile.AUDIO or kind == "audio"


def of_attributes(attributes: Mapping[str, str]) -> Profile:
    """What a token's attributes say; full where they say nothing, or something unknown."""
    try:
        return Profile(attributes.get(PROFILE_ATTRIBUTE, Profile.FULL))
    except ValueError:
        return Profile.FULL
