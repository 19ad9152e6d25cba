"""A room without network: participants whose links keep what they were sent."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from livekit.protocol import models, rtc

from confhub.relay.room.participant import Host, Participant, State
from confhub.relay.room.room import Room, RoomOptions
from confhub.relay.transport.mux import UdpMux
from confhub.relay.wire.tokens import Grants


class KeptLink:
    """A SignalLink that sends nowhere."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.is_closed = False

    def send(self, payload: bytes) -> None:
        self.payloads.append(payload)

    def when_read(self, then: Callable[[], None]) -> None:
        then()

    def close(self) -> None:
        self.is_closed = True

    def responses(self) -> list[rtc.SignalResponse]:
        return [rtc.SignalResponse.FromString(payload) for payload in self.payloads]

    def infos(self) -> list[models.ParticipantInfo]:
        return [info for response in self.responses() for info in response.update.participants]


class KeptEvents:
    """RoomEvents that are only noted."""

    def __init__(self) -> None:
        self.names: list[tuple[str, str]] = []

    def emit(
        self,
        event: str,
        room: Room,
        participant: Participant | None = None,
        track: models.TrackInfo | None = None,
        end_reason: models.RoomEndReason | None = None,
    ) -> None:
        self.names.append((event, participant.identity if participant is not None else ""))


Enter = Callable[..., tuple[Participant, KeptLink]]


@pytest.fixture
def events() -> KeptEvents:
    return KeptEvents()


@pytest.fixture
async def room(events: KeptEvents) -> AsyncIterator[Room]:
    host = Host(
        now=time.monotonic,
        wall=time.time,
        mux=UdpMux(now=time.monotonic),
        events=events,
        keys={"key": "s" * 32},
        instance="RI_test",
    )
    room = Room(host, "hall", RoomOptions())
    yield room
    room.announcer.close()
    room.router.close()


@pytest.fixture
def enter(room: Room) -> Enter:
    """`enter("room:1", view="stage", can_publish=False)` -> the participant and its link."""

    def enter_as(identity: str, *, view: str = "", **grants: Any) -> tuple[Participant, KeptLink]:
        attributes = {"confhub.view": view} if view else {}
        token = Grants(
            key="key", identity=identity, room="hall", room_join=True, attributes=attributes, **grants
        )
        participant = Participant(token, models.ClientInfo(), int(time.time() * 1000))
        link = KeptLink()
        participant.link = link
        room.admit(participant)
        participant.state = State.JOINED
        participant.touch()
        return participant, link

    return enter_as
