"""Twirp: JSON and protobuf bodies for every method of both services, over rooms with people in them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager

from google.protobuf import json_format

from confhub.relay.room.negotiation.media import SingleMedia
from confhub.relay.service import twirp
from confhub.relay.service.room_service import RoomService
from confhub.relay.service.stage_service import StageService
from confhub.relay.wire.tokens import Grants
from fuzz.clockwork import Clockwork
from fuzz.law import Feed
from fuzz.source import Source
from fuzz.targets import messages
from fuzz.targets.relay import KEY, enter, new_rooms

MAX_CALLS = 8
_TEXTS = ("hall", "anna", "binh", "", "RM_x", "chair", "speaker", "content", "low", "audio", "full")
_TYPES = ("application/json", "application/protobuf")


@contextmanager
def ready() -> Iterator[Feed]:
    """Calls one after the other: a method, a type of body, a body."""
    loop = Clockwork()
    yield lambda data: loop.drive(_one(data))
    loop.close()


async def _one(data: bytes) -> None:
    """An answer that can be written, or TwirpError."""
    rooms = new_rooms()
    room = rooms.open("hall")
    assert room is not None
    for identity, view in (("anna", ""), ("binh", "stage")):
        person = enter(room, identity, view=view)
        person.media = SingleMedia(room, person)
    methods = {**RoomService(rooms).methods(), **StageService(rooms).methods()}
    names = sorted(methods)
    source = Source(data)
    for _ in range(MAX_CALLS):
        if source.is_empty:
            break
        call = methods[source.pick(names)]
        kind = _TYPES[source.number() & 1]
        body = _body(call, kind, source, [*_TEXTS, *room.by_sid])
        with contextlib.suppress(twirp.TwirpError):
            answer = call.answer(_grants(source.number()), twirp._parse(call, body, kind))
            twirp._respond(await answer if isinstance(answer, Awaitable) else answer, kind)
        for each in rooms.all():
            each.announcer.flush(each.host.now())
    await rooms.close()
    await rooms.host.mux.close()


def _grants(bits: int) -> Grants:
    """Most often everything."""
    refused = bits >> 5 == 7
    return Grants(
        key=KEY, room="hall" if bits & 3 else "", room_admin=not (refused and bits & 4),
        room_create=not (refused and bits & 8), room_list=not (refused and bits & 16),
    )  # fmt: skip


def _body(call: twirp.Call, kind: str, source: Source, texts: list[str]) -> bytes:
    how = source.number() % 3
    if how == 0:
        return source.piece()
    if call.request is None:
        return json.dumps({_key(source): _value(source, texts) for _ in range(source.number() % 6)}).encode()
    request = call.request()
    messages.fill(request, source, texts)
    if kind == "application/protobuf":
        return request.SerializeToString()
    return json_format.MessageToJson(request).encode()


def _key(source: Source) -> str:
    return source.pick(("room", "slot", "identity", "profile", "identity_prefix", "rooms", "x", "since_ms"))


def _value(source: Source, texts: list[str]) -> object:
    how = source.number() % 8
    plain: tuple[object, ...] = (None, True, source.signed(4), [source.pick(texts)], {}, [source.number()])
    return plain[how] if how < len(plain) else source.pick(texts)
