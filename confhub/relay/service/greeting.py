"""The first words to a client: JoinResponse, ReconnectResponse, and who else is there."""

from __future__ import annotations

from livekit.protocol import models, rtc

from confhub.relay.room import absence, limits, people
from confhub.relay.room.participant import Participant
from confhub.relay.room.room import Room, enabled_codecs
from confhub.relay.room.stage import slots
from confhub.relay.service.joining import JoinWish

PROTOCOL = 17
"""The protocol version answered; newer clients fall back to it."""

VERSION = "1.11.0"
"""The LiveKit version whose behaviour is followed; clients switch features by it."""


def server_info(room: Room) -> models.ServerInfo:
    """Who answers."""
    return models.ServerInfo(
        edition=models.ServerInfo.Edition.Standard,
        version=VERSION,
        protocol=PROTOCOL,
        node_id=room.host.instance,
    )


def ice_servers(room: Room, participant: Participant) -> list[rtc.ICEServer]:
    """TURN servers with fresh credentials, where the relay was told of any."""
    turn = room.host.turn
    return [turn.for_client(participant.identity, room.host.wall())] if turn is not None else []


def apply_wishes(participant: Participant, wish: JoinWish) -> None:
    """Metadata and attributes of a v1 join request, with the right to set them and within the caps."""
    if not participant.permission.can_update_metadata:
        return
    attributes = dict(wish.attributes)
    if people.exceeded("", wish.metadata, participant.attributes | attributes) is None:
        people.update(participant, "", wish.metadata, attributes)


def send_join(room: Room, participant: Participant, *, is_v1: bool) -> None:
    """`join`, the first message of a new client."""
    response = rtc.JoinResponse(
        room=room.info(),
        participant=participant.info(),
        other_participants=room.announcer.note_joined(participant),
        server_version=VERSION,
        subscriber_primary=not is_v1 and participant.permission.can_subscribe,
        client_configuration=models.ClientConfiguration(),
        ping_interval=limits.PING_INTERVAL_S,
        ping_timeout=limits.PING_TIMEOUT_S,
        server_info=server_info(room),
        ice_servers=ice_servers(room, participant),
        enabled_publish_codecs=slots.CODECS if participant.is_stage_viewer else enabled_codecs(),
        fast_publish=True,
    )
    participant.send(rtc.SignalResponse(join=response))


def send_reconnect(room: Room, participant: Participant) -> None:
    """`reconnect`, the first message after a resume, then what it may have missed."""
    response = rtc.ReconnectResponse(
        ice_servers=ice_servers(room, participant),
        client_configuration=models.ClientConfiguration(),
        server_info=server_info(room),
    )
    participant.send(rtc.SignalResponse(reconnect=response))
    absence.tell(room, participant)
