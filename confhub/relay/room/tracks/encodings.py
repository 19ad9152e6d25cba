"""One publication in several codecs: which one a viewer gets, and which ones its publisher is asked for.

A backup codec is declared in add_track (no cid yet), asked for when somebody takes nothing else, added by a
new add_track with the same sid, and then one more section of the publisher's offer. With a regression policy
everybody who can goes over to it, and the first codec is no longer wanted; with SIMULCAST both are sent.
"""

from __future__ import annotations

from collections.abc import Callable

from livekit.protocol import models, rtc

from confhub.relay.forward.router import DownTrack, MediaPeer, Quality, UpTrack
from confhub.relay.forward.specs import DownSpec
from confhub.relay.room.participant import Participant
from confhub.relay.room.tracks import codecs, lines
from confhub.relay.room.tracks.publication import Publication
from confhub.relay.room.tracks.subscription import Subscription
from confhub.relay.wire.sdp import Codec

_BOTH = models.BackupCodecPolicy.SIMULCAST


def offered(publication: Publication) -> list[Codec]:
    """Every codec viewers may get the track in: the first one, backups, and declared ones that are yet to
    come."""
    known = [] if publication.codec is None else [publication.codec]
    known += [backup.codec for backup in publication.backups.values()]
    names = {codec.key for codec in known}
    for info in publication.info.codecs:
        codec = codecs.declared(publication.kind, info.mime_type)
        if codec is not None and codec.key not in names:
            known.append(codec)
            names.add(codec.key)
    return known


def source(
    publication: Publication, viewer: Participant, copy: DownTrack | None, names: set[str]
) -> UpTrack | None:
    """The up-track whose codec is among `names` (or which that copy accepts); None: it must be asked for."""
    first = publication.source_for(viewer)
    if first is not publication.up:
        return first  # a stage slot's
    accepts: Callable[[UpTrack], bool] = (
        copy.accepts if copy is not None else lambda up: up.codec_names <= names
    )
    ups = publication.up_tracks()
    if publication.info.backup_codec_policy != _BOTH:
        ups.reverse()
    return next((up for up in ups if accepts(up)), None)


def start(
    peer: MediaPeer,
    viewer: Participant,
    subscription: Subscription,
    spec: DownSpec,
    *,
    is_held: bool = False,
) -> None:
    """The viewer's section is negotiated: its copy begins, or waits for a codec that is asked for now.
    `is_held`: or for its `release`."""
    publication = subscription.publication
    names = {payload.name for payload in spec.payloads}
    found = source(publication, viewer, None, names)
    wanted = subscription.settings.wanted(publication.shown)
    now_s = viewer.now()
    subscription.down = peer.subscribe(found, spec, now_s, wanted, is_held=is_held)
    subscription.apply(now_s)
    lines.tell(viewer, (subscription,))
    if publication.kind == "audio" or (found is None and publication.up is not None):
        ask(publication)


def settle(publisher: Participant, publication: Publication) -> None:
    """A backup came or went: point every copy where it belongs, and tell the publisher what is wanted."""
    room = publisher.room
    for viewer_sid, subscription in publication.subscribers.items():
        viewer = room.by_sid.get(viewer_sid) if room is not None else None
        if viewer is None:
            continue
        if subscription.down is not None:
            subscription.aim(source(publication, viewer, subscription.down, set()), publisher.now())
        elif subscription.refused:
            subscription.refused = False  # it may take the new one
            if viewer.media is not None:
                viewer.media.refresh()
    ask(publication)


def ask(publication: Publication) -> None:
    """Tell the publisher which codecs and layers anybody watches: `subscribed_quality_update` (dynacast), or
    `subscribed_audio_codec_update` where a sound was declared in several codecs."""
    known = offered(publication)
    if publication.kind == "audio" and len(known) < 2:
        return  # nothing to choose from: no look at every subscriber, at each one's join
    wishes = {codec.key: _wanted(publication, codec.key) for codec in known}
    if publication.kind == "audio":
        _ask_sound(publication, wishes)
    else:
        _ask_picture(publication, wishes)


def _wanted(publication: Publication, name: str) -> Quality | None:
    """The highest quality anybody takes, or would take, in that codec."""
    for up in publication.up_tracks():
        if name in up.codec_names:
            return up.asked_quality()
    waiting = [
        s.down for s in publication.subscribers.values() if s.down is not None and s.down.source is None
    ]
    return Quality.HIGH if any(down.takes(name) and not down.is_paused for down in waiting) else None


def _ask_picture(publication: Publication, wishes: dict[str, Quality | None]) -> None:
    asked = [rtc.SubscribedCodec(codec=name, qualities=_qualities(top)) for name, top in wishes.items()]
    if not asked:
        return
    update = rtc.SubscribedQualityUpdate(
        track_sid=publication.sid, subscribed_qualities=asked[0].qualities, subscribed_codecs=asked
    )
    publication.owner.send(rtc.SignalResponse(subscribed_quality_update=update))


def _qualities(top: Quality | None) -> list[rtc.SubscribedQuality]:
    highest = -1 if top is None else int(top)
    return [rtc.SubscribedQuality(quality=q, enabled=q <= highest) for q in (0, 1, 2)]  # type: ignore[arg-type]


def _ask_sound(publication: Publication, wishes: dict[str, Quality | None]) -> None:
    asked = [models.SubscribedAudioCodec(codec=name, enabled=top is not None) for name, top in wishes.items()]
    update = rtc.SubscribedAudioCodecUpdate(track_sid=publication.sid, subscribed_audio_codecs=asked)
    publication.owner.send(rtc.SignalResponse(subscribed_audio_codec_update=update))
