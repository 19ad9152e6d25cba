"""A room's list of people as tablets get it: written out once for each state that it is in."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from aiohttp import web
from pydantic import BaseModel, TypeAdapter

from confhub.checkin import limits
from confhub.checkin.values import RoomSheet


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


_PEOPLE: Final = TypeAdapter(list[PersonOut])
_NOBODY: Final = '"people":[]'
"""As an answer without people is written; no text in it can look like this, its quotes are escaped."""


class ShownList(NamedTuple):
    """A room's people as they were written out. `people`: a JSON array."""

    mark: str
    ids: tuple[int, ...]
    people: str

    def put_into(self, out: BaseModel) -> str:
        """The answer's JSON with these people."""
        return out.model_dump_json().replace(_NOBODY, f'"people":{self.people}', 1)


class ShownLists:
    """The newest list of each room, as 302 tablets ask for theirs every ten seconds; about 30 kB each."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int], ShownList] = OrderedDict()

    def of(self, session_id: int, endpoint_id: int) -> ShownList | None:
        """What was written out last."""
        return self._kept.get((session_id, endpoint_id))

    def keep(self, session_id: int, endpoint_id: int, made: RoomSheet) -> ShownList:
        """Write out who is on it; kept where it has a mark."""
        people = [
            PersonOut(
                id=one.id, name=one.name, code=one.code, position=one.position, unit=one.unit,
                badge_hash=one.badge_hash, state=one.state, state_at=one.state_at, origin=one.origin,
                absence=one.absence, home=one.home, elsewhere=one.elsewhere,
            )
            for one in made.people or ()
        ]  # fmt: skip
        written = _PEOPLE.dump_json(people).decode()
        shown = ShownList(made.mark or "", tuple(one.id for one in people), written)
        if made.mark is not None:
            self._kept[session_id, endpoint_id] = shown
            self._kept.move_to_end((session_id, endpoint_id))
            while len(self._kept) > limits.ROOMS_MAX:
                self._kept.popitem(last=False)
        return shown


_LISTS: WeakKeyDictionary[web.Application, ShownLists] = WeakKeyDictionary()


def lists_of(app: web.Application) -> ShownLists:
    """The lists of this hub."""
    return _LISTS.setdefault(app, ShownLists())
