"""Whatever a request holds, handling it raises nothing but SdpError, and the room stays in order."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import given, settings
from hypothesis import strategies as st
from livekit.protocol import models, rtc

from confhub.relay.room import handlers
from confhub.relay.room.negotiation.media import DualMedia, SingleMedia
from confhub.relay.room.participant import Host, Participant
from confhub.relay.room.room import Room, RoomOptions
from confhub.relay.transport.mux import UdpMux
from confhub.relay.wire.sdp import SdpError
from confhub.relay.wire.tokens import Grants
from tests.plugins.media_room import KeptEvents, KeptLink

pytestmark = pytest.mark.sockets

_TEXTS = st.sampled_from(["", "cam", "mic", "TR_x", "PA_x", "audio", "\x00", "x" * 2_000, "é"])
_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_STRING: _TEXTS,
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=20),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.TYPE_UINT64: st.integers(0, 2**64 - 1),
    FieldDescriptor.TYPE_ENUM: st.integers(0, 4),
    FieldDescriptor.TYPE_FLOAT: st.floats(width=32),
    FieldDescriptor.TYPE_DOUBLE: st.floats(),
}


@st.composite
def requests(draw: st.DrawFn) -> rtc.SignalRequest:
    """Any SignalRequest, every kind equally often."""
    request = rtc.SignalRequest()
    kind = draw(st.sampled_from(list(request.DESCRIPTOR.fields)))
    if kind.message_type is None:
        setattr(request, kind.name, draw(_SCALARS[kind.type]))
    else:
        part = getattr(request, kind.name)
        part.SetInParent()
        _fill(draw, part, kind.message_type, depth=0)
    return request


def _fill(draw: st.DrawFn, message: Any, descriptor: Descriptor, depth: int) -> None:
    for field in descriptor.fields:
        if depth > 3 or not draw(st.booleans()):
            continue
        value = getattr(message, field.name)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        if field.message_type is not None:
            part = value.add() if field.is_repeated else value
            _fill(draw, part, field.message_type, depth + 1)
        elif field.is_repeated:
            value.extend(draw(st.lists(_SCALARS[field.type], max_size=3)))
        else:
            setattr(message, field.name, draw(_SCALARS[field.type]))


@settings(max_examples=60, deadline=None)
@given(st.lists(requests(), min_size=1, max_size=12), st.booleans())
def test_any_requests_are_handled(wishes: list[rtc.SignalRequest], is_v1: bool) -> None:
    asyncio.run(_handle(wishes, is_v1))


async def _handle(wishes: list[rtc.SignalRequest], is_v1: bool) -> None:
    mux = UdpMux(now=time.monotonic)
    await mux.open("127.0.0.1", 0)
    host = Host(time.monotonic, time.time, mux, KeptEvents(), {"key": "s" * 32}, "RI_test")
    room = Room(host, "hall", RoomOptions())
    for identity in ("anna", "binh"):
        grants = Grants(key="key", identity=identity, room="hall", can_update_own_metadata=True)
        participant = Participant(grants, models.ClientInfo(), 0)
        participant.link = KeptLink()
        room.admit(participant)
        participant.media = (SingleMedia if is_v1 else DualMedia)(room, participant)
    anna = room.participants["anna"]
    for wish in wishes:
        with contextlib.suppress(SdpError):
            handlers.handle(anna, wish)
        room.announcer.flush(room.host.now())
    assert room.participants["binh"].link is not None
    for participant in list(room.participants.values()):
        room.leave(participant, models.DisconnectReason.CLIENT_INITIATED)
    room.announcer.close()
    room.router.close()
    await mux.close()
