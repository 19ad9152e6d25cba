"""One media room: its participants, its router, and its life from the first join to the last departure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from livekit.protocol import models, rtc

from confhub.relay.forward.router import Router
from confhub.relay.forward.twins import new_fanout
from confhub.relay.room import ids, limits, speakers
from confhub.relay.room.announcer import Announcer
from confhub.relay.room.departures import Departures
from confhub.relay.room.participant import Host, Participant, State
from confhub.relay.room.stage.slots import Slots
from confhub.relay.room.tracks import lines, publishing, subscribing
from confhub.relay.room.tracks.profile import Profile
from confhub.relay.room.tracks.publication import Publication


@dataclass(frozen=True)
class RoomOptions:
    """CreateRoom's wishes; zeros stand for the defaults."""

    empty_timeout_s: int = limits.EMPTY_TIMEOUT_S
    departure_timeout_s: int = limits.DEPARTURE_TIMEOUT_S
    max_participants: int = 0
    metadata: str = ""


class Room:
    """Participants by identity. Everything happens on the event loop, between awaits."""

    def __init__(self, host: Host, name: str, options: RoomOptions) -> None:
        self.host = host
        self.name = name
        self.sid = ids.new_sid(ids.ROOM)
        self.options = options
        self.metadata = options.metadata
        self.created_ms = int(host.wall() * 1000)
        self.participants: dict[str, Participant] = {}
        self.by_sid: dict[str, Participant] = {}
        look = host.mux.turns.look
        self.announcer: Announcer = Announcer(self, self._after_announcement, lambda: look(self.announcer))
        self.departures = Departures()
        self.slots: Slots = Slots(self, lambda: look(self.slots))
        self.speakers = speakers.Speakers(self)
        self.router: Router = Router(
            wall=host.wall,
            fanout=new_fanout(host.now),
            on_sooner=lambda: look(self.router),
            on_speakers=self.speakers.update,
            on_wanted=publishing.tell_wanted,
            on_starved=lambda down: lines.starved(self, down),
        )
        self.profiles: dict[str, Profile] = {}  # changed live, by identity
        self.was_joined = False
        self.empty_since_s = host.now()
        self.closed = False

    def info(self) -> models.Room:
        """LiveKit's Room message."""
        return models.Room(
            sid=self.sid,
            name=self.name,
            empty_timeout=self.options.empty_timeout_s,
            departure_timeout=self.options.departure_timeout_s,
            max_participants=self.options.max_participants,
            creation_time=self.created_ms // 1000,
            creation_time_ms=self.created_ms,
            metadata=self.metadata,
            num_participants=[p.permission.hidden for p in self.participants.values()].count(False),
            num_publishers=len([True for p in self.participants.values() if p.publications]),
            enabled_codecs=enabled_codecs(),
        )

    def is_full(self) -> bool:
        """May nobody else join?"""
        cap = self.options.max_participants or limits.PARTICIPANTS_PER_ROOM
        return len(self.participants) >= min(cap, limits.PARTICIPANTS_PER_ROOM)

    def is_expired(self, now_s: float) -> bool:
        """Empty for longer than its timeout?"""
        if self.participants:
            return False
        options = self.options
        timeout_s = options.departure_timeout_s if self.was_joined else options.empty_timeout_s
        return now_s - self.empty_since_s >= timeout_s

    def publication(self, track_sid: str) -> Publication | None:
        """A published track of anybody here, or of a slot."""
        for participant in self.participants.values():
            found = participant.publications.get(track_sid)
            if found is not None:
                return found
        return self.slots.publication(track_sid)

    def admit(self, participant: Participant) -> None:
        """Take a participant in; an older one of the same identity must have left already."""
        assert participant.identity not in self.participants, "the older one leaves first"
        participant.room = self
        participant.joined_s = participant.token_sent_s = self.host.now()
        lines.admit(participant)
        self.participants[participant.identity] = participant
        self.by_sid[participant.sid] = participant
        self.was_joined = True

    def set_active(self, participant: Participant) -> None:
        """Its transport is connected for the first time."""
        if participant.was_active or self.by_sid.get(participant.sid) is not participant:
            return
        participant.was_active = True
        participant.state = State.ACTIVE
        participant.touch()
        self.host.events.emit("participant_joined", self, participant)
        for publication in participant.publications.values():
            publishing.emit_published(participant, publication)
        subscribing.reconcile_viewer(participant)
        self.speakers.greet(participant)

    def leave(self, participant: Participant, reason: models.DisconnectReason) -> None:
        """Take a participant out: media ends, the others are told. Its link is the caller's. Idempotent."""
        if self.by_sid.pop(participant.sid, None) is None:
            return
        del self.participants[participant.identity]
        participant.disconnect_reason = reason
        publishing.unpublish_all(participant)
        subscribing.drop_all(participant)
        participant.state = State.DISCONNECTED
        participant.version += 1
        self.speakers.forget(participant)
        event = "participant_left" if participant.was_active else "participant_connection_aborted"
        self.host.events.emit(event, self, participant)
        if participant.media is not None:
            participant.media.close()
        now_s = self.host.now()
        self.slots.follow(participant, now_s)
        if participant.was_announced:
            self.departures.note(participant.gone_info(), now_s)
        self.announcer.left(participant, now_s)
        if not self.participants:
            self.empty_since_s = now_s

    def dismiss(
        self, participant: Participant, reason: models.DisconnectReason, action: rtc.LeaveRequest.Action
    ) -> None:
        """Tell a participant to go (with the action its client shall take) and take it out."""
        participant.send(leave_message(reason, action))
        link, participant.link = participant.link, None
        self.leave(participant, reason)
        if link is not None:
            link.close()

    def broadcast(self, response: rtc.SignalResponse) -> None:
        """The same message to everybody, serialized once."""
        payload = response.SerializeToString()
        for participant in self.participants.values():
            participant.send_bytes(payload)

    def set_metadata(self, metadata: str) -> None:
        """New room metadata, told to everybody."""
        self.metadata = metadata
        self.broadcast(rtc.SignalResponse(room_update=rtc.RoomUpdate(room=self.info())))

    def close(self, reason: models.DisconnectReason, end_reason: models.RoomEndReason) -> None:
        """Send everybody away, tell the outside. Idempotent."""
        if self.closed:
            return
        self.closed = True
        for participant in list(self.participants.values()):
            self.dismiss(participant, reason, rtc.LeaveRequest.Action.DISCONNECT)
        for part in (self.slots, self.announcer, self.router):
            part.close()
            self.host.mux.turns.drop(part)
        self.host.events.emit("room_finished", self, end_reason=end_reason)

    def _after_announcement(self, changed: Iterable[Participant]) -> None:
        publications = [pub for p in changed if not p.is_slot for pub in p.publications.values()]
        if not publications:
            return
        for viewer in list(self.participants.values()):
            if not viewer.is_stage_viewer:
                subscribing.reconcile(viewer, publications)


def enabled_codecs() -> Sequence[models.Codec]:
    """What clients may publish here; JS picks its codec from this list."""
    return [
        models.Codec(mime=mime)
        for mime in (
            "video/VP8",
            "video/H264",
            "video/VP9",
            "video/AV1",
            "audio/opus",
            "audio/red",
            "audio/PCMU",
            "audio/PCMA",
        )
    ]


def leave_message(reason: models.DisconnectReason, action: rtc.LeaveRequest.Action) -> rtc.SignalResponse:
    """`leave` with LiveKit's old boolean kept in step with the action."""
    can_reconnect = action != rtc.LeaveRequest.Action.DISCONNECT
    return rtc.SignalResponse(
        leave=rtc.LeaveRequest(can_reconnect=can_reconnect, reason=reason, action=action)
    )
