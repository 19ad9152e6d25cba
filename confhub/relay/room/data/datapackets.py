"""Data packets: who sent them is stated here, who gets them is read here, what they say passes untouched."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from google.protobuf.message import DecodeError
from livekit.protocol import models

from confhub.relay.room import limits
from confhub.relay.room.participant import House, Participant

log = logging.getLogger(__name__)

RELIABLE = "_reliable"
LOSSY = "_lossy"
_KINDS = {RELIABLE: models.DataPacket.Kind.RELIABLE, LOSSY: models.DataPacket.Kind.LOSSY}
_ON_BEHALF = {"transcription", "stream_header", "stream_chunk", "stream_trailer"}
"""An agent may send these in another participant's name, as in LiveKit."""


def route(sender: Participant, label: str, payload: bytes) -> None:
    """One message that came on a data channel. Without the right, malformed or too often: dropped."""
    room = sender.room
    kind = _KINDS.get(label)
    if room is None or kind is None or not sender.permission.can_publish_data:
        return
    if not sender.data_bucket.take(room.host.now()):
        if sender.data_bucket.refused == 1:
            log.warning("%s in %s: data packets over the rate are dropped", sender.sid, room.name)
        return
    try:
        packet = models.DataPacket.FromString(payload)
    except DecodeError:
        if not sender.sent_garbage:
            sender.sent_garbage = True
            log.warning("%s in %s: malformed data packet dropped", sender.sid, room.name)
        return
    packet.kind = kind
    _sign(sender, packet)
    if packet.WhichOneof("value") == "user":
        _align_destinations(packet)
    deliver(room, packet, label, sender)


def _sign(sender: Participant, packet: models.DataPacket) -> None:
    """State the sender, over whatever the client claimed; a hidden participant stays unnamed."""
    identity = "" if sender.permission.hidden else sender.identity
    sid = "" if sender.permission.hidden else sender.sid
    value = packet.WhichOneof("value")
    is_agent = sender.kind == models.ParticipantInfo.Kind.AGENT
    packet.participant_sid = sid
    if not (is_agent and value in _ON_BEHALF and packet.participant_identity):
        packet.participant_identity = identity
    if value == "user":
        packet.user.participant_sid = sid
        packet.user.participant_identity = identity


def _align_destinations(packet: models.DataPacket) -> None:
    """Old clients name destinations inside `user`, newer ones outside; receivers may look at either."""
    if packet.destination_identities:
        del packet.user.destination_identities[:]
        packet.user.destination_identities.extend(packet.destination_identities)
    else:
        packet.destination_identities.extend(packet.user.destination_identities)


def deliver(room: House, packet: models.DataPacket, label: str, sender: Participant | None) -> None:
    """To the named destinations, else to everybody but the sender. Serialized once."""
    payload = packet.SerializeToString()
    for receiver in _receivers(room, packet):
        if receiver is not sender and receiver.media is not None:
            receiver.media.send_data(label, payload)


def _receivers(room: House, packet: models.DataPacket) -> Iterable[Participant]:
    identities = list(packet.destination_identities)[: limits.DATA_DESTINATIONS]
    sids = list(packet.user.destination_sids)[: limits.DATA_DESTINATIONS] if packet.HasField("user") else []
    if not identities and not sids:
        return list(room.participants.values())
    named = [room.participants.get(identity) for identity in identities]
    named += [room.by_sid.get(sid) for sid in sids]
    return dict.fromkeys(participant for participant in named if participant is not None)
