"""Weak lines: which pictures are paused for the line's sake or by the room's profile, and telling so
(`stream_state_update`)."""

from __future__ import annotations

from collections.abc import Iterable

from livekit.protocol import rtc

from confhub.relay.forward.ends import Copy
from confhub.relay.room.participant import House, Participant
from confhub.relay.room.tracks.profile import PROFILE_ATTRIBUTE, Profile
from confhub.relay.room.tracks.subscription import Subscription


def tell(viewer: Participant, subscriptions: Iterable[Subscription]) -> None:
    """`stream_state_update` for those whose state is another one than the viewer was told last."""
    states = []
    for subscription in subscriptions:
        is_paused = subscription.is_held_back
        if is_paused != subscription.told_paused:
            subscription.told_paused = is_paused
            states.append(_state(subscription))
    if states:
        viewer.send(rtc.SignalResponse(stream_state_update=rtc.StreamStateUpdate(stream_states=states)))


def tell_all(viewer: Participant) -> None:
    """The state of each picture it takes, whatever it was told."""
    states = []
    for subscription in viewer.subscriptions.values():
        if subscription.publication.kind == "video" and subscription.down is not None:
            subscription.told_paused = subscription.is_held_back
            states.append(_state(subscription))
    if states:
        viewer.send(rtc.SignalResponse(stream_state_update=rtc.StreamStateUpdate(stream_states=states)))


def _state(subscription: Subscription) -> rtc.StreamStateInfo:
    return rtc.StreamStateInfo(
        participant_sid=subscription.publication.owner.sid,
        track_sid=subscription.publication.sid,
        state=rtc.StreamState.PAUSED if subscription.told_paused else rtc.StreamState.ACTIVE,
    )


def starved(room: House, down: Copy) -> None:
    """The router paused a copy, or tries it again."""
    for viewer in room.participants.values():
        for subscription in viewer.subscriptions.values():
            if subscription.down is down:
                tell(viewer, (subscription,))
                return


def set_profile(viewer: Participant, profile: Profile) -> bool:
    """Take another profile, at once; False if it is the present one. It is seen in `ParticipantInfo`, and
    holds for this identity while the room lives, whatever its tokens say."""
    if viewer.room is not None:
        viewer.room.profiles[viewer.identity] = profile
    if profile is viewer.profile:
        return False
    viewer.profile = profile
    viewer.attributes[PROFILE_ATTRIBUTE] = profile.value
    for subscription in viewer.subscriptions.values():
        subscription.profile = profile
        subscription.apply(viewer.now())
    tell(viewer, viewer.subscriptions.values())
    viewer.touch()
    return True


def admit(viewer: Participant) -> None:
    """It joins again after its profile was changed: its token may be older than the change."""
    known = viewer.room.profiles.get(viewer.identity) if viewer.room is not None else None
    if known is not None and known is not viewer.profile:
        viewer.profile = known
        viewer.attributes[PROFILE_ATTRIBUTE] = known.value
