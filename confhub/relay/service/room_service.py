"""LiveKit's RoomService: what a server may ask of rooms and participants. One method, one function."""

from __future__ import annotations

from livekit.protocol import models, rtc
from livekit.protocol import room as api

from confhub.relay.room import limits, people, permission
from confhub.relay.room.data import datapackets
from confhub.relay.room.events import service_info
from confhub.relay.room.participant import Participant
from confhub.relay.room.room import Room, RoomOptions
from confhub.relay.room.rooms import Rooms
from confhub.relay.room.tracks import publishing, subscribing
from confhub.relay.service import absent
from confhub.relay.service.twirp import Call, Methods, TwirpError, denied
from confhub.relay.wire.tokens import Grants


class RoomService:
    """`methods()` is the Twirp table. Errors carry LiveKit's codes and words."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def methods(self) -> Methods:
        """Twirp method -> call."""
        return {
            "CreateRoom": Call(api.CreateRoomRequest, self.create_room),
            "ListRooms": Call(api.ListRoomsRequest, self.list_rooms),
            "DeleteRoom": Call(api.DeleteRoomRequest, self.delete_room),
            "ListParticipants": Call(api.ListParticipantsRequest, self.list_participants),
            "GetParticipant": Call(api.RoomParticipantIdentity, self.get_participant),
            "RemoveParticipant": Call(api.RoomParticipantIdentity, self.remove_participant),
            "MutePublishedTrack": Call(api.MuteRoomTrackRequest, self.mute_published_track),
            "UpdateParticipant": Call(api.UpdateParticipantRequest, self.update_participant),
            "UpdateSubscriptions": Call(api.UpdateSubscriptionsRequest, self.update_subscriptions),
            "SendData": Call(api.SendDataRequest, self.send_data),
            "UpdateRoomMetadata": Call(api.UpdateRoomMetadataRequest, self.update_room_metadata),
        }

    def create_room(self, grants: Grants, request: api.CreateRoomRequest) -> models.Room:
        """Make a room, or take over new options of an existing one, as LiveKit does."""
        if not grants.room_create:
            raise denied()
        if not request.name:
            raise TwirpError("invalid_argument", "no room name")
        if len(request.name) > limits.ROOM_NAME_MAX_CHARS:
            raise TwirpError("invalid_argument", "room name length exceeds limits")
        _check_size(metadata=request.metadata)
        if what := absent.of_room(request):
            raise TwirpError("unimplemented", absent.sentence(what))
        options = RoomOptions(
            empty_timeout_s=request.empty_timeout or limits.EMPTY_TIMEOUT_S,
            departure_timeout_s=request.departure_timeout or limits.DEPARTURE_TIMEOUT_S,
            max_participants=request.max_participants,
            metadata=request.metadata,
        )
        existed = self._rooms.get(request.name)
        room = self._rooms.open(request.name, options)
        if room is None:
            raise TwirpError("resource_exhausted", "too many rooms")
        if existed is not None:
            room.options = options
            if request.metadata and request.metadata != room.metadata:
                room.set_metadata(request.metadata)
        return room.info()

    def list_rooms(self, grants: Grants, request: api.ListRoomsRequest) -> api.ListRoomsResponse:
        """All rooms, or those named."""
        if not grants.room_list:
            raise denied()
        names = set(request.names)
        rooms = [room.info() for room in self._rooms.all() if not names or room.name in names]
        return api.ListRoomsResponse(rooms=rooms)

    def delete_room(self, grants: Grants, request: api.DeleteRoomRequest) -> api.DeleteRoomResponse:
        """Close a room and send everybody away."""
        if not grants.room_create:
            raise denied()
        self._room(request.room)
        self._rooms.delete(request.room)
        return api.DeleteRoomResponse()

    def list_participants(
        self, grants: Grants, request: api.ListParticipantsRequest
    ) -> api.ListParticipantsResponse:
        """Everybody in the room, hidden ones included; an unknown room is an empty one."""
        _need_admin(grants, request.room)
        room = self._rooms.get(request.room)
        people_there = room.participants.values() if room is not None else ()
        return api.ListParticipantsResponse(participants=[service_info(p) for p in people_there])

    def get_participant(self, grants: Grants, request: api.RoomParticipantIdentity) -> models.ParticipantInfo:
        """One participant."""
        return service_info(self._participant(grants, request.room, request.identity)[1])

    def remove_participant(
        self, grants: Grants, request: api.RoomParticipantIdentity
    ) -> api.RemoveParticipantResponse:
        """Send a participant away; with revoke_token_ts its tokens issued until then are refused from now on.

        A revocation counts even if the participant is not there (then not_found is still the answer).
        """
        _need_admin(grants, request.room)
        if request.revoke_token_ts > 0:
            self._rooms.revoke(
                request.room, request.identity, _seconds(request.revoke_token_ts, self._rooms.host.wall())
            )
        room, participant = self._participant(grants, request.room, request.identity)
        if request.revoke_token_ts > 0:  # what the relay itself gave it since then is no way back either
            self._rooms.revoke(request.room, request.identity, participant.newest_token_s)
        room.dismiss(
            participant, models.DisconnectReason.PARTICIPANT_REMOVED, rtc.LeaveRequest.Action.DISCONNECT
        )
        return api.RemoveParticipantResponse()

    def mute_published_track(
        self, grants: Grants, request: api.MuteRoomTrackRequest
    ) -> api.MuteRoomTrackResponse:
        """Mute at the server. Unmuting somebody's microphone from afar is refused, as LiveKit's default
        does."""
        _, participant = self._participant(grants, request.room, request.identity)
        publication = participant.publications.get(request.track_sid)
        if publication is None:
            raise TwirpError("not_found", "track is not found")
        if not request.muted and publication.info.muted and not self._rooms.host.remote_unmute:
            raise TwirpError("failed_precondition", "remote unmute not enabled")
        publishing.server_mute(participant, publication, request.muted)
        return api.MuteRoomTrackResponse(track=publication.info)

    def update_participant(
        self, grants: Grants, request: api.UpdateParticipantRequest
    ) -> models.ParticipantInfo:
        """Name, metadata, attributes, permission; what is withdrawn ends before this call returns."""
        _check_size(request.name, request.metadata, dict(request.attributes))
        _, participant = self._participant(grants, request.room, request.identity)
        if request.HasField("permission"):
            people.set_permission(participant, permission.from_proto(request.permission))
        _check_size(attributes=participant.attributes | dict(request.attributes))
        people.update(participant, request.name, request.metadata, dict(request.attributes))
        return service_info(participant)

    def update_subscriptions(
        self, grants: Grants, request: api.UpdateSubscriptionsRequest
    ) -> api.UpdateSubscriptionsResponse:
        """Subscribe or unsubscribe a participant."""
        _, participant = self._participant(grants, request.room, request.identity)
        sids = subscribing.all_sids(request.track_sids, request.participant_tracks)
        subscribing.update(participant, sids, request.subscribe)
        return api.UpdateSubscriptionsResponse()

    def send_data(self, grants: Grants, request: api.SendDataRequest) -> api.SendDataResponse:
        """A data packet from the server to the room or to some in it."""
        _need_admin(grants, request.room)
        room = self._room(request.room)
        if len(request.nonce) not in (0, 16):
            raise TwirpError("invalid_argument", "nonce should be 16-bytes or not present")
        packet = models.DataPacket(kind=request.kind, destination_identities=request.destination_identities)
        packet.user.payload = request.data
        packet.user.destination_sids.extend(request.destination_sids)
        packet.user.destination_identities.extend(request.destination_identities)
        packet.user.nonce = request.nonce
        if request.HasField("topic"):
            packet.user.topic = request.topic
        lossy = request.kind == models.DataPacket.Kind.LOSSY
        datapackets.deliver(room, packet, datapackets.LOSSY if lossy else datapackets.RELIABLE, None)
        return api.SendDataResponse()

    def update_room_metadata(self, grants: Grants, request: api.UpdateRoomMetadataRequest) -> models.Room:
        """New room metadata, told to everybody in it."""
        _check_size(metadata=request.metadata)
        _need_admin(grants, request.room)
        room = self._room(request.room)
        room.set_metadata(request.metadata)
        return room.info()

    def _room(self, name: str) -> Room:
        room = self._rooms.get(name)
        if room is None:
            raise TwirpError("not_found", "requested room does not exist")
        return room

    def _participant(self, grants: Grants, room_name: str, identity: str) -> tuple[Room, Participant]:
        _need_admin(grants, room_name)
        room = self._rooms.get(room_name)
        participant = room.participants.get(identity) if room is not None else None
        if room is None or participant is None:
            raise TwirpError("not_found", "participant does not exist")
        return room, participant


def _need_admin(grants: Grants, room: str) -> None:
    if not grants.room_admin or grants.room != room:
        raise denied()


def _check_size(name: str = "", metadata: str = "", attributes: dict[str, str] | None = None) -> None:
    text = people.exceeded(name, metadata, attributes or {})
    if text is not None:
        raise TwirpError("invalid_argument", text)


_MS_FROM = 10**11
"""Unix seconds reach this in the year 5138; a larger number is meant in milliseconds or finer."""


def _seconds(timestamp: int, now_s: float) -> int:
    """revoke_token_ts in seconds, whatever unit a caller used; never later than a minute from now."""
    while timestamp >= _MS_FROM:
        timestamp //= 1000
    return min(timestamp, int(now_s) + 60)
