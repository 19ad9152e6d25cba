"""Publishing: from add_track to unpublished, with the rights checked at each step."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from livekit.protocol import models, rtc

from confhub.relay.forward.ends import Track
from confhub.relay.forward.router import UpTrack
from confhub.relay.forward.specs import Quality
from confhub.relay.room import limits
from confhub.relay.room.data import datatracks
from confhub.relay.room.participant import Participant, State
from confhub.relay.room.tracks import encodings, subscribing
from confhub.relay.room.tracks.publication import Publication, codec_info, from_request

log = logging.getLogger(__name__)

Reason = rtc.RequestResponse.Reason


def add_track(participant: Participant, request: rtc.AddTrackRequest) -> None:
    """Answer add_track with track_published, or refuse it with a request_response."""
    refusal = _refusal(participant, request)
    if refusal is not None:
        reason, text = refusal
        response = rtc.RequestResponse(reason=reason, message=text, add_track=request)
        participant.send(rtc.SignalResponse(request_response=response))
        return
    if _adds_codecs(participant, request):
        return
    publication = participant.pending.get(request.cid)
    if publication is None:
        publication = from_request(participant, request)
        participant.pending[request.cid] = publication
    tell_published(participant, request.cid, publication)
    if participant.media is not None:
        participant.media.claim(publication.cids)


def tell_published(participant: Participant, cid: str, publication: Publication) -> None:
    """The answer to add_track."""
    response = rtc.TrackPublishedResponse(cid=cid, track=publication.info)
    participant.send(rtc.SignalResponse(track_published=response))


def _refusal(participant: Participant, request: rtc.AddTrackRequest) -> tuple[Reason, str] | None:
    if not participant.permission.allows_source(request.source):
        return Reason.NOT_ALLOWED, "does not have permission to publish this source"
    if (
        not request.cid
        or len(request.cid) > limits.TEXT_MAX_CHARS
        or len(request.name) > limits.TEXT_MAX_CHARS
    ):
        return Reason.LIMIT_EXCEEDED, "cid missing, or cid or name too long"
    if request.type not in (models.TrackType.AUDIO, models.TrackType.VIDEO):
        return Reason.UNSUPPORTED_TYPE, "only audio and video tracks can be published"
    if len(participant.pending) + len(participant.publications) >= limits.TRACKS_PER_PARTICIPANT:
        return Reason.LIMIT_EXCEEDED, f"more than {limits.TRACKS_PER_PARTICIPANT} tracks"
    return None


def _adds_codecs(participant: Participant, request: rtc.AddTrackRequest) -> bool:
    """add_track with the sid of a published track adds a backup codec to it."""
    if not request.sid:
        return False
    publication = participant.publications.get(request.sid)
    if publication is None:
        return False
    for codec in list(request.simulcast_codecs)[: limits.CODECS_PER_TRACK]:
        if codec.cid and codec.cid not in publication.cids:
            _add_codec(publication, codec, request.layers)
    participant.touch()
    tell_published(participant, request.cid, publication)
    return True


def _add_codec(
    publication: Publication, codec: rtc.SimulcastCodec, layers: Iterable[models.VideoLayer]
) -> None:
    """A declared codec gets its cid, or one more is declared."""
    if len(publication.cids) >= limits.CODECS_PER_TRACK:
        return
    info = codec_info(publication.info, codec)
    if not codec.layers:
        del info.layers[:]
        info.layers.extend(list(layers)[: limits.LAYERS_PER_CODEC])
    for known in publication.info.codecs:
        if known.mime_type.lower() == info.mime_type.lower() and not known.cid:
            known.MergeFrom(
                models.SimulcastCodecInfo(cid=info.cid, layers=() if known.layers else info.layers)
            )
            break
    else:
        if len(publication.info.codecs) >= limits.CODECS_PER_TRACK:
            return
        publication.info.codecs.append(info)
    publication.cids.append(codec.cid)


def attach(participant: Participant, publication: Publication, up: UpTrack, mid: str, mime_type: str) -> None:
    """A pending publication's section was answered: from now on it is published and announced."""
    publication.up = up
    publication.mid = mid
    publication.info.mid = mid
    publication.info.mime_type = mime_type
    codec = publication.info.codecs[0]
    codec.mid = mid
    codec.mime_type = mime_type
    for cid, pending in list(participant.pending.items()):
        if pending is publication:
            del participant.pending[cid]
    participant.publications[publication.sid] = publication
    publication.apply_gate()
    if participant.is_stage_viewer:
        up.kept_quality = Quality.HIGH  # on deck: sent before anybody watches
    participant.touch()
    if participant.state == State.ACTIVE:
        emit_published(participant, publication)


def note_backup(publication: Publication, cid: str, mid: str, mime_type: str) -> None:
    """A backup codec's section was answered."""
    for codec in publication.info.codecs:
        if codec.cid == cid:
            codec.mid, codec.mime_type = mid, mime_type
    publication.owner.touch()


