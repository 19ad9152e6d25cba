"""A room's list of people as tablets get it: whoever is on it is written out once for each state."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

from aiohttp import web
from pydantic import BaseModel

from confhub.checkin import limits
from confhub.checkin.values import ListedPerson


class PersonOut(BaseModel):
    """A person of the room's list, or a visitor of another's (`origin` visitor, `home` its room's name).
    `badge_hash`: first 16 hexadecimal digits of SHA-256 of the badge. `elsewhere`: the room where somebody of
    this list is checked in."""

    id: int
    name: str
    code: str | None
    position: str | None
    unit: str
    badge_hash: str
    state: str
    state_at: datetime | None
    origin: str
    absence: str | None
    home: str
    elsewhere: str


_NOBODY: Final = b'"people":[]'
"""As an answer without people is written; no text in it can look like this, its quotes are escaped."""


Shown = tuple[tuple[bool, str, int], bytes]
"""Somebody's place in the list, and how they were written out, in JSON. Plain tuples: the garbage collector
does not look at 40,000 of them again and again."""


def put_into(out: BaseModel, people: Iterable[Shown]) -> bytes:
    """The answer's JSON with these people."""
    written = b",".join(json for _, json in sorted(people))
    return out.model_dump_json().encode().replace(_NOBODY, b'"people":[' + written + b"]", 1)


class ShownLists:
    """The newest list of each room by its entries' texts, as 302 tablets ask for theirs every ten seconds and
    a few of its people have come meanwhile; about 100 kB each."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int], Mapping[str, Shown]] = OrderedDict()

    def of(self, session_id: int, endpoint_id: int) -> Mapping[str, Shown]:
        """What was written out last."""
        return self._kept.get((session_id, endpoint_id), {})

    def keep(
        self,
        session_id: int,
        endpoint_id: int,
        known: Mapping[str, Shown],
        people: Mapping[str, ListedPerson | None],
    ) -> Iterable[Shown]:
        """Everybody on the list, and whoever is not `known` written out."""
        shown = {text: _shown(one) if one is not None else known[text] for text, one in people.items()}
        self._kept[session_id, endpoint_id] = shown
        self._kept.move_to_end((session_id, endpoint_id))
        while len(self._kept) > limits.ROOMS_MAX:
            self._kept.popitem(last=False)
        return shown.values()


def _shown(one: ListedPerson) -> Shown:
    out = PersonOut(
        id=one.id, name=one.name, code=one.code, position=one.position, unit=one.unit,
        badge_hash=one.badge_hash, state=one.state, state_at=one.state_at, origin=one.origin,
        absence=one.absence, home=one.home, elsewhere=one.elsewhere,
    )  # fmt: skip
    return one.place, out.model_dump_json().encode()


_LISTS: WeakKeyDictionary[web.Application, ShownLists] = WeakKeyDictionary()


def lists_of(app: web.Application) -> ShownLists:
    """The lists of this hub."""
    return _LISTS.setdefault(app, ShownLists())
