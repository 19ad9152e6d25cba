"""Subscribing: who takes which track, by itself or by wish, and with whose permission."""

from __future__ import annotations

from collections.abc import Iterable

from livekit.protocol import rtc

from confhub.relay.room import audience, limits
from confhub.relay.room.data import datatracks
from confhub.relay.room.participant import Participant
from confhub.relay.room.tracks.publication import Publication
from confhub.relay.room.tracks.subscription import Settings, Subscription


def reconcile(viewer: Participant, publications: Iterable[Publication]) -> None:
    """Auto-subscribe the viewer to those of the publications that it should have and has not."""
    if not viewer.auto_subscribe:
        return
    added = False
    for publication in publications:
        if publication.sid not in viewer.declined:
            added |= _add(viewer, publication)
    if added and viewer.media is not None:
        viewer.media.refresh()


def reconcile_viewer(viewer: Participant) -> None:
    """The same over everything published in the room, or on its stage."""
    room = viewer.room
    if room is None:
        return
    if viewer.is_stage_viewer:
        reconcile(viewer, room.slots.tracks())
    else:
        reconcile(viewer, [pub for p in room.participants.values() for pub in p.publications.values()])


def _add(viewer: Participant, publication: Publication) -> bool:
    """Create the subscription unless something forbids it; True if it is new."""
    owner = publication.owner
    if owner is viewer or publication.sid in viewer.subscriptions or not publication.is_available:
        return False
    if not viewer.permission.can_subscribe or not audience.sees(viewer, owner):
        return False
    settings = viewer.settings.get(publication.sid) or Settings()
    allowed = owner.allows_subscriber(viewer, publication.sid)
    subscription = Subscription(publication, settings, allowed=allowed, profile=viewer.profile)
    viewer.subscriptions[publication.sid] = subscription
    publication.subscribers[viewer.sid] = subscription
    if not allowed:
        _tell_permission(viewer, publication, allowed=False)
        return False
    _note_subscribed(publication)
    return True


def _note_subscribed(publication: Publication) -> None:
    """The publisher hears of its first subscriber."""
    if not publication.was_subscribed:
        publication.was_subscribed = True
        tell_subscribed(publication)


def tell_subscribed(publication: Publication) -> None:
    """`track_subscribed` to the publisher."""
    response = rtc.TrackSubscribed(track_sid=publication.sid)
    publication.owner.send(rtc.SignalResponse(track_subscribed=response))


def drop(viewer: Participant, publication: Publication) -> None:
    """End one subscription; its section is freed by the viewer's next description."""
    publication.subscribers.pop(viewer.sid, None)
    subscription = viewer.subscriptions.pop(publication.sid, None)
    if subscription is not None:
        subscription.close()


def drop_all(viewer: Participant) -> None:
    """The viewer leaves, or lost the right to subscribe."""
    for subscription in list(viewer.subscriptions.values()):
        drop(viewer, subscription.publication)


def update(viewer: Participant, track_sids: Iterable[str], subscribe: bool) -> None:
    """The viewer (or UpdateSubscriptions) wants tracks, or no longer wants them."""
    room = viewer.room
    if room is None:
        return
    changed = False
    for sid in list(track_sids)[: limits.IDS_PER_REQUEST]:
        publication = room.publication(sid)
        if not subscribe:
            viewer.declined.add(sid)
            if publication is not None and sid in viewer.subscriptions:
                drop(viewer, publication)
                changed = True
        elif publication is None or not audience.sees(viewer, publication.owner):
            _tell_missing(viewer, sid)
        else:
            viewer.declined.discard(sid)
            changed |= _add(viewer, publication)
    if len(viewer.declined) > limits.PENDING_SUBSCRIPTIONS:
        viewer.declined = {sid for sid in viewer.declined if room.publication(sid) is not None}
    if changed and viewer.media is not None:
        viewer.media.refresh()


def _tell_missing(viewer: Participant, sid: str) -> None:
    response = rtc.SubscriptionResponse(track_sid=sid, err="SE_TRACK_NOTFOUND")
    viewer.send(rtc.SignalResponse(subscription_response=response))


def request(viewer: Participant, message: rtc.UpdateSubscription) -> None:
    """`subscription` of a client; flat list and per-participant lists are one."""
    update(viewer, all_sids(message.track_sids, message.participant_tracks), message.subscribe)


def all_sids(flat: Iterable[str], grouped: Iterable[rtc.ParticipantTracks]) -> list[str]:  # type: ignore[name-defined]
    """Track sids of both spellings, each once."""
    sids = dict.fromkeys(flat)
    for group in grouped:
        sids.update(dict.fromkeys(group.track_sids))
    return list(sids)


def apply_settings(viewer: Participant, message: rtc.UpdateTrackSettings) -> None:
    """`track_setting`; kept for a subscription that is still to come."""
    settings = Settings.from_request(message)
    for sid in list(message.track_sids)[: limits.IDS_PER_REQUEST]:
        if sid not in viewer.settings and len(viewer.settings) >= limits.PENDING_SUBSCRIPTIONS:
            viewer.settings.pop(next(iter(viewer.settings)))
        viewer.settings[sid] = settings
        subscription = viewer.subscriptions.get(sid)
        if subscription is not None:
            subscription.settings = settings
            subscription.apply(viewer.now())


def set_rules(publisher: Participant, message: rtc.SubscriptionPermission) -> None:
    """`subscription_permission`: who may take this publisher's tracks."""
    publisher.allows_all_subscribers = message.all_participants
    publisher.has_subscriber_rules |= not message.all_participants
    publisher.subscriber_rules = list(message.track_permissions)[: limits.IDS_PER_REQUEST]
    room = publisher.room
    if room is None:
        return
    for publication in publisher.publications.values():
        for viewer_sid in list(publication.subscribers):
            viewer = room.by_sid.get(viewer_sid)
            if viewer is not None:
                _apply_rule(viewer, publication)
    datatracks.apply_rules(publisher)


def _apply_rule(viewer: Participant, publication: Publication) -> None:
    subscription = viewer.subscriptions[publication.sid]
    allowed = publication.owner.allows_subscriber(viewer, publication.sid)
    if allowed == subscription.allowed:
        return
    if allowed:
        subscription.allowed = True
        _tell_permission(viewer, publication, allowed=True)
        _note_subscribed(publication)
    else:  # the track is taken away; what stays is the wish
        drop(viewer, publication)
        _add(viewer, publication)
    if viewer.media is not None:
        viewer.media.refresh()


def tell_permissions(viewer: Participant) -> None:
    """Which tracks of those who ever chose their viewers it may take."""
    for subscription in viewer.subscriptions.values():
        if subscription.publication.owner.has_subscriber_rules:
            _tell_permission(viewer, subscription.publication, subscription.allowed)


def _tell_permission(viewer: Participant, publication: Publication, allowed: bool) -> None:
    response = rtc.SubscriptionPermissionUpdate(
        participant_sid=publication.owner.sid, track_sid=publication.sid, allowed=allowed
    )
    viewer.send(rtc.SignalResponse(subscription_permission_update=response))