def emit_published(participant: Participant, publication: Publication) -> None:
    """The webhook; held back until the participant itself was announced."""
    assert participant.room is not None, "only participants of a room publish"
    participant.room.host.events.emit("track_published", participant.room, participant, publication.info)


def unpublish(participant: Participant, publication: Publication, *, tell: bool = False) -> None:
    """Take a track back. `tell`: the client did not ask for it and hears track_unpublished."""
    participant.publications.pop(publication.sid, None)
    for cid, pending in list(participant.pending.items()):
        if pending is publication:
            del participant.pending[cid]
    if participant.room is not None:
        participant.room.host.retired.packets_received += publication.packets_received()
    publication.close()
    for viewer_sid in list(publication.subscribers):
        room = participant.room
        viewer = room.by_sid.get(viewer_sid) if room is not None else None
        if viewer is not None:
            subscribing.drop(viewer, publication)
    if tell:
        response = rtc.TrackUnpublishedResponse(track_sid=publication.sid)
        participant.send(rtc.SignalResponse(track_unpublished=response))
    if publication.mid is not None and participant.room is not None:
        if participant.was_active:
            participant.room.host.events.emit(
                "track_unpublished", participant.room, participant, publication.info
            )
        participant.touch()


def unpublish_all(participant: Participant) -> None:
    """The participant leaves."""
    for publication in [*participant.publications.values(), *participant.pending.values()]:
        unpublish(participant, publication)
    datatracks.unpublish_all(participant)


def enforce(participant: Participant) -> None:
    """The permission changed: gates follow with the very next packet, tracks without a right are
    unpublished."""
    for publication in list(participant.publications.values()):
        publication.apply_gate()
    for publication in [*participant.publications.values(), *participant.pending.values()]:
        if not participant.permission.allows_source(publication.info.source):
            unpublish(participant, publication, tell=True)
    if not participant.permission.can_publish_data:
        datatracks.unpublish_all(participant)


def mute(participant: Participant, request: rtc.MuteTrackRequest) -> None:
    """The client (un)mutes its own track. A server's mute is lifted by the person's own unmute, as in
    LiveKit, and by nothing else that a client may say."""
    publication = participant.publications.get(request.sid) or _pending_by_sid(participant, request.sid)
    if publication is None:
        return
    had_untold, publication.has_untold_mute = publication.has_untold_mute, False
    if had_untold and publication.server_muted and not request.muted:
        tell_muted(participant, publication)  # livekit-client's state from before its absence, nobody's wish
        return
    if publication.set_muted(client=request.muted, server=None if request.muted else False):
        participant.touch()


def _pending_by_sid(participant: Participant, sid: str) -> Publication | None:
    return next((p for p in participant.pending.values() if p.sid == sid), None)


def server_mute(participant: Participant, publication: Publication, muted: bool) -> None:
    """MutePublishedTrack: the client is told to mute itself, and nothing is forwarded whether it does or
    not."""
    if publication.set_muted(server=muted, client=None if muted else False):
        participant.touch()
    tell_muted(participant, publication)


def tell_muted(participant: Participant, publication: Publication) -> None:
    """`mute` to the publisher."""
    response = rtc.MuteTrackRequest(sid=publication.sid, muted=publication.info.muted)
    participant.send(rtc.SignalResponse(mute=response))


def update_layers(participant: Participant, request: rtc.UpdateVideoLayers) -> None:
    """The publisher changed its layers' dimensions."""
    publication = participant.publications.get(request.track_sid)
    if publication is None or not request.layers or publication.kind != "video":
        return
    del publication.info.layers[:]
    publication.info.layers.extend(list(request.layers)[: limits.LAYERS_PER_CODEC])
    participant.touch()


def update_audio(participant: Participant, request: rtc.UpdateLocalAudioTrack) -> None:
    """The publisher changed its audio features."""
    publication = participant.publications.get(request.track_sid)
    if publication is None or publication.kind != "audio":
        return
    info = publication.info
    del info.audio_features[:]
    info.audio_features.extend(list(request.features)[:16])
    info.stereo = models.AudioTrackFeature.TF_STEREO in info.audio_features
    info.disable_dtx = models.AudioTrackFeature.TF_NO_DTX in info.audio_features
    participant.touch()


def update_video(participant: Participant, request: rtc.UpdateLocalVideoTrack) -> None:
    """The publisher changed its picture's size."""
    publication = participant.publications.get(request.track_sid)
    if publication is None or publication.kind != "video":
        return
    publication.info.width = request.width
    publication.info.height = request.height
    participant.touch()


def tell_wanted(up: Track, quality: Quality | None) -> None:
    """Dynacast: tell the publisher which layers anybody watches (`subscribed_quality_update`)."""
    publication = up.owner
    if isinstance(publication, Publication) and up in publication.up_tracks():
        encodings.ask(publication)
