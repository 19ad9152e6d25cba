"""`simulate`: scenarios by which client developers test their reconnection; each one acts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit.protocol import models, rtc

from confhub.relay.forward.specs import Quality
from confhub.relay.room.participant import Participant
from confhub.relay.room.room import leave_message

Action = rtc.LeaveRequest.Action

_SPEAKING_MAX_S = 10
_LOW_LAYER_BPS = 100_000
_TOP_LAYER_BPS = 800_000


def simulate(participant: Participant, request: rtc.SimulateScenario) -> None:
    """Do what the scenario names; an unknown one is ignored."""
    scenario = request.WhichOneof("scenario")
    act = _SCENARIOS.get(scenario or "")
    if act is not None:
        act(participant, request)


def _full_reconnect(participant: Participant, request: rtc.SimulateScenario) -> None:
    """The client is told to join anew."""
    room = participant.room
    if room is not None:
        room.dismiss(participant, models.DisconnectReason.CLIENT_INITIATED, Action.RECONNECT)


def _node_failure(participant: Participant, request: rtc.SimulateScenario) -> None:
    """Everything of this participant is gone without a word, as if the process had died."""
    room, link = participant.room, participant.link
    participant.link = None
    if room is not None:
        room.leave(participant, models.DisconnectReason.CLIENT_INITIATED)
    if link is not None:
        link.close()


def _server_leave(participant: Participant, request: rtc.SimulateScenario) -> None:
    room = participant.room
    if room is not None:
        room.dismiss(participant, models.DisconnectReason.SERVER_SHUTDOWN, Action.DISCONNECT)


def _cut_after_answer(participant: Participant, request: rtc.SimulateScenario) -> None:
    """The client's next resume is answered, then cut."""
    participant.cut_on_resume = "after"


def _cut_before_answer(participant: Participant, request: rtc.SimulateScenario) -> None:
    """The client's next resume is cut without a word."""
    participant.cut_on_resume = "before"


def _migration(participant: Participant, request: rtc.SimulateScenario) -> None:
    """There is no other node; the client resumes here."""
    if participant.link is not None:
        participant.send(leave_message(models.DisconnectReason.MIGRATION, Action.RESUME))
        participant.link.close()


def _speaker_update(participant: Participant, request: rtc.SimulateScenario) -> None:
    """The participant is shown as speaking to everybody, for so many seconds."""
    duration_s = min(max(request.speaker_update, 1), _SPEAKING_MAX_S)
    _show_speaking(participant, active=True)
    asyncio.get_running_loop().call_later(duration_s, _show_speaking, participant, False)


def _show_speaking(participant: Participant, active: bool) -> None:
    speaker = models.SpeakerInfo(sid=participant.sid, level=0.9 if active else 0.0, active=active)
    if participant.room is not None:
        participant.room.broadcast(
            rtc.SignalResponse(speakers_changed=rtc.SpeakersChanged(speakers=[speaker]))
        )


def _switch_candidate(participant: Participant, request: rtc.SimulateScenario) -> None:
    """Only UDP is spoken here; the client restarts its connection over it."""
    if participant.link is not None:
        participant.send(leave_message(models.DisconnectReason.CLIENT_INITIATED, Action.RESUME))
        participant.link.close()


def _bandwidth(participant: Participant, request: rtc.SimulateScenario) -> None:
    """Hold the video copies down to a line of that many bits per second; zero lifts it."""
    cap_bps = request.subscriber_bandwidth
    states = []
    for subscription in participant.subscriptions.values():
        if subscription.publication.kind != "video":
            continue
        subscription.ceiling = Quality.LOW if 0 < cap_bps < _TOP_LAYER_BPS else Quality.HIGH
        starved = 0 < cap_bps < _LOW_LAYER_BPS
        if starved != subscription.starved:
            subscription.starved = starved
            state = rtc.StreamState.PAUSED if starved else rtc.StreamState.ACTIVE
            publication = subscription.publication
            states.append(
                rtc.StreamStateInfo(
                    participant_sid=publication.owner.sid, track_sid=publication.sid, state=state
                )
            )
        subscription.apply(participant.now())
    if states:
        participant.send(rtc.SignalResponse(stream_state_update=rtc.StreamStateUpdate(stream_states=states)))


_SCENARIOS: dict[str, Callable[[Participant, rtc.SimulateScenario], None]] = {
    "leave_request_full_reconnect": _full_reconnect,
    "node_failure": _node_failure,
    "server_leave": _server_leave,
    "migration": _migration,
    "speaker_update": _speaker_update,
    "switch_candidate_protocol": _switch_candidate,
    "subscriber_bandwidth": _bandwidth,
    "disconnect_signal_on_resume": _cut_after_answer,
    "disconnect_signal_on_resume_no_messages": _cut_before_answer,
}
