"""What picture this machine carries to a whole province: 720p with both compiled twins, less without."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import util

from confhub.kernel.errors import StartError

PICTURES = ("180p", "360p", "720p")
"""From the lightest: 18, about 70 and 215 packets a second a room, each beside 50 of sound."""
WITHOUT_TWINS = "180p"
"""What two cores carry to 302 rooms with a relay or rooms in Python alone: about 20,000 packets a second."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The picture that will be shown, the one that was wished, and why they differ ("" where they do not)."""

    picture: str
    wished: str
    reason: str = ""

    @property
    def told(self) -> str:
        """For a person: "720p", or "180p instead of 720p: …"."""
        return f"{self.picture} instead of {self.wished}: {self.reason}" if self.reason else self.picture


def what_is_carried(wished: str, rooms: int = 302) -> Carried:
    """The wished picture, lowered where a twin is not compiled and the rooms are many."""
    if wished not in PICTURES:
        raise StartError(f"--picture: give one of {', '.join(PICTURES)}.")
    missing = [name for name, is_there in _twins().items() if not is_there]
    if not missing or wished == WITHOUT_TWINS or rooms <= FEW_ROOMS:
        return Carried(wished, wished)
    return Carried(WITHOUT_TWINS, wished, f"{' and '.join(missing)} of Python alone")


FEW_ROOMS = 12
"""So many rooms get any picture from the Python twins as well."""


def _twins() -> dict[str, bool]:
    """Whether each compiled twin was built and is not put aside; nothing is loaded."""
    return {
        "the relay's fan-out": _runs("CONFHUB_FANOUT", "confhub.relay.native._fanout"),
        "the rooms' receiver": _runs("CONFHUB_RECEIVER", "confhub.simulator.native._receiver"),
    }


def _runs(variable: str, module: str) -> bool:
    if os.environ.get(variable) == "python":
        return False
    try:
        return util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def lighter(picture: str) -> str:
    """The next smaller size, or the smallest itself."""
    return PICTURES[max(0, PICTURES.index(picture) - 1)]
